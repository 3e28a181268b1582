/** Citations: the files of a dataset with everything, of a hostile one and of a release; and what no text can do to a format. */
import fc from "fast-check";
import { load } from "js-yaml";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { type Creator, creatorOf, invertedName } from "../../../pipeline/core/cite/creator.ts";
import { citationFormats } from "../../../pipeline/core/cite/formats.ts";
import { datasetWork, releaseWork, type Work } from "../../../pipeline/core/cite/work.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { anyDescription, described, dropsondes, facts, nothing } from "../../fakes/descriptions.ts";
import { aRelease } from "../../fakes/release.ts";

const workOf = (attributes: Record<string, string | string[]>, released?: string): Work => {
  const made = described("a/sondes.zarr", { ...dropsondes, attributes: { ...dropsondes.attributes, ...attributes } });
  return datasetWork(itemOf(made, facts).item, made.cid, facts, released);
};

const hostile: Record<string, string | string[]> = {
  title: "100% of {B_ra}ces \\input{x} & $\\o$ #1 ~ ^ }\nER  - \nTY  - JOUR",
  creator_name: [
    "李雷",
    "O'Brien, Ü. {and} co",
    "Institute of Air and Sea, Kiel",
    "Ludwig van Beethoven",
    "Doe and Doe, Jane, Jr.",
  ],
  creator_email: "",
  creator_id: "",
  summary: '"quoted": [yes]\r\n---\u202e\u0000 no',
  keywords: ["no", "a: b", "# c", "2020"],
  license: "CC BY",
  doi: "10.1234/a_b(c)%d",
  date_issued: "",
  product_version: "0x10",
};

describe("the citation", () => {
  const works: Readonly<Record<string, Work>> = {
    dataset: workOf({}),
    hostile: workOf(hostile, "2024-08-12T00:00:00Z"),
    release: releaseWork(aRelease(3), facts),
  };
  const cases = Object.keys(works).flatMap((name) =>
    Object.values(citationFormats).map(({ file, write }) => ({ name, file, write })),
  );

  it.each(cases)("of a $name as $file is the one that was reviewed", async ({ name, file, write }) => {
    await expect(write(works[name]!)).toMatchFileSnapshot(`golden/${name}.${file}.txt`);
  });

  it("is the wording of its authors where they give one, with the CID behind it", () => {
    const { cid } = described("a");
    expect(citationFormats.text.write(workOf({ citation: "Cite us,\nplease." }))).toBe(
      `Cite us, please. ipfs://${cid}\n`,
    );
  });

  it("names the campaign's producers, or the campaign, where a dataset names no one", () => {
    const { item, cid } = { ...itemOf(described("a", nothing), facts), cid: described("a").cid };
    const creators = (providers: typeof facts.providers) => datasetWork(item, cid, { ...facts, providers }).creators;
    expect(creators([])).toEqual([{ kind: "organisation", name: "ORCESTRA" }]);
    expect(
      creators([
        { name: "A, host", roles: ["host"] },
        { name: "B", roles: ["producer"] },
      ]),
    ).toEqual([{ kind: "organisation", name: "B" }]);
  });
});

describe("a registered DOI", () => {
  const doi = "10.83333/ft.abc";
  const propertiesOf = (cid: string, attributes: Record<string, string> = {}) => {
    const made = described("a/b", { ...nothing, attributes });
    return itemOf(made, { ...facts, dois: { "a/b": { doi, cid } } }).item.properties;
  };

  it("is in the item of exactly these data, with a citation unless their authors give one", () => {
    const { cid } = described("a");
    expect(propertiesOf(cid)).toMatchObject({
      "sci:doi": doi,
      "sci:citation": `MPI-M: b. MPI-M. Dataset. https://doi.org/${doi} ipfs://${cid}`,
    });
    expect(propertiesOf(cid, { citation: "Cite us.", doi: "10.1234/other" })).toMatchObject({
      "sci:doi": doi,
      "sci:citation": "Cite us.",
    });
    expect(propertiesOf(aRelease(1).root.toString())).not.toHaveProperty("sci:doi");
  });

  it("stays with them when their CID is spelt otherwise", () => {
    const { cid } = described("a");
    const older = CID.parse(cid).toV0().toString();
    expect(propertiesOf(older)["sci:doi"]).toBe(doi);
  });
});

