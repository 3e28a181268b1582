import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { namesOf, standardNames } from "../../../../pipeline/core/cf/standard-names/standard-names.ts";
import { readTable, writeTable } from "../../../../pipeline/core/cf/standard-names/table-text.ts";
import { data } from "../../../data.ts";
import { moduleOf, readPublished } from "./make.ts";

const names = await standardNames();
const file = "pipeline/core/cf/standard-names/table.ts";

it("knows canonical units by name", () => {
  expect(names.version).toBe(93);
  expect(names.find("air_temperature")).toEqual({ name: "air_temperature", units: "K" });
  expect(names.find("area_type")).toEqual({ name: "area_type", units: "" });
  expect(names.find("air_temprature")).toBeUndefined();
  expect(names.find("")).toBeUndefined();
  expect(names.find("Air_Temperature"), "names differ in case").toBeUndefined();
});

it.each([
  ["air_temperature standard_error", "K"],
  ["air_temperature number_of_observations", "1"],
  ["air_temperature status_flag", ""],
  ["mole_fraction_of_ozone_in_air  detection_minimum", "1"],
])("gives %s the units %j", (standardName, units) => {
  expect(names.find(standardName)).toMatchObject({ units, modifier: standardName.split(/ +/)[1] });
});

it.each(["air_temperature standard_deviation", "air_temperature standard_error status_flag", "standard_error"])(
  "knows no modifier in %s",
  (standardName) => {
    expect(names.find(standardName)).toBeUndefined();
  },
);

it("tells what CF calls a quantity now, and where it has made two names of one", () => {
  expect(names.find("chlorophyll_concentration_in_sea_water")).toEqual({
    name: "mass_concentration_of_chlorophyll_in_sea_water",
    units: "kg m-3",
    successors: ["mass_concentration_of_chlorophyll_in_sea_water"],
  });
  expect(names.find("surface_carbon_dioxide_mole_flux")?.successors).toHaveLength(2);
  expect(names.find("ocean_volume"), "a name that is one again").toEqual({ name: "ocean_volume", units: "m3" });
});

it.each([
  ["air_temprature", "air_temperature"],
  ["Air Temperature", "air_temperature"],
  ["air-temperature", "air_temperature"],
  ["temperature", "air_temperature"],
  ["cloud_fraction", "cloud_area_fraction"],
  ["relative_humidty standard_error", "relative_humidity standard_error"],
  ["tendency_of_air_temprature_due_to_longwave_heatting", "tendency_of_air_temperature_due_to_longwave_heating"],
])("takes %s for %s", (written, meant) => {
  expect(names.nearest(written)).toBe(meant);
});

it.each(["foo_bar", "wind_dir", "sea_surface_wave_period_foo", "", "a".repeat(10_000), "a\nb"])(
  "guesses nothing for %j",
  (written) => {
    expect(names.nearest(written)).toBeUndefined();
  },
);

const published = `<?xml version="1.0"?>
<standard_name_table>
   <version_number>94</version_number>
   <last_modified>2026-06-01T10:00:00Z</last_modified>
   <entry id="air_temperature_anomaly">
      <canonical_units>K</canonical_units>
      <description>&lt;units&gt; in a text are none: </description>
   </entry>
   <entry id="air_temperature">
      <canonical_units> K </canonical_units>
   </entry>
   <entry id="area_type">
      <canonical_units></canonical_units>
   </entry>
  <alias id="temperature_anomaly">
    <entry_id>air_temperature_anomaly</entry_id>
    <entry_id>air_temperature</entry_id>
  </alias>
  <alias id="air_temperature"><entry_id>air_temperature</entry_id></alias>
</standard_name_table>`;

it("writes the same table whatever the order, each name without the words of the one above", () => {
  const read = readPublished(published);
  const text = writeTable(read);
  expect(text).toBe(
    ":\n0area_type\n:K\n0air_temperature\n2anomaly\n=\n0temperature_anomaly 0air_temperature_anomaly 0air_temperature\n",
  );
  expect(readTable(text)).toEqual({ units: new Map([...read.units].sort()), aliases: read.aliases });
  expect(namesOf(94, text).find("temperature_anomaly")?.name).toBe("air_temperature_anomaly");
  expect(moduleOf(read)).toContain("version 94 of 2026-06-01");
});

it("refuses a file that is no table, and an alias of a name that is none", () => {
  expect(() => readPublished("<html></html>")).toThrow("no table of CF standard names");
  expect(() =>
    readPublished(published.replaceAll("<entry_id>air_temperature</entry_id>", "<entry_id>a</entry_id>")),
  ).toThrow("aliases of no name: temperature_anomaly");
});

it("takes less than 35 kB of a transfer", () => {
  expect(gzipSync(readFileSync(file)).byteLength).toBeLessThan(35_000);
});

const cf = data("cf");

it.skipIf(!cf)("has every name, unit and alias of CF's table, and no other", () => {
  const lines = readFileSync(`${cf}/standard-names.tsv`, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const rows = lines.map((line) => line.split("\t") as [string, string]);
  const { table } = readModule();
  expect(table.units).toEqual(new Map(rows.filter(([, units]) => !units.startsWith("="))));
  const aliases = Map.groupBy(
    rows.filter(([name, units]) => units.startsWith("=") && !table.units.has(name)),
    ([name]) => name,
  );
  expect([...table.aliases].map(([alias]) => alias).toSorted()).toEqual([...aliases.keys()].toSorted());
  for (const [alias, found] of aliases) expect(table.aliases.get(alias)).toContain(found[0]![1].slice(1));
});

function readModule() {
  const [, text = ""] = /export const table = `([^`]*)`/.exec(readFileSync(file, "utf8")) ?? [];
  return { table: readTable(text) };
}
