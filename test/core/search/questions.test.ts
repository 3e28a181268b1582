/** More than thirty questions as people type them, each with the datasets it has to find first, of a small made-up campaign. */
import { describe, expect, it } from "vitest";
import type { Box } from "../../../pipeline/core/dataset/extent.ts";
import type { Field, SearchDocument } from "../../../pipeline/core/search/index/document.ts";
import { openIndex } from "../../../pipeline/core/search/index/index-reader.ts";
import { withoutCondition } from "../../../pipeline/core/search/question/condition.ts";
import { questionOf } from "../../../pipeline/core/search/question/question.ts";
import { ranked } from "../../../pipeline/core/search/rank.ts";
import { search } from "../../../pipeline/core/search/search.ts";
import { searchFiles } from "../../../pipeline/views/search/build.ts";

type Values = Partial<Record<Field, readonly string[]>>;

function dataset(name: string, title: string, days: string, bbox: Box, values: Values, text = ""): SearchDocument {
  const [start = "", end = start] = days.split("/");
  return {
    path: `products/${name}`,
    title,
    kind: "dataset",
    time: [`${start}T06:00:00Z`, `${end}T18:00:00Z`],
    bbox,
    texts: [text],
    names: [],
    values: { format: ["zarr"], ...values },
  };
}

const sonde = {
  variable: ["ta", "air_temperature", "rh", "relative_humidity"],
  platform: ["HALO"],
  person: ["Geet George"],
};
const campaign: readonly SearchDocument[] = [
  dataset("halo/dropsondes/0811", "Dropsondes of 11 August", "2024-08-11", [-26, 8, -20, 17], sonde),
  dataset("halo/dropsondes/0903", "Dropsondes of 3 September", "2024-09-03", [-32, 5, -22, 16], sonde),
  dataset("halo/dropsondes/0910", "Dropsondes of 10 September", "2024-09-10", [-59, 10, -50, 15], sonde),
  dataset("halo/radar/0811", "HAMP cloud radar of 11 August", "2024-08-11", [-26, 8, -20, 17], {
    variable: ["dBZ", "equivalent_reflectivity_factor"],
    platform: ["HALO"],
    instrument: ["HAMP"],
  }),
  dataset("halo/radar/0903", "HAMP cloud radar of 3 September", "2024-09-03", [-32, 5, -22, 16], {
    variable: ["dBZ", "equivalent_reflectivity_factor"],
    platform: ["HALO"],
    instrument: ["HAMP"],
  }),
  dataset("bco/lidar", "Raman lidar water vapour", "2024-08-01/2024-09-30", [-59.43, 13.16, -59.43, 13.16], {
    variable: ["mixing_ratio", "humidity_mixing_ratio"],
    platform: ["BCO"],
    level: ["2"],
  }),
  dataset("bco/ceilometer", "Cloud base heights", "2020-01-10/2020-02-20", [-59.43, 13.16, -59.43, 13.16], {
    variable: ["cloud_base", "cloud_base_altitude"],
    platform: ["BCO"],
    project: ["EUREC4A"],
  }),
  dataset("meteor/radiosondes", "Radiosondes", "2024-08-16/2024-09-23", [-58, 4, -21, 17], {
    variable: ["ta", "air_temperature", "rh", "relative_humidity"],
    platform: ["RV Meteor"],
    project: ["BOW-TIE"],
  }),
  dataset("meteor/ctd", "CTD profiles", "2024-08-16/2024-09-23", [-58, 4, -21, 17], {
    variable: ["temp", "sea_water_temperature"],
    platform: ["RV Meteor"],
    project: ["BOW-TIE"],
  }),
  dataset("merian/ctd", "CTD profiles of Merian", "2020-01-19/2020-02-19", [-60, 6, -50, 14], {
    variable: ["temp", "sea_water_temperature"],
    platform: ["RV Maria S. Merian"],
    project: ["EUREC4A"],
  }),
  dataset("mindelo/photometer", "Sun photometer", "2024-08-01/2024-09-30", [-24.99, 16.88, -24.99, 16.88], {
    variable: ["aod", "atmosphere_optical_thickness_due_to_ambient_aerosol_particles"],
    platform: ["Mindelo"],
  }),
  dataset("pacific/drifter", "Drifter across the dateline", "2024-08-20/2024-08-25", [178, -12, -178, -9], {
    variable: ["sst", "sea_surface_temperature"],
    platform: ["Drifter 7"],
  }),
];

