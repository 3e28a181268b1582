/** Descriptions for tests: one that says everything, one that says nothing, and any number that fast-check makes up. */
import fc from "fast-check";
import type { Facts } from "../../pipeline/core/campaign/campaign.ts";
import { boxShape } from "../../pipeline/core/cf/place/geometry.ts";
import type { Description, Dimension, Member, Members, Variable } from "../../pipeline/core/dataset/dataset.ts";
import type { Json } from "../../pipeline/core/json.ts";
import type { Described } from "../../pipeline/core/stac/item.ts";

export const cid = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";

export const facts: Facts = {
  campaign: "orcestra",
  title: "ORCESTRA",
  gateways: ["https://ipfs.example.org", "http://127.0.0.1:8080"],
  collectionDepth: 2,
  providers: [{ name: "MPI-M", roles: ["host"], url: "https://www.mpimet.mpg.de/" }],
  projects: { "BOW-TIE": "BOWTIE" },
};

export const nothing: Description = {
  attributes: {},
  dimensions: [],
  variables: [],
  access: { format: "files", files: [] },
  findings: [],
};

export const dropsondes: Description = {
  attributes: {
    title: "Dropsondes of HALO",
    summary: "Vertical profiles,\none row per sonde.",
    creator_name: "Ada Lovelace, Grace Hopper",
    creator_email: "ada@example.org",
    creator_id: "https://orcid.org/0000-0002-1825-0097",
    institution: "Max Planck Institute for Meteorology, Hamburg",
    license: "CC BY 4.0",
    keywords: "dropsonde, atmosphere",
    project: "PERCUSION, BOW-TIE",
    platform: "HALO",
    instrument: "Vaisala RD41",
    processing_level: "Level 2",
    history: "2024-12-01 made\n2024-12-02 gridded",
    doi: "https://doi.org/10.17617/4.abcd",
    references: "Doe, J. (2024): Sondes, ESSD, 16, 1-20, https://doi.org/10.5194/essd-16-1-2024",
    date_created: "2024-12-01",
    date_issued: "2025-01-01T12:00:00Z",
    product_version: "1.10",
    featureType: "trajectoryProfile",
  },
  dimensions: [
    { name: "sonde", size: 3, kind: "other", values: ["a", "b", "c"] },
    { name: "time", size: 10, kind: "time", extent: ["2024-08-11T10:00:00Z", "2024-08-11T18:30:00.5Z"] },
    { name: "alt", size: 100, kind: "z", extent: [0, 9900], unit: "m" },
    { name: "obs", size: 7, kind: "other" },
  ],
  variables: [
    { name: "time", dimensions: ["time"], shape: [10], type: "int64", role: "coordinate", standardName: "time" },
    {
      name: "ta",
      dimensions: ["sonde", "alt"],
      shape: [3, 100],
      chunks: [3, 50],
      type: "float32",
      role: "data",
      unit: "K",
      standardName: "air_temperature",
      longName: "air temperature",
    },
    { name: "lat", dimensions: ["sonde"], shape: [3], type: "float64", role: "coordinate", unit: "degrees_north" },
  ],
  time: { start: "2024-08-11T10:00:00Z", end: "2024-08-11T18:30:00.5Z", source: "values" },
  place: {
    bounds: { west: -30, south: 5, east: -24, north: 16.7 },
    geometry: {
      type: "LineString",
      coordinates: [
        [-24, 16.7],
        [-30, 5],
      ],
    },
    source: "values",
  },
  access: { format: "zarr", version: 2, consolidated: true, groups: [""] },
  findings: [],
};

export function described(path: string, description: Description = dropsondes): Described {
  return { path, cid, tsize: 123_456, reader: "zarr", description };
}

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "", " "),
);
const anyNumber = fc.oneof(fc.double(), fc.integer({ min: -200, max: 200 }));
const anyInstant = fc
  .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString());

const knownAttributes = Object.keys(dropsondes.attributes);
const likelyValues = [
  "Doe, J.; O'Brien, P.",
  '"Lovelace, Ada" and Grace Hopper',
  "a@example.org, b@example.org,",
  "0000-0002-1825-0097",
  "CC BY",
  "see https://example.org/ä b?c=<d>, doi:10.1234/(x)y",
  "2024-02-30",
  "Level 3",
  "javascript:alert(1)",
  "\u202eabc\u0000",
];
const anyScalar = fc.oneof(anyText, fc.constantFrom(...likelyValues), anyNumber, fc.boolean(), fc.constant(null));
const anyAttributes: fc.Arbitrary<Record<string, Json>> = fc.dictionary(
  fc.oneof(fc.constantFrom(...knownAttributes, "creator", "contributor_name", "contributor_role"), anyText),
  fc.oneof(anyScalar, fc.array(anyScalar, { maxLength: 4 })),
);

