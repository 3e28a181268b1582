/** Tables as text: which files are ones, and what their columns say. pandas is the reference for names, types and extents. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import type { Description } from "../../../pipeline/core/dataset/dataset.ts";
import type { RangeSource } from "../../../pipeline/core/dataset/range-source.ts";
import { fileReaderOf, startLength } from "../../../pipeline/formats/reader.ts";
import { table } from "../../../pipeline/formats/table/table.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { testWorld } from "../../fakes/world.ts";
import { python } from "../../servers/python.ts";

const bytesOf = (text: string | Uint8Array) => (typeof text === "string" ? new TextEncoder().encode(text) : text);
const isTable = (text: string | Uint8Array) => table.files!.recognises(bytesOf(text).subarray(0, startLength));

async function described(text: string | Uint8Array): Promise<Description> {
  const reader = await fileReaderOf([table], rangesOf(bytesOf(text)));
  expect(reader, String(text).slice(0, 80)).toBeDefined();
  return reader!.describe(testWorld());
}

const variablesIn = ({ variables }: Description) =>
  Object.fromEntries(variables.map(({ name, type, unit, role }) => [name, [type, role, ...(unit ? [unit] : [])]]));
const rules = ({ findings }: Description) => findings.map(({ rule }) => rule);

const ship = `# title: Surface meteorology of RV Meteor
# license: CC-BY-4.0
# missing_value: -999
time,lat,lon,air_temperature [K],sst (degC),flag,comment
2024-08-11T10:00:00Z,13.1,-59.5,300.1,27.5,0,
2024-08-11T10:01:00Z,13.2,-59.4,NaN,27.6,0,"rain, heavy"
2024-08-11T10:02:00Z,-999,-999,300.3,27.7,1,"two
lines"
2024-08-11T10:03:00.5Z,13.4,-59.2,300.4,,0,""
`;

describe("a table", () => {
  it("is described by its names, units, comments, and where and when its rows are", async () => {
    const description = await described(ship);
    expect(description.access).toEqual({ format: "file", mediaType: "text/csv" });
    expect({ ...description.attributes }).toEqual({
      title: "Surface meteorology of RV Meteor",
      license: "CC-BY-4.0",
      missing_value: "-999",
    });
    expect(description.dimensions).toEqual([{ name: "row", size: 4, kind: "other" }]);
    expect(variablesIn(description)).toEqual({
      time: ["datetime64[us]", "coordinate"],
      lat: ["float64", "coordinate"],
      lon: ["float64", "coordinate"],
      air_temperature: ["float64", "data", "K"],
      sst: ["float64", "data", "degC"],
      flag: ["int64", "data"],
      comment: ["string", "data"],
    });
    expect(description.time).toEqual({
      start: "2024-08-11T10:00:00Z",
      end: "2024-08-11T10:03:00.5Z",
      source: "values",
    });
    expect(description.place).toMatchObject({
      bounds: { west: -59.5, south: 13.1, east: -59.2, north: 13.4 },
      geometry: { type: "LineString" },
      source: "values",
    });
    expect(description.findings).toEqual([]);
  });

  it.each([
    [
      "semicolons, decimal commas and units of some",
      "time;lat;lon\n;degrees_north;degrees_east\n2024-08-11 10:00;13,5;-59,25\n2024-08-11 11:00;14,5;-58\n",
    ],
    ["semicolons and decimal commas", "time;lat;lon\n11.08.2024 10:00;13,5;-59,25\n11.08.2024 11:00;14,5;-58\n"],
    ["tabs", "time\tlat\tlon\n2024-08-11 10:00\t13.5\t-59.25\n2024-08-11 11:00\t14.5\t-58\n"],
    [
      "a byte order mark and CRLF",
      "\ufefftime,lat,lon\r\n2024-08-11 10:00,13.5,-59.25\r\n2024-08-11 11:00,14.5,-58\r\n",
    ],
    ["no line end at its end", "time,lat,lon\n2024-08-11 10:00,13.5,-59.25\n2024-08-11 11:00,14.5,-58"],
    [
      "a line of units",
      "time,lat,lon\nUTC,degrees_north,deg E\n2024-08-11 10:00,13.5,-59.25\n2024-08-11 11:00,14.5,-58\n",
    ],
    ["delimiters at line ends", "time,lat,lon,\n2024-08-11 10:00,13.5,-59.25,\n2024-08-11 11:00,14.5,-58,\n"],
    ["an index", ",time,lat,lon\n0,2024-08-11 10:00,13.5,-59.25\n1,2024-08-11 11:00,14.5,-58\n"],
    ["dates and times apart", "Date,UTC,lat,lon\n2024-08-11,10:00:00,13.5,-59.25\n2024-08-11,11:00:00,14.5,-58\n"],
    ["dates as digits", "date,time,lat,lon\n20240811,10:00,13.5,-59.25\n20240811,11:00,14.5,-58\n"],
    ["years, months and days", "year,month,day,hour,lat,lon\n2024,8,11,10,13.5,-59.25\n2024,8,11,11,14.5,-58\n"],
    ["numbers since a date", '"time [hours since 2024-08-11]",lat,lon\n10,13.5,-59.25\n11,14.5,-58\n'],
    ["slashes and a zone", "time,lat,lon\n2024/08/11 12:00+02:00,13.5,-59.25\n2024/08/11 13:00+02:00,14.5,-58\n"],
    ["names in a comment", "# time,lat,lon\n2024-08-11 10:00,13.5,-59.25\n2024-08-11 11:00,14.5,-58\n"],
    [
      "Excel's line for the delimiter",
      "sep=;\ntime;lat;lon\n2024-08-11 10:00;13.5;-59.25\n2024-08-11 11:00;14.5;-58\n",
    ],
    [
      "radians and minutes",
      "time,lat [rad],lon [arcmin]\n2024-08-11 10:00,0.23561944901923448,-3555\n2024-08-11 11:00,0.2530727415391778,-3480\n",
    ],
  ])("with %s has the same time and place", async (_, text) => {
    const { time, place, findings, dimensions } = await described(text);
    expect(time).toEqual({ start: "2024-08-11T10:00:00Z", end: "2024-08-11T11:00:00Z", source: "values" });
    expect(place?.bounds).toEqual({ west: -59.25, south: 13.5, east: -58, north: 14.5 });
    expect(findings).toEqual([]);
    expect(dimensions[0]).toMatchObject({ name: "row", size: 2 });
  });

  it("in Latin-1 has the units it was written with", async () => {
    const text = "time,lat [°],lon [°],temp [°C]\n2024-08-11,13.5,-59.25,5\n2024-08-12,13.5,-59.25,5\n";
    const { variables, place } = await described(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    expect(variables.map(({ unit }) => unit)).toEqual([undefined, "°", "°", "°C"]);
    expect(place?.bounds).toMatchObject({ west: -59.25, south: 13.5 });
  });

  it("crosses the antimeridian where its rows do", async () => {
    const { place } = await described("time,lat,lon\n2024-08-11 10:00,0,179\n2024-08-11 11:00,1,-179\n");
    expect(place?.bounds).toEqual({ west: 179, south: 0, east: -179, north: 1 });
    expect(place?.geometry.type).toBe("MultiLineString");
  });

  it("without coordinates has what its comments declare", async () => {
    const comments = "# time_coverage_start: 2024-08-11\n# time_coverage_end: 2024-08-12\n";
    const { time, place } = await described(`${comments}run,value\n1,2\n2,3\n`);
    expect(time).toMatchObject({ start: "2024-08-11T00:00:00Z", end: "2024-08-12T00:00:00Z", source: "attributes" });
    expect(place).toBeUndefined();
  });
});

describe("findings name", () => {
  it("dates whose month may be their day", async () => {
    const description = await described("date,value\n08/11/2024,1\n08/12/2024,2\n08/13/2024,3\n");
    expect(rules(description)).toEqual(["ambiguous-date"]);
    expect(description.time).toBeUndefined();
  });

  it("a time without units", async () => {
    expect(rules(await described("time,value\n1,1\n2,2\n3,3\n"))).toEqual(["time-units"]);
  });

  it("places that are none", async () => {
    const { place, findings } = await described("time,lat,lon\n2024-08-11,-9999,-9999\n2024-08-12,13,-59\n");
    expect(place?.bounds).toMatchObject({ west: -59, south: 13 });
    expect(findings.map(({ rule }) => rule)).toEqual(["impossible-place", "impossible-place"]);
  });

  it("cells of another kind, and rows of another length", async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `1,${i === 7 ? "seven" : i},${i}\n`).join("");
    const description = await described(`a,lat,lon\n${rows}1,2\n1,2,3,4\n`);
    expect(description.findings.map(({ rule, says }) => `${rule}: ${says}`)).toEqual([
      "uneven-rows: 1 of 102 rows have more cells than there are names, or never end, and are left out",
      "uneven-rows: 1 of 102 rows have fewer cells than there are names: the others count as missing",
      "other-cells: 1 cells of lat are no numbers, as all others are, and count as missing",
      "impossible-place: 9 of 101 values of latitude lie beyond ±90° and were left out",
    ]);
    expect(description.dimensions[0]?.size).toBe(101);
  });
});

describe("what is no table:", () => {
  const root = join(import.meta.dirname, "../../..");
  it.each([
    ...["README.md", "CHANGELOG.md", "LICENSE", "package.json", "package-lock.json", "tree.yaml", "campaign.yaml"],
    ...["pipeline/formats/table/table.ts", "browser/base.css", "browser/tsconfig.json"],
    ...[
      "test/formats/netcdf/files.py",
      "docs/formats.md",
      "pipeline/views/browser/built/land-110m.json",
      "test/mutations.yaml",
    ],
  ])("%s", (path) => {
    expect(isTable(readFileSync(join(root, path)))).toBe(false);
  });

  it.each([
    ["nothing", ""],
    ["one column", "temperature\n1\n2\n3\n"],
    ["numbers without names", "1,2\n3,4\n5,6\n"],
    ["words alone", "name,town\nAda,London\nGrace,New York\n"],
    ["two lines of prose", "Hello, World\nIn total, 5\n"],
    [
      "prose",
      "We flew to Barbados, where it rained.\nThen, on day 5, we went home, at last.\nIt was good, but short.\n",
    ],
    ["a log", "2024-08-11 10:00:00,123 INFO start\n2024-08-11 10:00:01,125 INFO end\n"],
    ["a log of an access", '127.0.0.1 - - [11/Aug/2024:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n'.repeat(20)],
    ["lines of JSON", '{"a":1,"b":2}\n{"a":3,"b":4}\n{"a":5,"b":6}\n'],
    ["a list in YAML", "- [a, b]\n- [1, 2]\n- [3, 4]\n"],
    ["HTML", "<p>a, b</p>\n<p>1, 2</p>\n<p>3, 4</p>\n"],
    ["Markdown", "| a | b |\n|---|---|\n| 1 | 2 |\n"],
    ["code", "import a, b\nprint(1, 2)\nprint(3, 4)\n"],
    ["NUL bytes", "a,b\n1,2\n\0,3\n4,5\n"],
    ["UTF-16", "a\0,\0b\0\n\x001\0,\x002\0\n\0"],
    ["rows of all lengths", "a,b,c\n1\n1,2\n1,2,3\n1,2,3,4\n"],
  ])("%s", (_, text) => {
    expect(isTable(text)).toBe(false);
  });
});

describe("a hostile table", () => {
  it("has its names as data, whatever they are", async () => {
    const description = await described(
      "# title: <script>alert(1)</script>\n__proto__,constructor,toString,time\n1,2,3,2024-08-11\n1,2,3,2024-08-12\n",
    );
    expect(description.variables.map(({ name }) => name)).toEqual(["__proto__", "constructor", "toString", "time"]);
    expect(Object.getPrototypeOf(JSON.parse(JSON.stringify(description)))).toBe(Object.prototype);
  });

  it("may have dates that are none", async () => {
    const rows = "2024-08-11,1\n2O24-08-11,2\n2024-13-41,3\n0000-00-00,4\n";
    const { variables } = await described(`date,value\n${rows.repeat(3)}`);
    expect(variables.map(({ type }) => type)).toEqual(["string", "int64"]);
  });

  it("gives each of its columns a name of its own", async () => {
    const { variables } = await described("t,t,t.1,t,x,y,z\n1,2,3,4,5,6,7\n1,2,3,4,5,6,7\n1,2,3,4,5,6,7\n");
    const names = variables.map(({ name }) => name);
    expect(new Set(names).size).toBe(7);
  });

  it("may have numbers beyond all bounds", async () => {
    const { variables, place, findings } = await described(
      `id,lat,lon\n${"9".repeat(300)},1e999,-1e999\n1,2,3\n4,5,6\n`,
    );
    expect(variables[0]?.type).toBe("int64");
    expect(place?.bounds).toEqual({ west: 3, south: 2, east: 6, north: 5 });
    expect(findings.map(({ rule }) => rule)).toEqual(["impossible-place", "impossible-place"]);
  });

  it("never fails for a quotation mark that is not closed, and gives up the row", async () => {
    const rows = "2024-08-11,1\n".repeat(100_000);
    const { findings, dimensions } = await described(`time,value\n${rows}2024-08-11,"${rows}`);
    expect(dimensions[0]?.size).toBe(100_000);
    expect(findings.map(({ rule }) => rule)).toEqual(["uneven-rows"]);
  });

  it("of 100 000 columns is no table that a person could use", async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `c${i}`).join();
    const row = "1,".repeat(100_000).slice(0, -1);
    expect(isTable(`${names}\n${row}\n${row}\n`)).toBe(false);
  });
});

/** A file of `size` bytes, none of which exist: `at` makes those that are asked for. */
function endless(size: number, at: (offset: number, length: number) => Uint8Array): RangeSource & { read_: number } {
  const source = {
    size,
    read_: 0,
    async read(offset: number, length: number) {
      const count = Math.max(0, Math.min(length, size - offset));
      source.read_ += count;
      return at(offset, count);
    },
  };
  return source;
}