/** Path below products/, the first three at most. */
const questions: readonly (readonly [asked: string, first: readonly string[]])[] = [
  // Words
  ["radiosondes", ["meteor/radiosondes"]],
  ["cloud radar", ["halo/radar/0903", "halo/radar/0811"]],
  ["cloud", ["bco/ceilometer", "halo/radar/0903", "halo/radar/0811"]],
  ["air_temperature", ["meteor/radiosondes", "halo/dropsondes/0910", "halo/dropsondes/0903"]],
  ["Geet George", ["halo/dropsondes/0910", "halo/dropsondes/0903", "halo/dropsondes/0811"]],
  ["sea surface temperature", ["pacific/drifter"]],
  ["ctd EUREC4A", ["merian/ctd"]],
  ["drop*", ["halo/dropsondes/0910", "halo/dropsondes/0903", "halo/dropsondes/0811"]],
  ["who measured optical thickness?", ["mindelo/photometer"]],
  // Corrections
  ["radiosonds", ["meteor/radiosondes"]],
  ["ceilomter", ["bco/ceilometer"]],
  ["dropsodnes 2024-09-10", ["halo/dropsondes/0910"]],
  ["photometr", ["mindelo/photometer"]],
  // Dates
  ["2024-08-11", ["halo/radar/0811", "halo/dropsondes/0811", "mindelo/photometer"]],
  ["radar 2024-08-11", ["halo/radar/0811"]],
  ["radar on 3 September", ["halo/radar/0903"]],
  ["dropsondes in September", ["halo/dropsondes/0910", "halo/dropsondes/0903"]],
  ["dropsondes since September 4th, 2024", ["halo/dropsondes/0910"]],
  ["dropsondes before 3.9.2024", ["halo/dropsondes/0811"]],
  ["dropsondes between 1 and 5 September 2024", ["halo/dropsondes/0903"]],
  ["ctd in 2020", ["merian/ctd"]],
  ["Radar am 11. August", ["halo/radar/0811"]],
  ["ctd in January", ["merian/ctd"]],
  ["cloud base 3 to 9 February", ["bco/ceilometer"]],
  // Places
  ["lidar near Barbados", ["bco/lidar"]],
  ["near Mindelo", ["mindelo/photometer", "halo/radar/0811", "halo/dropsondes/0811"]],
  ["sondes west of 45 W", []],
  ["dropsondes 10-15 N, 60-45 W", ["halo/dropsondes/0910"]],
  ["temperature near the dateline", ["pacific/drifter"]],
  ["sea temperature 170E to 170W", ["pacific/drifter"]],
  // Of all together
  ["air_temperature near 30 W on 3 September", ["halo/dropsondes/0903", "meteor/radiosondes"]],
  ["who measured humidity near Barbados in August", ["bco/lidar", "meteor/radiosondes"]],
];

describe.each([
  ["in one file", true],
  ["in many files", false],
])("a search index %s", async (_, packed) => {
  const files = new Map<string, Uint8Array>();
  const numbered = campaign.map((document, number) => [number, document] as const);
  for (const [path, content] of searchFiles(numbered, campaign.length, packed)) {
    if (content instanceof Uint8Array) files.set(path, content);
  }
  const index = await openIndex(async (path) => files.get(path) ?? Promise.reject(new Error(`${path} is not there`)));

  it.each(questions)("answers “%s”", async (asked, first) => {
    const { query } = questionOf(asked, { time: ["2020-01-10", "2024-09-30"] });
    const { hits, corrected } = await search(index, query, { limit: 20 });
    const words = corrected.reduce((text, { typed, searched }) => text.replace(typed, searched), query.words ?? "");
    const found = ranked(hits, { ...query, words }).map(({ path }) => path.replace("products/", ""));
    expect(found.slice(0, 3)).toEqual(first);
  });
});

describe("a question", () => {
  it("tells which part of it is what, and does without one", () => {
    const asked = "humidity near Barbados in August";
    const { conditions } = questionOf(asked, { time: ["2024-08-01", "2024-09-30"] });
    expect(conditions.map(({ kind, typed }) => [kind, typed])).toEqual([
      ["word", "humidity"],
      ["place", "near Barbados"],
      ["time", "in August"],
    ]);
    expect(conditions.map((condition) => withoutCondition(asked, condition))).toEqual([
      "near Barbados in August",
      "humidity in August",
      "humidity near Barbados",
    ]);
  });

  it("means a date without a year in every year of the campaign that has it", () => {
    const time = ["2020-01-10", "2022-09-30"] as const;
    const { query, conditions } = questionOf("humidity in August", { time });
    const periods = [2020, 2021, 2022].map((year) => ({ from: `${year}-08-01`, until: `${year}-08-31` }));
    expect(query).toEqual({ words: "humidity", periods });
    expect(conditions[1]).toMatchObject({ kind: "time", from: "2020-08-01", until: "2022-08-31", periods });
    // December 2022 is after its data, the first of January 2020 before them.
    expect(questionOf("humidity in December", { time }).query.periods).toHaveLength(2);
    expect(questionOf("on 29 February", { time }).query).toEqual({ from: "2020-02-29", until: "2020-02-29" });
    expect(questionOf("in August 2021", { time }).query).toEqual({ from: "2021-08-01", until: "2021-08-31" });
    expect(questionOf("since August", { time }).query).toEqual({ from: "2022-08-01" });
  });

  it.each(["may", "3 s", "10 Hz wind", "2020", "HALO-0911a", "data", "march", "N2O 1 m", "in"])(
    "takes words for words: %s",
    (asked) => {
      const { query } = questionOf(asked, { time: ["2020-01-10", "2024-09-30"] });
      expect(query).toEqual({ words: asked });
    },
  );

  it.each([
    ["radar nördlich von Barbados", { words: "radar", bbox: [-180, 13.5, 180, 90] }],
    ["radar südlich von 10 N", { words: "radar", bbox: [-180, -90, 180, 10] }],
    ["radar östlich von 30 W", { words: "radar", bbox: [-30, -90, 60, 90] }],
    ["radar über Barbados", { words: "radar", bbox: [-60.3142, 12.4, -58.7858, 14] }],
  ])("has places with accents in their words: %s", (asked, query) => {
    expect(questionOf(asked).query).toEqual(query);
  });

  it("without data of a known time has no date without a year", () => {
    expect(questionOf("radar on 3 September").query).toEqual({ words: "radar 3 September" });
  });

  it("of any length and with any characters is read in time that grows with its length alone", () => {
    for (const text of ["3 ", "near ", "10-", "in August ", "° ", "from 1 to ", "\ud800"])
      expect(() => questionOf(text.repeat(200_000), { time: ["2020-01-10", "2024-09-30"] })).not.toThrow();
  });
});
