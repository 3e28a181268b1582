/** Plots as values: colours of even steps, ticks at round numbers, gaps that stay gaps, and values under a pointer or key. */
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { colourMapNames, colourTable, difference, labOf } from "../../../browser/quicklook/colours.ts";
import type { PlotData, Values } from "../../../browser/quicklook/load.ts";
import { drawPlot } from "../../../browser/quicklook/plots/draw.ts";
import { pathOf } from "../../../browser/quicklook/plots/lines.ts";
import type { Plot } from "../../../browser/quicklook/plots/plot.ts";
import { continued } from "../../../browser/quicklook/plots/track.ts";
import { palettePng } from "../../../browser/quicklook/png.ts";
import { scaleOf } from "../../../browser/quicklook/scale.ts";
import { fileOf, textOf } from "../../../browser/quicklook/scene.ts";
import { numberText, timeText, unitText } from "../../../browser/quicklook/values.ts";
import { en } from "../../../browser/texts/en.ts";
import { timeCodingOf } from "../../../pipeline/core/cf/time/time.ts";

const time = timeCodingOf("seconds since 1970-01-01", "standard");
if ("problem" in time) throw new Error(time.problem);
const at = (iso: string) => Date.parse(iso);

describe("a colour map", () => {
  const labsOf = (name: (typeof colourMapNames)[number]) => {
    const table = colourTable(name);
    const hex = (i: number) => Buffer.from(table.subarray(3 * i, 3 * i + 3)).toString("hex");
    return Array.from({ length: 256 }, (_, i) => labOf(hex(i)));
  };

  it.each(colourMapNames)("%s grows lighter from end to end, in steps that look alike", (name) => {
    const labs = labsOf(name);
    for (let i = 8; i < 256; i += 8) expect(labs[i]![0], `${i}`).toBeGreaterThan(labs[i - 8]![0]);
    // Sixteen at a time, since a colour of a screen is of whole numbers.
    const steps = Array.from({ length: 15 }, (_, i) => {
      let sum = 0;
      for (let j = 17 * i; j < 17 * (i + 1); j++) sum += difference(labs[j]!, labs[j + 1]!);
      return sum;
    });
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.35);
  });
});

describe("an axis", () => {
  const ticks = (least: number, greatest: number, isLog = false) =>
    scaleOf({ least, greatest }, { quantity: {}, isLog, ticks: 5 }).ticks.map(({ text }) => text);

  it("has ticks at round numbers", () => {
    expect(ticks(0, 10)).toEqual(["0", "2", "4", "6", "8", "10"]);
    expect(ticks(-1.3, 0.8)).toEqual(["−1.0", "−0.5", "0.0", "0.5"]);
    expect(ticks(1000.1, 1000.4)).toEqual([
      "1000.10",
      "1000.15",
      "1000.20",
      "1000.25",
      "1000.30",
      "1000.35",
      "1000.40",
    ]);
    expect(ticks(3e-9, 9e-9)).toEqual(["3e−9", "4e−9", "5e−9", "6e−9", "7e−9", "8e−9", "9e−9"]);
    expect(ticks(5, 5)).toContain("5.0");
    expect(ticks(0.01, 1000, true)).toEqual(["0.01", "0.1", "1", "10", "100", "1000"]);
  });

  it("has times at round times, and the date that they share once", () => {
    const scale = (from: string, to: string) =>
      scaleOf({ least: at(from), greatest: at(to) }, { quantity: { time }, ticks: 5 });
    const day = scale("2024-08-11T08:03:00Z", "2024-08-11T20:10:00Z");
    expect(day.ticks.map(({ text }) => text)).toEqual(["09:00", "12:00", "15:00", "18:00"]);
    expect(day.common).toBe("2024-08-11");
    const nights = scale("2024-08-11T18:00:00Z", "2024-08-13T06:00:00Z");
    expect(nights.ticks.map(({ text }) => text)).toEqual(["08-12", "12:00", "08-13"]);
    const years = scale("1990-05-01T00:00:00Z", "2024-05-01T00:00:00Z");
    expect(years.ticks.map(({ text }) => text)).toEqual(["2000", "2010", "2020"]);
  });
});