const anyDimension: fc.Arbitrary<Dimension> = fc.record(
  {
    name: anyText,
    size: fc.nat({ max: 1000 }),
    kind: fc.constantFrom("x", "y", "z", "time", "other"),
    extent: fc.oneof(
      fc.tuple(anyNumber, anyNumber).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
      fc.tuple(anyInstant, anyInstant).map(([a, b]) => [a, b].sort() as [string, string]),
    ),
    values: fc.array(fc.oneof(anyText, anyNumber), { maxLength: 5 }),
    unit: fc.oneof(anyText, fc.constantFrom("m", "degrees_east", "days since 2000-01-01")),
    calendar: fc.constantFrom("360_day", "noleap"),
  },
  { requiredKeys: ["name", "size", "kind"] },
);

const anyVariable: fc.Arbitrary<Variable> = fc.record(
  {
    name: anyText,
    dimensions: fc.array(anyText, { maxLength: 3 }),
    shape: fc.array(fc.nat(), { maxLength: 3 }),
    chunks: fc.array(fc.nat(), { maxLength: 3 }),
    type: fc.constantFrom("float32", "complex64", "<U8", "datetime64[ns]", "bool"),
    role: fc.constantFrom("data", "coordinate"),
    unit: anyText,
    standardName: anyText,
    longName: anyText,
  },
  { requiredKeys: ["name", "dimensions", "shape", "type", "role"] },
);

const longitude = fc.integer({ min: -18000, max: 18000 }).map((hundredths) => hundredths / 100);
const latitude = fc.integer({ min: -9000, max: 9000 }).map((hundredths) => hundredths / 100);

export const anyBounds = fc
  .record({ west: longitude, east: longitude, south: latitude, north: latitude })
  .map(({ west, east, south, north }) => ({
    west,
    east,
    south: Math.min(south, north),
    north: Math.max(south, north),
  }));

const anyMember = fc
  .record({ path: anyText, size: fc.nat(), start: anyInstant, bounds: fc.option(anyBounds) })
  .map(({ path, size, start, bounds }): Member => {
    const bbox = bounds && ([bounds.west, bounds.south, bounds.east, bounds.north] as const);
    return { path, cid, size, start, end: start, ...(bbox && { bbox }) };
  });

const anyMembers: fc.Arbitrary<Members> = fc.record({
  count: fc.nat(100),
  listed: fc.array(anyMember, { maxLength: 4 }),
  differences: fc.array(anyText, { maxLength: 2 }),
});

export const anyDescription: fc.Arbitrary<Description> = fc.record(
  {
    attributes: anyAttributes,
    dimensions: fc.array(anyDimension, { maxLength: 5 }),
    variables: fc.array(anyVariable, { maxLength: 5 }),
    time: fc.tuple(anyInstant, anyInstant).map((instants) => {
      const [start, end] = instants.sort() as [string, string];
      return { start, end, source: "values" as const };
    }),
    place: anyBounds.map((bounds) => ({ bounds, geometry: boxShape(bounds), source: "attributes" as const })),
    access: fc.oneof(
      fc.record({
        format: fc.constant("zarr" as const),
        version: fc.constantFrom(2 as const, 3 as const),
        consolidated: fc.boolean(),
        groups: fc.array(anyText, { maxLength: 3 }),
      }),
      fc.record({ format: fc.constant("file" as const), mediaType: fc.constantFrom("text/csv", "image/png") }),
      fc.record({
        format: fc.constant("files" as const),
        files: fc.array(fc.record({ name: anyText, size: fc.nat() }), { maxLength: 3 }),
      }),
    ),
    members: anyMembers,
    findings: fc.constant([]),
  },
  { requiredKeys: ["attributes", "dimensions", "variables", "access", "findings"] },
);

const anyName = fc
  .oneof(
    fc.string({ minLength: 1 }),
    fc.string({ minLength: 1, unit: "binary" }),
    fc.constantFrom("catalog", "a.json", "a", "-", "a-", "-a", "--", "~", "~2d"),
  )
  .map((name) => name.replaceAll("/", "_").toWellFormed())
  .filter((name) => name !== "." && name !== "..");

export const anyPath = fc.array(anyName, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