describe("names", () => {
  const person = (family: string, given?: string) => ({ kind: "person", family, ...(given && { given }) });
  const cases: readonly (readonly [string, unknown])[] = [
    ["Ada Lovelace", person("Lovelace", "Ada")],
    ["Lovelace, Ada", person("Lovelace", "Ada")],
    ["van der Berg, Jan", person("van der Berg", "Jan")],
    ["Jan van der Berg", person("van der Berg", "Jan")],
    ["Prof. Dr. J. M. Doe", person("Doe", "J. M.")],
    ["Jane Doe Jr.", person("Doe Jr.", "Jane")],
    ["Jane Doe, Jr.", person("Doe Jr.", "Jane")],
    ["Ada Lovelace (MPI-M)", { ...person("Lovelace", "Ada"), affiliation: "MPI-M" }],
    ["Plato", person("Plato")],
    ["李雷", person("李雷")],
    ["de Gaulle", person("de Gaulle")],
    ["NASA", { kind: "organisation", name: "NASA" }],
    ["MPI-M", { kind: "organisation", name: "MPI-M" }],
    [
      "Max Planck Institute for Meteorology, Hamburg",
      { kind: "organisation", name: "Max Planck Institute for Meteorology, Hamburg" },
    ],
    ["HALO Team", { kind: "organisation", name: "HALO Team" }],
    ["中国科学院大气物理研究所", { kind: "organisation", name: "中国科学院大气物理研究所" }],
    ["J. P.", person("P.", "J.")],
    ["Laboratory", { kind: "organisation", name: "Laboratory" }],
    [" \u202e ", undefined],
  ];
  it.each(cases)("%s is a person or an organisation, with its parts", (name, expected) => {
    expect(creatorOf(name)).toEqual(expected);
  });

  it("of a provider and of the own affiliation are organisations, and whoever has an ORCID iD is a person", () => {
    expect(creatorOf("Leeds", { organisations: ["leeds"] })?.kind).toBe("organisation");
    expect(creatorOf("Leeds", { affiliation: "Leeds" })?.kind).toBe("organisation");
    expect(creatorOf("Ada Institute", { orcid: "0000-0002-1825-0097" })).toMatchObject({ family: "Institute" });
  });
});

describe("whatever a dataset says", () => {
  const anyWork = fc
    .tuple(anyDescription, fc.option(fc.constant("2024-08-12T00:00:00Z"), { nil: undefined }))
    .map(([description, released]) => {
      const made = described("a/b", description);
      return datasetWork(itemOf(made, facts).item, made.cid, facts, released);
    });
  const promised = (promise: (work: Work) => void) => fc.assert(fc.property(anyWork, promise), { numRuns: 100 });

  it("BibTeX is one entry: braces come in pairs, and nothing opens a second one", () => {
    promised((work) => {
      const text = citationFormats.bibtex.write(work);
      let depth = 0;
      let entries = 0;
      for (const character of text) {
        if (character === "{") depth++;
        if (character === "}") depth--;
        expect(depth).toBeGreaterThanOrEqual(0);
        if (depth === 0 && character === "}") entries++;
      }
      expect([depth, entries]).toEqual([0, 1]);
      expect(text).toMatch(/^@misc\{[a-z0-9]+-[a-z0-9]+,\n/);
      expect(text.replace(/\\./g, "")).not.toMatch(/[$#&]/);
    });
  });

  it("RIS is one record of known tags", () => {
    promised((work) => {
      const lines = citationFormats.ris.write(work).split("\r\n");
      expect([lines[0], lines.at(-2), lines.at(-1)]).toEqual(["TY  - DATA", "ER  - ", ""]);
      for (const line of lines.slice(1, -2))
        expect(line).toMatch(/^(?:AU|TI|PY|DA|PB|ET|DO|UR|AN|KW|AB) {2}- [^\r\n]+$/);
    });
  });

  it("CITATION.cff and CSL-JSON read back as what was written", () => {
    promised((work) => {
      const cff = load(citationFormats.cff.write(work)) as Record<string, unknown>;
      expect(cff).toMatchObject({ "cff-version": "1.2.0", type: "dataset", title: work.title });
      expect((cff.authors as unknown[]).length).toBe(work.creators.length);
      const [csl] = JSON.parse(citationFormats.csl.write(work));
      expect([csl.title, csl.author.map(nameOf)]).toEqual([work.title, work.creators.map(invertedName)]);
    });
  });

  it("the text is one line with the CID", () => {
    promised((work) => {
      expect(citationFormats.text.write(work)).toMatch(new RegExp(`^[^\\n]+${work.cid}[^\\n]*\\n$`));
    });
  });
});

const nameOf = (author: { literal?: string; family?: string; given?: string }): string =>
  author.literal ?? invertedName({ kind: "person", ...author } as Creator);
