import { expect, it } from "vitest";
import { compareInstants, instantOf, isInstant } from "../../../pipeline/core/dataset/instant.ts";

it.each([
  ["2024-08-11", "2024-08-11T00:00:00Z"],
  ["20240811", "2024-08-11T00:00:00Z"],
  ["2024-8-1", "2024-08-01T00:00:00Z"],
  ["2024-08-11 10:00", "2024-08-11T10:00:00Z"],
  ["2024-08-11T10:00:00 UTC", "2024-08-11T10:00:00Z"],
  ["20240811T100000Z", "2024-08-11T10:00:00Z"],
  ["2024-08-11T00:30:00+02:00", "2024-08-10T22:30:00Z"],
  ["2024-08-31T24:00:00Z", "2024-09-01T00:00:00Z"],
  ["2024-08-11T10:00:00.500", "2024-08-11T10:00:00.5Z"],
  ["2024-08-11T10:00:00.330017024Z", "2024-08-11T10:00:00.330017Z"],
  ["0001-01-01", "0001-01-01T00:00:00Z"],
])("reads %s as %s", (text, iso) => {
  expect(instantOf(text)?.iso).toBe(iso);
});

it.each([
  "",
  "2024",
  "2023-02-29",
  "2024-13-01",
  "2024-08-11T25:00",
  "2024-08-11T24:01",
  "11.8.2024",
  "yesterday",
  "0000-01-01T00:00+01:00",
])("does not take %s for a date", (text) => {
  expect(instantOf(text)).toBeUndefined();
});

it("tells a day from its midnight", () => {
  expect(instantOf("2024-08-11")?.hasTime).toBe(false);
  expect(instantOf("2024-08-11T00:00")?.hasTime).toBe(true);
});

it("knows the form we publish", () => {
  expect(isInstant("2024-08-11T10:00:00.123456Z")).toBe(true);
  expect(isInstant("2024-08-11T10:00:00.1234567Z")).toBe(false);
  expect(isInstant("2024-08-11T10:00:00+00:00")).toBe(false);
  expect(isInstant("2024-02-30T10:00:00Z")).toBe(false);
});

it("puts a fraction behind its whole second", () => {
  const instants = ["2024-08-11T10:00:00.5Z", "2024-08-11T10:00:00Z", "2024-08-11T10:00:00.25Z"];
  expect(instants.sort(compareInstants)).toEqual([
    "2024-08-11T10:00:00Z",
    "2024-08-11T10:00:00.25Z",
    "2024-08-11T10:00:00.5Z",
  ]);
});