describe("a large file", () => {
  it("costs a few windows, and its extents are those of a sample", async () => {
    const header = `${"time,lat,lon".padEnd(33, " ")}\n`;
    const line = (n: number) =>
      `2024-08-11T${String(n % 24).padStart(2, "0")}:00:00Z,${String(10 + (n % 5)).padEnd(5, " ")},-59.00\n`;
    const width = line(0).length;
    expect(header.length).toBe(width);
    const size = width * 30_000_000;
    const source = endless(size, (offset, length) => {
      const first = Math.floor(offset / width);
      let text = "";
      for (let n = first; text.length < length + width; n++) text += n === 0 ? header : line(n);
      return bytesOf(text.slice(offset - first * width, offset - first * width + length));
    });
    const reader = await fileReaderOf([table], source);
    const { time, place, dimensions, findings } = await reader!.describe(testWorld());
    expect(source.read_).toBeLessThan(16 * 2 ** 20);
    expect(time).toEqual({ start: "2024-08-11T00:00:00Z", end: "2024-08-11T23:00:00Z", source: "sampled" });
    expect(place).toMatchObject({ bounds: { west: -59, south: 10, east: -59, north: 14 }, source: "sampled" });
    expect(dimensions[0]!.size / 30_000_000).toBeCloseTo(1, 3);
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(["sampled-table", "sampled-extent"]));
  });

  it("of one line without an end is none, whatever it begins with", async () => {
    const source = endless(2 ** 30, (_, length) => new Uint8Array(length).fill(0x61));
    expect(await fileReaderOf([table], source)).toBeUndefined();
    const start = bytesOf("a,b\n1,2\n1,2\n1,2\n");
    const withStart = endless(2 ** 30, (offset, length) => {
      const bytes = new Uint8Array(length).fill(0x61);
      if (offset === 0) bytes.set(start);
      return bytes;
    });
    const reader = await fileReaderOf([table], withStart);
    const { dimensions } = await reader!.describe(testWorld());
    expect(dimensions[0]?.size).toBeGreaterThan(0);
    expect(withStart.read_).toBeLessThan(16 * 2 ** 20);
  });
});

