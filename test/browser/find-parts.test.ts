/** What the page that finds datasets computes: addresses, folders, times. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Ask,
  askIn,
  fieldNames,
  hashOf,
  isNarrow,
  nothingAsked,
  sorts,
  views,
  withValue,
} from "../../browser/find/ask.ts";
import { detailsIn, historyIn, isNewSince } from "../../browser/find/details.ts";
import { foldersOf } from "../../browser/find/folders.ts";
import { axisOf, dayAt, lanesOf, partOf, ticksOf } from "../../browser/find/lanes.ts";
import { chosenParts } from "../../browser/find/parts.ts";
import { en } from "../../browser/texts/en.ts";
import type { ListRow } from "../../pipeline/core/page/row.ts";
import { questionOf } from "../../pipeline/core/search/question/question.ts";

const value = fc.string({ minLength: 1, maxLength: 20 }).map((text) => `a${text.toWellFormed().trim()}`);
const day = fc.date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)); // biome-ignore format: a day
const anAsk: fc.Arbitrary<Ask> = fc.record({
  q: fc.string({ maxLength: 50 }).map((text) => text.toWellFormed().trim()),
  values: fc.dictionary(fc.constantFrom(...fieldNames), fc.uniqueArray(value, { minLength: 1, maxLength: 3 }), {
    noNullPrototype: true,
  }),
  box: fc.option(fc.constantFrom([-60, 10, -50, 15] as const, [170, -10, -170, 10.5] as const), { nil: undefined }),
  from: fc.option(day, { nil: undefined }),
  until: fc.option(day, { nil: undefined }),
  sort: fc.constantFrom(...sorts),
  since: fc.option(fc.nat(500), { nil: undefined }),
  view: fc.constantFrom(...views),
});

describe("what is chosen", () => {
  it("has the years of a month that is asked for in each of them", () => {
    const asked = { ...nothingAsked, q: "humidity in August" };
    const partsIn = (last: string) =>
      chosenParts(asked, questionOf(asked.q, { time: ["2020-01-10", last] }), en).map(({ text }) => text);
    expect(partsIn("2024-09-30")).toEqual(["in August (2020 to 2024)"]);
    expect(partsIn("2020-09-30")).toEqual(["2020-08-01 to 2020-08-31"]);
  });
});

describe("an address", () => {
  it("has all that is asked for", () => {
    fc.assert(fc.property(anAsk, (ask) => void expect(askIn(hashOf(ask))).toEqual(ask)));
  });

  it("of a stranger is a question or nothing", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.string().map((text) => `q=${text}&box=${text}`),
      fc.constantFrom("box=1,2,3", "box=a,b,c,d", "from=2024-99-99", "since=-1", "since=x"),
    );
    fc.assert(fc.property(anything, (hash) => void expect(sorts).toContain(askIn(`#${hash}`).sort)));
    expect(askIn("#box=0,0,0,99&from=soon&since=1.5&sort=worst&view=all&platform=+")).toEqual({ ...nothingAsked, box: undefined, from: undefined, until: undefined, since: undefined }); // biome-ignore format: nothing of it
    expect(hashOf(nothingAsked)).toBe("");
  });

  it("chooses a value and no longer", () => {
    const chosen = withValue(withValue(nothingAsked, "platform", "HALO", true), "platform", "BCO", true);
    expect(chosen.values).toEqual({ platform: ["HALO", "BCO"] });
    expect(isNarrow(chosen)).toBe(true);
    const none = withValue(withValue(chosen, "platform", "HALO", false), "platform", "BCO", false);
    expect([none.values, isNarrow(none)]).toEqual([{}, false]);
  });
});

const row = (path: string, more: Partial<ListRow> = {}): ListRow => ({ path, title: path, kind: "dataset", ...more });

describe("folders", () => {
  it("sum up what is in them, and those of one folder are in one line with it", () => {
    const root = foldersOf([row("a/b/x", { size: 10 }), row("a/b/y", { size: 5 }), row("c", { size: 1 }), row("d/e")]);
    expect([root.count, root.size]).toEqual([4, 16]);
    expect(root.folders.map(({ name, count, size }) => [name, count, size])).toEqual([
      ["a/b", 2, 15],
      ["d", 1, undefined],
    ]);
    expect(root.rows.map(({ path }) => path)).toEqual(["c"]);
  });
});

describe("times", () => {
  it("are spans of platforms, in which what overlaps is one", () => {
    const axis = axisOf(["2024-08-01", "2024-08-10"]);
    if (!axis) throw new Error("no axis");
    const at = (first: string, last = first) => ({
      time: [`2024-08-${first}T10:00:00Z`, `2024-08-${last}T12:00:00Z`] as const,
    });
    const rows = [
      row("a", { ...at("01", "02"), platform: "HALO" }),
      row("b", { ...at("02", "03"), platform: "HALO" }),
      row("c", at("10")),
    ];
    expect(
      lanesOf(rows, ["HALO", "BCO"], axis).map(({ platform, spans }) => [platform, spans.length, spans[0]?.[0]]),
    ).toEqual([
      ["HALO", 1, 0],
      [undefined, 1, 0.9],
    ]);
    expect([dayAt(0, axis), dayAt(1, axis), dayAt(0.95, axis)]).toEqual(["2024-08-01", "2024-08-10", "2024-08-10"]);
    expect([partOf("2024-08-01", "start", axis), partOf("2024-08-10", "end", axis)]).toEqual([0, 1]);
  });

  it("of a day or of a thousand years have a few ticks", () => {
    for (const days of [
      ["2024-08-01", "2024-08-01"],
      ["2024-08-01", "2024-10-10"],
      ["1850-01-01", "2100-12-31"],
      ["0001-01-01", "9999-12-31"],
    ] as const) {
      const axis = axisOf(days);
      const ticks = axis ? ticksOf(axis) : [];
      expect(ticks.length, days.join()).toBeGreaterThan(0);
      expect(ticks.length, days.join()).toBeLessThan(9);
    }
    expect(axisOf(["soon", "later"])).toBeUndefined();
  });
});

describe("files of the portal", () => {
  it("are read for what has the form that is expected", () => {
    const index = {
      datasets: [{ path: "a", size: 3, geometry: { type: "Point" } }, null, 7],
      failed: [{ path: "b", says: "no" }],
      plain: "x",
    };
    expect([...detailsIn(index)]).toEqual([["a", { size: 3, geometry: { type: "Point" } }], ["b", { reason: "no" }]]); // biome-ignore format: pairs
    expect([...detailsIn(null), ...historyIn("x").releases]).toEqual([]);
  });

  it("tell what changed since a release, of what is in a leaf too", () => {
    const history = historyIn({ releases: [], paths: { a: [[3, "C"], [1, "A"]], b: [[1, "B"]] } }); // biome-ignore format: pairs
    expect([
      isNewSince("a/x.zarr", 2, history),
      isNewSince("a", 3, history),
      isNewSince("b", 1, history),
      isNewSince("c", 0, history),
    ]).toEqual([true, false, false, false]);
  });
});