const values = (label: string, unit: string, numbers: readonly number[], more: Partial<Values> = {}): Values => ({
  ...{ label, unit, values: Float64Array.from(numbers) },
  ...more,
});
const options = {
  width: 600,
  height: 340,
  colours: colourTable("viridis"),
  isLog: false,
  id: "p",
  texts: en.quicklook,
};
const drawn = (data: PlotData, more: Partial<typeof options> = {}): Plot => drawPlot(data, { ...options, ...more })!;

const nan = Number.NaN;
const series: PlotData = {
  kind: "series",
  x: values(
    "time",
    "",
    [0, 1, 2, 3, 4, 5].map((second) => at("2024-08-11T10:00:00Z") + 1000 * second),
    { time },
  ),
  value: values("air temperature", "K", [290, 291, nan, 293, 294, 295]),
};

describe("a series", () => {
  it("is broken where a value is missing", () => {
    expect(
      textOf(drawn(series).svg)
        .match(/class="plot-line" d="([^"]*)"/)![1]!
        .match(/M/g),
    ).toHaveLength(2);
  });

  it("names the days that it has values of, and not those that the room beside them reaches into", () => {
    const days = [0, 12, 47.5].map((hours) => at("2024-08-11T00:00:00Z") + 3_600_000 * hours);
    const text = textOf(
      drawn({ ...series, x: values("time", "", days, { time }), value: values("t", "K", [1, 2, 3]) }).svg,
    );
    expect(text).toContain("time, 2024-08-11 – 2024-08-12");
  });

  it("draws of many values on one pixel those that show", () => {
    const count = 100_000;
    const x = Float64Array.from({ length: count }, (_, i) => (i * 500) / count);
    const y = x.map((_, i) => (i === 77_777 ? 300 : Math.sin(i) * 10));
    const path = pathOf({ x, y }, "x");
    expect(path.match(/[ML]/g)!.length).toBeLessThanOrEqual(4 * 501);
    expect(path).toContain(" 300");
  });

  it("says the value at a place, and the next one at a key, past what is missing", () => {
    const plot = drawn(series);
    const near = plot.at(plot.step(undefined, 0, 0)!.x + 3, 100)!;
    expect(near.text).toBe("290 K at 2024-08-11 10:00");
    const next = plot.step(near, 1, 0)!;
    expect(plot.step(next, 1, 0)!.text).toBe("293 K at 2024-08-11 10:00:03");
    expect(plot.step(next, -5, 0)).toEqual(near);
    expect(plot.summary).toBe("Line of air temperature over time. From 290 K to 295 K, 1 of 6 values missing.");
  });
});

it("draws a profile with pressure downwards, and goes up by the key up", () => {
  const data = {
    kind: "profile",
    vertical: values("pressure", "hPa", [1000, 800, 500]),
    value: values("t", "K", [290, 280, 250]),
  } as const;
  const plot = drawn({ ...data, downward: true });
  const ground = plot.step(undefined, 0, 0)!;
  expect(plot.step(ground, 0, 1)!.y).toBeLessThan(ground.y);
  expect(plot.step(ground, 0, 1)!.text).toBe("280 K at pressure 800 hPa");
  expect(drawn({ ...data, downward: false }).step(undefined, 0, 0)!.y).toBeLessThan(ground.y);
});