const program = await python();

describe.skipIf(!program)("as pandas reads it", () => {
  const script = `
import io, json, sys
import pandas as pd
said = {}
for name, (text, options) in json.load(sys.stdin).items():
    frame = pd.read_csv(io.StringIO(text), **options)
    kinds = {"i": "int64", "f": "float64", "b": "bool", "M": "datetime64[us]"}
    time = [c for c in frame.columns if c == "time"]
    said[name] = {
        "rows": len(frame),
        "types": {c: kinds.get(frame[c].dtype.kind, "string") for c in frame.columns},
        "extents": {c: [float(frame[c].min()), float(frame[c].max())] for c in ("lat", "lon") if c in frame.columns},
        "time": [t.isoformat() for t in (frame["time"].min(), frame["time"].max())] if time else [],
    }
print(json.dumps(said))
`;
  const dates = { parse_dates: ["time"] };
  const cases: Readonly<Record<string, readonly [text: string, options: Record<string, unknown>]>> = {
    quoted: [
      'time,lat,lon,a\n2024-08-11 10:00:00,"1",2,"x ""y"""\n2024-08-11 11:00:00,"1.5",3,"a,\nb"\n2024-08-11 12:00:00,2,4,c\n',
      dates,
    ],
    missing: ["time,lat,lon,a,b\n2024-08-11,1,NA,1,true\n2024-08-12,,3,,false\n2024-08-13,n/a,null,3,true\n", dates],
    types: [
      "time,lat,lon,i,f,s,e\n2024-08-11,1,2,1,1.0,a1,\n2024-08-12,2,3,-2,1e3,2b,\n2024-08-13,3,4,+3,.5,3,\n",
      dates,
    ],
    commas: ["time;lat;lon\n2024-08-11;1,5;-2,25\n2024-08-12;2,5;3\n", { ...dates, sep: ";", decimal: "," }],
    tabs: ["time\tlat\tlon\n2024-08-11\t1.5\t-2.25\n2024-08-12\t2.5\t3\n", { ...dates, sep: "\t" }],
  };

  it("has the same names, types, rows and extents", async () => {
    const { stdout } = await execa(program!, ["-c", script], { input: JSON.stringify(cases) });
    const reference = JSON.parse(stdout);
    for (const [name, [text]] of Object.entries(cases)) {
      const { variables, dimensions, time, place } = await described(text);
      expect(Object.fromEntries(variables.map(({ name, type }) => [name, type])), name).toEqual(reference[name].types);
      expect(dimensions[0]?.size, name).toBe(reference[name].rows);
      const { west, south, east, north } = place!.bounds;
      expect({ lat: [south, north], lon: [west, east] }, name).toEqual(reference[name].extents);
      expect([time?.start, time?.end], name).toEqual(reference[name].time.map((iso: string) => `${iso}Z`));
    }
  });
});
