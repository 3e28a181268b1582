/** The page of a dataset: what it shows, what search engines read in it, and that no text of a stranger has an effect in it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import { aboutEntry, type PageAbout } from "../../../pipeline/core/page/about.ts";
import { dataScript, html, linked } from "../../../pipeline/core/page/html.ts";
import { datasetPageOf } from "../../../pipeline/core/page/page.ts";
import { relatedTo } from "../../../pipeline/core/page/related.ts";
import type { DatasetEntry } from "../../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { anyDescription, anyPath, cid, described, dropsondes, facts, nothing } from "../../fakes/descriptions.ts";
import { aCid } from "../../fakes/release.ts";

const campaign = { ...facts, domain: "orcestra.example" };

function entryOf(path: string, description: Description = dropsondes): DatasetEntry {
  const { item, findings } = itemOf(described(path, description), campaign);
  return { kind: "dataset", path, cid, reader: "zarr", item, findings };
}

const pageOf = (path: string, description?: Description, more: Partial<PageAbout> = {}) =>
  datasetPageOf(aboutEntry(entryOf(path, description), campaign, { versions: undefined, related: [], ...more }));

/** The data in a page that no browser runs. */
const scriptIn = (page: string, id: string) =>
  JSON.parse(new RegExp(`id="${id}">([^<]*)</script>`).exec(page)?.[1] ?? "");

const path = "products/HALO/sondes.zarr";
const page = pageOf(path);

describe("a dataset's page", () => {
  it.each([
    ["its title", "<h1>Dropsondes of HALO</h1>"],
    ["its summary", "Vertical profiles,"],
    ["people by name with their ORCID", 'href="https://orcid.org/0000-0002-1825-0097"'],
    ["the licence as SPDX has it", '<a href="https://spdx.org/licenses/CC-BY-4.0.html" rel="noopener">CC-BY-4.0</a>'],
    ["its DOI", '<a href="https://doi.org/10.17617/4.abcd" rel="noopener">10.17617/4.abcd</a>'],
    ["keywords", "<li>dropsonde</li>"],
    ["variables with dimensions and lengths", "<td>sonde: 3, alt: 100</td>"],
    ["standard names", "<td>air_temperature</td>"],
    ["chunks", "<td>3 × 50</td>"],
    ["where it is", "30° W to 24° W, 5° N to 16.7° N"],
    ["when it was", "2024-08-11 10:00 to 18:30 UTC"],
    ["how it came to be", "<li>2024-12-02 gridded</li>"],
    ["publications", "doi:10.5194/essd-16-1-2024"],
    ["its size", "<dd>123 kB</dd>"],
    ["a line for Python", `xr.open_zarr(&quot;ipfs://${cid}&quot;)`],
    ["a citation as BibTeX", "@misc{"],
    ["a citation as RIS, line by line", "TY  - DATA\n"],
    ["where it is on its own", 'href="../../../../stac/products/HALO/sondes.zarr.json"'],
  ])("shows %s", (_, text) => {
    expect(page).toContain(text);
  });

  it("names neither a release nor a time, so that it stays the same from release to release", () => {
    const versions = { path, events: [{ release: 1, made: "2024-08-01T12:00:00Z", op: "added", path, cid }] } as const;
    expect(pageOf(path, dropsondes, { versions })).toContain("Release 1");
    expect(page).not.toMatch(/Release \d/);
  });

  it("shows each version with what led to it, and dates its citation by the release that brought the data", () => {
    const [first, second] = [aCid("a").toString(), cid];
    const versions = {
      path,
      events: [
        { release: 3, made: "2025-08-03T12:00:00Z", op: "moved", path, cid: second, before: aCid("p2").toString() },
        {
          release: 2,
          made: "2024-08-02T12:00:00Z",
          op: "updated",
          path: "old.zarr",
          cid: second,
          before: aCid("p1").toString(),
        },
        { release: 1, made: "2023-08-01T12:00:00Z", op: "added", path: "old.zarr", cid: first },
      ],
    } as const;
    const undated = { ...dropsondes, attributes: { title: "Sondes", creator_name: "Ada Lovelace" } };
    const shown = pageOf(path, undated, { versions });
    expect(shown).toContain("<strong>Release 3</strong>, <time>2025-08-03</time>: moved from <code>old.zarr</code>");
    expect(shown).toContain(`data-item="ipfs://${aCid("p1")}/stac/old.zarr.json"`);
    expect(shown).toContain("Lovelace, Ada (2024)");
  });

  it("shows findings in words, with how to fix them", () => {
    const shown = pageOf(path, nothing);
    expect(shown).toContain("<strong>Warning:</strong> has no time");
    expect(shown).toContain("To fix: add extent.temporal: [start, end]");
  });

  it("shows the chain of an Open Data Fabric dataset, a line a block", () => {
    const attributes = { title: "Prices", history: "Open Data Fabric dataset, block 1: f16\n2024-01-01 added data" };
    const { item, findings } = itemOf(described(path, { ...nothing, attributes }), campaign);
    const entry: DatasetEntry = { kind: "dataset", path, cid, reader: "odf", item, findings };
    const shown = datasetPageOf(aboutEntry(entry, campaign, { versions: undefined, related: [] }));
    expect(shown).toContain(">Chain</h2>");
    expect(shown).toContain("<li>Open Data Fabric dataset, block 1: f16</li>");
  });

  it("has no column in which there is nothing", () => {
    const bare = [{ name: "x", dimensions: [], shape: [], type: "float32", role: "data" }] as const;
    expect(pageOf(path, { ...nothing, variables: bare })).not.toContain(">Standard name</th>");
    expect(page).toContain(">Standard name</th>");
  });

  it("gives data for its scripts with addresses relative to itself", () => {
    expect(scriptIn(pageOf("a b/höhe #1.zarr"), "dataset")).toMatchObject({
      path: "a b/höhe #1.zarr",
      cid,
      item: "../../../stac/a~20b/h~c3~b6he~20~231.zarr.json",
      data: "../../../tree/a%20b/h%C3%B6he%20%231.zarr",
      portal: "../../../",
      newest: { domain: "orcestra.example", versions: "versions/a~20b/h~c3~b6he~20~231.zarr.json" },
    });
  });
});

