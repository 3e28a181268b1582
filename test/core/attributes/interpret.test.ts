import { expect, it } from "vitest";
import { interpret } from "../../../pipeline/core/attributes/interpret.ts";
import type { Json } from "../../../pipeline/core/json.ts";

const say = (attributes: Record<string, Json>) => interpret(attributes, { projects: { "BOW-TIE": "BOWTIE" } });
const about = (attributes: Record<string, Json>) => say(attributes).about;
const rules = (attributes: Record<string, Json>) => say(attributes).findings.map(({ rule }) => rule);

it("makes nothing up", () => {
  expect(about({})).toEqual({
    people: [],
    institutions: [],
    keywords: [],
    projects: [],
    platforms: [],
    instruments: [],
    references: [],
  });
  expect(rules({})).toEqual(["no-title", "no-summary", "no-creator", "no-licence"]);
});

it("puts title and summary on one line", () => {
  expect(about({ title: " Sea ice\n\tcamera ", summary: "One a day.\r\n\r\nLooking up." })).toMatchObject({
    title: "Sea ice camera",
    summary: "One a day. Looking up.",
  });
});

it("cuts a title of a megabyte, with a finding", () => {
  const attributes = { title: "x".repeat(1_000_000) };
  expect(about(attributes).title).toHaveLength(300);
  expect(say(attributes).findings[0]).toMatchObject({
    rule: "too-long",
    says: "title has 1000000 characters; the first 300 are shown",
  });
});

it("does not cut a character in two", () => {
  expect(about({ title: "🛰".repeat(200) }).title?.isWellFormed()).toBe(true);
});

it("keeps markup as text, and nothing that can't be seen", () => {
  expect(about({ title: "<script>alert(1)</script>\u202e\u0000\u200b & co" }).title).toBe(
    "<script>alert(1)</script> & co",
  );
});

it("finds attributes in any case, the exact name first", () => {
  expect(about({ TITLE: "loud", LICENSE: "MIT" })).toMatchObject({ title: "loud", licence: { id: "MIT" } });
  expect(about({ TITLE: "loud", title: "quiet" }).title).toBe("quiet");
});

it("passes over an attribute that says nothing", () => {
  expect(about({ title: " ", name: "Radar", summary: null, description: "Ka band" })).toMatchObject({
    title: "Radar",
    summary: "Ka band",
  });
});

it("takes lists and texts with commas alike", () => {
  const asText = about({ keywords: "ice, camera,ice ,", platform: "HALO; ATR", instrument: "radar" });
  const asList = about({ keywords: ["ice", "camera", "ice", ""], platform: ["HALO", "ATR"], instrument: ["radar"] });
  expect(asText).toEqual(asList);
  expect(asText).toMatchObject({ keywords: ["ice", "camera"], platforms: ["HALO", "ATR"], instruments: ["radar"] });
});

it("calls projects what the campaign calls them", () => {
  expect(about({ project: "bow-tie, PERCUSION, BOWTIE" }).projects).toEqual(["BOWTIE", "PERCUSION"]);
});

it("knows no project by a name every object has", () => {
  expect(about({ project: "constructor, __proto__" }).projects).toEqual(["constructor", "__proto__"]);
});

it.each([
  ["Level 2", "L2"],
  ["l1b", "L1B"],
  ["3", "L3"],
  ["quality controlled", "quality controlled"],
])("reads the processing level %s as %s", (written, level) => {
  expect(about({ processing_level: written }).level).toBe(level);
});

it("keeps the lines of a history", () => {
  expect(about({ history: "2024: made\r\n\n2025:  gridded" }).history).toBe("2024: made\n2025: gridded");
});

it("takes a month and a list of one for dates", () => {
  const { about, findings } = interpret(
    { date_created: "2024-08", date_modified: ["20240811T000000Z"] },
    { projects: {} },
  );
  expect([about.created, about.modified]).toEqual(["2024-08-01T00:00:00Z", "2024-08-11T00:00:00Z"]);
  expect(findings.filter(({ rule }) => rule === "date")).toEqual([]);
});

it("reads dates, and says which it can't", () => {
  const attributes = { date_created: "2024-08-11", date_issued: "11.8.24" };
  expect(about(attributes)).toMatchObject({ created: "2024-08-11T00:00:00Z" });
  expect(about(attributes)).not.toHaveProperty("issued");
  expect(rules(attributes)).toContain("date");
});

it("takes a DOI from the attribute of the dataset's own", () => {
  expect(about({ id: "https://doi.org/10.17617/4.abcd" }).doi).toBe("10.17617/4.abcd");
  expect(about({ id: "radar-v2" })).not.toHaveProperty("doi");
});

it("names contributors and publishers by their roles", () => {
  const attributes = {
    creator_name: "Ada Lovelace",
    contributor_name: "Bo Li, Cy Young",
    contributor_role: "pilot, technician",
    publisher_name: "DKRZ",
  };
  expect(about(attributes).people.map(({ name, role }) => `${name}: ${role}`)).toEqual([
    "Ada Lovelace: creator",
    "Bo Li: pilot",
    "Cy Young: technician",
    "DKRZ: publisher",
  ]);
});

// A rule that looks back over what it has read would take minutes, and never end in time.
it("is done with half a megabyte of anything in a moment", () => {
  const awkward = ["'", '"', ",", " ", "a and ", "(", "10.1234/", "https://", "\u202e", "Doe, J., ", ".;", "cc by "];
  for (const piece of awkward) {
    const text = piece.repeat(Math.ceil(500_000 / piece.length));
    const names = [
      "title",
      "creator_name",
      "creator_email",
      "creator_id",
      "license",
      "references",
      "history",
      "keywords",
    ];
    say(Object.fromEntries(names.map((name) => [name, text])));
  }
});