describe("a field", () => {
  const field: PlotData = {
    kind: "field",
    x: values("longitude", "degrees_east", [0, 10, 30]),
    y: values("latitude", "degrees_north", [50, 40]),
    value: values("t", "K", [1, 2, 3, 4, nan, 6]),
    downward: false,
  };

  it("has north above, whatever order its rows have, and says the value of the cell that a place is in", () => {
    const plot = drawn(field);
    const first = plot.step(undefined, 0, 0)!;
    expect(first.text).toBe("1 K at longitude 0 °E, latitude 50 °N");
    expect(plot.step(first, 0, -1)!.text).toBe("4 K at longitude 0 °E, latitude 40 °N");
    expect(plot.step(first, 0, -1)!.y).toBeGreaterThan(first.y);
    expect(plot.step(plot.step(first, 1, 0)!, 0, -1)!.text).toBe("missing at longitude 10 °E, latitude 40 °N");
    for (const step of [first, plot.step(first, 2, -1)!]) expect(plot.at(step.x, step.y)!.text).toBe(step.text);
    expect(plot.at(1, 1)).toBeUndefined();
  });

  it("shows hatching where a value is missing, through a pixel without colour", () => {
    const text = textOf(drawn({ ...field, x: values("x", "", [0, 1, 2]) }).svg);
    expect(text).toContain('fill="url(#p-hatch)"');
    const png = Buffer.from(/href="data:image\/png;base64,([^"]*)"/.exec(text)![1]!, "base64");
    // Two rows of three pixels, each row behind a byte that says how it is filtered.
    expect([...inflateSync(pngChunk(png, "IDAT"))]).toEqual([0, 1, 52, 103, 0, 153, 0, 255]);
  });
});

it("draws a track across the antimeridian in one piece", () => {
  expect([...continued(Float64Array.of(178, 179, -180, nan, -179, 179))]).toEqual([178, 179, 180, nan, 181, 179]);
});

it("counts every value in a histogram", () => {
  const plot = drawn({ kind: "histogram", value: values("n", "", [1, 1, 2, 9, nan]) }, { width: 300 });
  const texts: string[] = [];
  for (let cursor = plot.step(undefined, 0, 0); cursor; ) {
    texts.push(cursor.text);
    const next = plot.step(cursor, 1, 0)!;
    if (next.at[0] === cursor.at[0]) break;
    cursor = next;
  }
  const counts = texts.map((text) => Number.parseInt(text, 10));
  expect([counts[0], counts.at(-1), counts.reduce((a, b) => a + b)]).toEqual([2, 1, 4]);
});

it.each(["series", "profile", "field", "track", "histogram"] as const)(
  "draws a %s of nothing but missing values",
  (kind) => {
    const empty = values("x", "", [nan, nan]);
    const data = {
      ...{ x: values("x", "", [0, 1]), y: values("y", "", [0]), vertical: empty, longitude: empty, latitude: empty },
      ...{ kind, value: empty, downward: false },
    } as PlotData;
    const plot = drawn(data);
    expect(plot.summary).toContain("All 2 values are missing.");
    expect(textOf(plot.svg)).not.toMatch(/NaN|Infinity/);
  },
);

it("writes a file that needs no style sheet and has nothing of a label as markup", () => {
  const file = fileOf(
    drawn({ ...series, value: { ...series.value, label: '</text><script>alert("1")</script>\u0000' } }).svg,
  );
  expect(file).toContain("<style>");
  expect(file).toContain("&lt;script&gt;");
  expect(file).not.toContain("<script");
  expect(file).not.toContain("\u0000");
});

it("writes PNG that others read", () => {
  const png = Buffer.from(palettePng(300, 300, new Uint8Array(90_000).fill(7), new Uint8Array(765)));
  expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  expect(inflateSync(pngChunk(png, "IDAT")).length).toBe(300 * 301);
});

function pngChunk(png: Buffer, type: string): Buffer {
  const at = png.indexOf(type);
  return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
}

it("writes numbers, units and times as they are printed", () => {
  expect([0, -12.5, 101_325.04, 1e-7, 12_345_678].map(numberText)).toEqual([
    "0",
    "−12.5",
    "101325",
    "1e−7",
    "1.2346e7",
  ]);
  expect(["m s-1", "kg m**-2", "degC", "W m^-2 sr-1", "1/s"].map(unitText)).toEqual([
    "m s⁻¹",
    "kg m⁻²",
    "°C",
    "W m⁻² sr⁻¹",
    "1/s",
  ]);
  expect(timeText(at("2024-08-11T10:05:00.25Z"), time)).toBe("2024-08-11 10:05:00.25");
});