describe("what search engines read", () => {
  it("is a schema.org Dataset with what Google Dataset Search asks for", () => {
    expect(scriptIn(page, "schema-org")).toMatchObject({
      "@context": "https://schema.org/",
      "@type": "Dataset",
      name: "Dropsondes of HALO",
      identifier: ["https://doi.org/10.17617/4.abcd", `ipfs://${cid}`],
      license: "https://spdx.org/licenses/CC-BY-4.0.html",
      creator: [
        { "@type": "Person", name: "Ada Lovelace", "@id": "https://orcid.org/0000-0002-1825-0097" },
        { "@type": "Person", name: "Grace Hopper" },
      ],
      temporalCoverage: "2024-08-11T10:00:00Z/2024-08-11T18:30:00.5Z",
      spatialCoverage: { "@type": "Place", geo: { "@type": "GeoShape", box: "5 -30 16.7 -24" } },
      variableMeasured: [{ "@type": "PropertyValue", name: "ta", unitText: "K" }],
      distribution: [
        { "@type": "DataDownload", contentUrl: `https://ipfs.example.org/ipfs/${cid}` },
        { contentUrl: `http://127.0.0.1:8080/ipfs/${cid}` },
        { contentUrl: `ipfs://${cid}`, contentSize: "123456 B" },
      ],
    });
  });

  it("has a description of the length that is asked for, however little the dataset says", () => {
    for (const description of [nothing, dropsondes, { ...nothing, attributes: { summary: "x".repeat(9000) } }]) {
      const { length } = scriptIn(pageOf(path, description), "schema-org").description;
      expect(length).toBeGreaterThanOrEqual(50);
      expect(length).toBeLessThanOrEqual(5000);
    }
  });

  it("has Open Graph and the identifier of Dublin Core", () => {
    expect(page).toContain('<meta property="og:title" content="Dropsondes of HALO">');
    expect(page).toContain('<meta name="DC.identifier" content="https://doi.org/10.17617/4.abcd">');
    expect(pageOf(path, nothing)).toContain(`<meta name="DC.identifier" content="ipfs://${cid}">`);
  });
});

