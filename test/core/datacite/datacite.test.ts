/** Records of DataCite: valid by the official schema, and by the rules that the schema lacks. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Facts } from "../../../pipeline/core/campaign/campaign.ts";
import { type DataciteRecord, type RecordOptions, recordOf } from "../../../pipeline/core/datacite/record.ts";
import { objectionsTo } from "../../../pipeline/core/datacite/rules.ts";
import { recordXml } from "../../../pipeline/core/datacite/xml.ts";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { data } from "../../data.ts";
import { anyDescription, described, dropsondes, facts, nothing } from "../../fakes/descriptions.ts";
import { pythonWith, runPython } from "../../servers/python.ts";

const options: RecordOptions = { doi: "10.5072/ft.abc", released: "2024-09-01T00:00:00Z" };

function recordFor(description: Description, with_: Partial<RecordOptions> = {}, of: Facts = facts): DataciteRecord {
  const made = described("a/sondes.zarr", description);
  return recordOf(itemOf(made, of).item, made.cid, of, { ...options, ...with_ });
}

const everything: Description = {
  ...dropsondes,
  attributes: {
    ...dropsondes.attributes,
    title: "Sondes <&> \"pairs\" ]]> 'quoted'",
    creator_institution: "MPI-M; Navy",
    contributor_name: "Doe, Jane; KIT; Grace Hopper",
    contributor_role: "Data Curator; chief; editor",
    publisher_name: "A Publisher",
  },
};
const related = { previous: "10.5072/ft.older", next: "10.5072/ft.newer", campaign: "10.5072/orcestra" };

describe("the record of a dataset", () => {
  it("is the one that was reviewed, as JSON and as XML", async () => {
    const record = recordFor(everything, { related });
    expect(objectionsTo(record)).toEqual([]);
    await expect(`${JSON.stringify(record, null, 2)}\n`).toMatchFileSnapshot("golden/everything.json.txt");
    await expect(recordXml(record)).toMatchFileSnapshot("golden/everything.xml");
  });

  it("has nothing that a dataset does not have", () => {
    const record = recordFor(nothing);
    expect(record).toMatchObject({
      titles: [{ title: "sondes.zarr" }],
      creators: [{ name: "MPI-M", nameType: "Organizational" }],
      publicationYear: 2024,
      dates: [{ date: "2024-09-01", dateType: "Issued" }],
      rightsList: [],
      geoLocations: [],
      relatedIdentifiers: [],
    });
    expect(objectionsTo(record)).toEqual([]);
  });

  it("has a box the right way round, two at the antimeridian, and a point where it is one", () => {
    const at = (west: number, south: number, east: number, north: number) =>
      recordFor({
        ...nothing,
        place: {
          bounds: { west, south, east, north },
          geometry: { type: "Point", coordinates: [west, south] },
          source: "values",
        },
      }).geoLocations;
    const box = (west: number, east: number) => ({
      westBoundLongitude: west,
      eastBoundLongitude: east,
      southBoundLatitude: 1,
      northBoundLatitude: 2,
    });
    expect(at(-30, 1, 20, 2)).toEqual([{ geoLocationBox: box(-30, 20) }]);
    expect(at(170, 1, -160, 2)).toEqual([
      { geoLocationPlace: expect.stringContaining("crosses the antimeridian"), geoLocationBox: box(170, 180) },
      { geoLocationPlace: expect.stringContaining("crosses the antimeridian"), geoLocationBox: box(-180, -160) },
    ]);
    expect(at(5, 1, 5, 1)).toEqual([{ geoLocationPoint: { pointLongitude: 5, pointLatitude: 1 } }]);
  });

  it("names each related DOI once, and never its own", () => {
    const record = recordFor(dropsondes, {
      related: { previous: "10.5072/FT.ABC", campaign: "10.5194/ESSD-16-1-2024" },
    });
    expect(record.relatedIdentifiers.map(({ relationType }) => relationType)).toEqual(["IsPartOf", "IsDocumentedBy"]);
  });
});

describe("our own rules", () => {
  const record = recordFor(dropsondes);
  const box = { westBoundLongitude: 20, eastBoundLongitude: 10, southBoundLatitude: 0, northBoundLatitude: 1 };
  const date = (date: string) => ({ dates: [{ date, dateType: "Collected" as const }] });
  const cases: readonly (readonly [string, Partial<DataciteRecord>])[] = [
    ["geoLocations: west (20) is greater than east (10)", { geoLocations: [{ geoLocationBox: box }] }],
    [
      "south (1) is greater than north (0)",
      {
        geoLocations: [
          { geoLocationBox: { ...box, westBoundLongitude: 0, southBoundLatitude: 1, northBoundLatitude: 0 } },
        ],
      },
    ],
    ["latitudes 91 to 91", { geoLocations: [{ geoLocationPoint: { pointLongitude: 0, pointLatitude: 91 } }] }],
    ["is no date", date("not a date")],
    ["is no date", date("2024-02-30")],
    ["is no date", date("/")],
    ["is no date", date("2024-01-01/2024-01-02/2024-01-03")],
    ["ends before it starts", date("2024-08-11T10:00:00Z/2024-08-11T09:00:00Z")],
    ["titles:", { titles: [{ title: " " }] }],
    ["titles:", { titles: [] }],
    ["creators: there is none", { creators: [] }],
    ["creators: a name is blank", { creators: [{ name: " ", nameType: "Personal" }] }],
    [
      "is no ORCID iD",
      {
        creators: [
          {
            name: "A",
            nameType: "Personal",
            nameIdentifiers: [
              {
                nameIdentifier: "https://orcid.org/0000-0002-1825-0098",
                nameIdentifierScheme: "ORCID",
                schemeUri: "https://orcid.org",
              },
            ],
          },
        ],
      },
    ],
    ["publisher:", { publisher: { name: "" } }],
    ["doi:", { doi: "11.5072/abc" }],
    [
      "relatedIdentifiers:",
      {
        relatedIdentifiers: [
          { relatedIdentifier: "ipfs://bafy", relatedIdentifierType: "DOI", relationType: "IsPartOf" },
        ],
      },
    ],
  ];
  it.each(cases)("refuse what the schema accepts: %s", (says, wrong) => {
    expect(objectionsTo({ ...record, ...wrong })).toEqual([expect.stringContaining(says)]);
  });

  it("refuse a record without a year, and accept open ranges of dates", () => {
    const { publicationYear: _, ...undated } = record;
    expect(objectionsTo(undated)).toEqual([expect.stringContaining("publicationYear")]);
    expect(objectionsTo({ ...record, ...date("/2024-01-01") })).toEqual([]);
  });
});

const anyRecord = anyDescription.map((description) => recordFor(description, { related }));

it("whatever a dataset says, its record passes our rules", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      expect(objectionsTo(record)).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

const xsd = data("datacite");
const environment = xsd ? await pythonWith("datacite") : undefined;

it.skipIf(!environment)("whatever a dataset says, its record is valid by DataCite's XML Schema 4.6", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const records = [recordFor(everything, { related }), recordFor(nothing), ...fc.sample(anyRecord, 150)];
  for (const [i, record] of records.entries()) await writeFile(join(folder, `${i}.xml`), recordXml(record));
  // The last one shows that the schema was asked.
  await writeFile(join(folder, "wrong.xml"), recordXml({ ...records[0]!, publicationYear: 1 }));
  const code = `
import sys, glob, lxml.etree as E
schema = E.XMLSchema(E.parse(sys.argv[1]))
for name in glob.glob(sys.argv[2] + "/*.xml"):
    if not schema.validate(E.parse(name)): print(name.split("/")[-1], schema.error_log.last_error.message)
`;
  const printed = await runPython(code, [join(xsd!, "kernel-4.6", "metadata.xsd"), folder], environment);
  expect(printed.split("\n").map((line) => line.split(" ")[0])).toEqual(["wrong.xml"]);
});
