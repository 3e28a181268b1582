/** Pages of datasets in a portal: which there are, and that only those are rendered whose dataset changed. */
import { describe, expect, it } from "vitest";
import type { Description } from "../../pipeline/core/dataset/dataset.ts";
import type { DatasetEntry } from "../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { sha256 } from "../../pipeline/dag/hash.ts";
import { pages, pageVersion } from "../../pipeline/views/pages.ts";
import type { Content, Memory } from "../../pipeline/views/view.ts";
import { described, dropsondes, facts, nothing } from "../fakes/descriptions.ts";
import { byPath } from "../fakes/portal-files.ts";
import { aCid, aRelease } from "../fakes/release.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";

const entryOf = (path: string, title: string): DatasetEntry => {
  const { cid, reader, description } = described(path, {
    ...dropsondes,
    attributes: { ...dropsondes.attributes, title },
  });
  return { kind: "dataset", path, cid, reader, ...itemOf(described(path, description), facts) };
};
const contentOf = (release: number, entries: readonly DatasetEntry[]): Content => ({
  draft: aRelease(release),
  tree: { cid: aCid("tree"), tsize: 100 },
  source: { cid: aCid("tree.yaml"), tsize: 100 },
  entries,
  campaign: facts,
});
const rendered = (content: Content, memory?: Memory) => {
  const files = filesOf(pages, statesAfter(pages, []), content, memory);
  return byPath(files.filter(({ path }) => path !== "contribute.html"));
};

const many = Array.from({ length: 20 }, (_, i) => entryOf(`s/${String.fromCharCode(97 + i)}.zarr`, `Sondes ${i}`));

describe("datasets/", () => {
  it("has a page for each dataset, below its path", () => {
    expect(
      [...rendered(contentOf(1, [entryOf("a b/index.html", "x"), entryOf("a b/c.zarr", "y")])).keys()].sort(),
    ).toEqual(["datasets/a~20b/c.zarr/index.html", "datasets/a~20b/~69ndex.html/index.html"]);
  });

  it("is the same in a later release that changed nothing", () => {
    expect(rendered(contentOf(9, many))).toEqual(rendered(contentOf(1, many)));
  });

  it("is the same with a memory of the release before, and renders what changed alone", () => {
    const first: Memory = {};
    rendered(contentOf(1, many), first);
    const changed = contentOf(2, [entryOf("s/a.zarr", "Other sondes"), ...many.slice(1)]);
    const [plain, quick] = [rendered(changed), rendered(changed, { before: first.after! })];
    let renderedAgain = 0;
    for (const [path, content] of quick) {
      const bytes = plain.get(path) as Uint8Array;
      if (content instanceof Uint8Array) {
        renderedAgain++;
        expect(content).toEqual(bytes);
      } else {
        const { cid, tsize } = content as Exclude<typeof content, string | Uint8Array>;
        expect([cid.multihash.digest, tsize]).toEqual([sha256(bytes), bytes.length]);
      }
    }
    // Itself, and the few that name it among those related to them.
    expect(renderedAgain).toBeGreaterThan(0);
    expect(renderedAgain).toBeLessThan(8);
  });

  it("has another look where its pages look otherwise", () => {
    const netcdf = { format: "netcdf", model: "NETCDF4", groups: [] } as const;
    const listed = [{ path: "1.nc", cid: aCid("1").toString(), size: 10, start: "2024-08-11T10:00:00Z" }];
    const specimens: readonly [path: string, reader: string, description: Description][] = [
      ["a.nc", "netcdf", { ...dropsondes, access: netcdf }],
      [
        "bare.nc",
        "netcdf",
        { ...nothing, variables: [{ name: "x", dimensions: [], shape: [], type: "int8", role: "data" }] },
      ],
      ["folder", "netcdf", { ...nothing, access: netcdf, members: { count: 3, listed, differences: ["time"] } }],
      ["odf", "odf", { ...nothing, attributes: { history: "a\nb" } }],
      ["t.csv", "table", { ...nothing, access: { format: "file", mediaType: "text/csv" } }],
      ["z.zarr", "zarr", dropsondes],
    ];
    const entries = specimens.map(([path, reader, description]): DatasetEntry => {
      const is = { ...described(path, description), cid: aCid(path).toString(), reader };
      const reference = { path: "", cid: "bafkr", tsize: 1, size: 1, consolidated: false, leftOut: [] };
      return {
        kind: "dataset",
        path,
        cid: is.cid,
        reader,
        ...itemOf(is, facts),
        ...(path === "a.nc" && { references: [reference] }),
      };
    });
    const changes = [{ op: "add", path: "z.zarr", to: aCid("z.zarr").toString() }] as const;
    const content = contentOf(1, [...many.slice(0, 3), ...entries]);
    const files = rendered({
      ...content,
      draft: aRelease(1, { changes }),
      campaign: { ...facts, domain: "a.example" },
    });
    const bytes = [...files.values()].map((page) => Buffer.from(page as Uint8Array));
    // Else put this into `look` of views/pages.ts.
    expect(
      Buffer.from(sha256(Buffer.concat(bytes)))
        .toString("hex")
        .slice(0, 12),
    ).toBe(pageVersion);
  });

  it("does without a memory that is damaged", () => {
    const content = contentOf(1, many.slice(0, 2));
    expect(rendered(content, { before: new Uint8Array(7) })).toEqual(rendered(content));
  });
});