describe("texts of strangers", () => {
  const evil = `</script></title><script>alert(1)</script><img src=x onerror=alert(2)>" onload='x' javascript:alert(3) \u202eevil`;
  const evils: Description = {
    ...dropsondes,
    attributes: {
      ...Object.fromEntries(Object.keys(dropsondes.attributes).map((name) => [name, `${name} ${evil}`])),
      references: `${evil}, javascript:alert(4), https://example.org/"><script>`,
    },
    dimensions: [{ name: evil, size: 1, kind: "other", values: [evil] }],
    variables: [{ name: evil, dimensions: [evil], shape: [1], type: evil, role: "data", unit: evil, longName: evil }],
    findings: [{ level: "error", rule: "no-time", says: evil, fix: evil }],
  };

  it("bring no element, no attribute and no script into a page", () => {
    const shown = pageOf(`${evil.replaceAll("/", "_")}/x.zarr`, evils, {
      related: [{ path: "a", title: evil, why: evil }],
      intake: [evil, evil],
    });
    // The page's own: its module, and two that hold data.
    expect(shown.match(/<script\b/g)).toHaveLength(3);
    expect(shown.match(/<img|\son\w+="|href="(?!https?:|ipfs:|\.\.?\/|data:,")/g) ?? []).toEqual([]);
    expect(shown).not.toContain("\u202e");
  });

  it("leave elements balanced and in their place, whatever a dataset says", () => {
    const tags = (text: string) =>
      (text.match(/<\/?[a-z][a-z0-9]*/g) ?? []).filter((tag) => !/^<\/?(?:meta|link|path|rect)$/.test(tag));
    fc.assert(
      fc.property(anyPath, anyDescription, (path, description) => {
        const open: string[] = [];
        for (const tag of tags(pageOf(path, description))) {
          if (tag.startsWith("</")) expect(`</${open.pop()}`).toBe(tag);
          else open.push(tag.slice(1));
        }
        expect(open).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("are escaped in templates, unless a template made them", () => {
    expect(html`<p title="${'"<&'}">${html`<b>${"<"}</b>`}${["a", undefined, false, 1]}</p>`.text).toBe(
      '<p title="&quot;&lt;&amp;"><b>&lt;</b>a1</p>',
    );
  });

  it("end no script that holds data", () => {
    expect(dataScript("application/json", "x", { a: "</script><!--" }).text).not.toMatch(/<\/script>.|<!--/);
    expect(JSON.parse(/>(.*)</.exec(dataScript("application/json", "x", ["</script>\u2028"]).text)?.[1] ?? "")).toEqual(
      ["</script>\u2028"],
    );
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "https://a b", " https://example.org"])(
    "are no link: %s",
    (href) => {
      expect(linked(href, "text").text).toBe("text");
    },
  );
});

describe("related datasets", () => {
  const at = (path: string, hours: number, platform = "HALO") => {
    const start = new Date(Date.UTC(2024, 7, 11, hours)).toISOString();
    const time = { start, end: start, source: "values" } as const;
    const bounds = { west: -58, south: 12, east: -57, north: 14 };
    const place = { bounds, geometry: { type: "Point", coordinates: [-57.5, 13] }, source: "values" } as const;
    return entryOf(path, { ...dropsondes, attributes: { title: path, platform }, time, place });
  };

  it("are those of the same flight, platform and day, the closest first", () => {
    const entries = [
      at("v2/HALO-20240811a.zarr", 1),
      at("v3/HALO-20240811a.zarr", 1),
      at("a.zarr", 2),
      at("b.zarr", 99, "Meteor"),
    ];
    const related = relatedTo(entries);
    expect(related("v2/HALO-20240811a.zarr")).toEqual([
      {
        path: "v3/HALO-20240811a.zarr",
        title: "v3/HALO-20240811a.zarr",
        why: "same flight or event, same platform and day, same place and day",
      },
      { path: "a.zarr", title: "a.zarr", why: "same platform and day, same place and day" },
    ]);
    expect(related("b.zarr")).toEqual([]);
  });

  it("are few, in whatever order they come, and one more dataset changes those of its neighbours alone", () => {
    const many = Array.from({ length: 300 }, (_, i) => at(`s/${String(i).padStart(3, "0")}.zarr`, 3));
    const [usual, other] = [relatedTo(many), relatedTo([at("s/150b.zarr", 3), ...many.toReversed()])];
    const changed = many.filter(({ path }) => JSON.stringify(usual(path)) !== JSON.stringify(other(path)));
    expect(usual("s/150.zarr")).toHaveLength(6);
    expect(changed.length).toBeLessThanOrEqual(8);
  });
});
