/** dois.yaml: read back as it was written, and every mistake in it at its line. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type DatasetDoi, doiStates, readDois, writeDois } from "../../../pipeline/core/datacite/dois.ts";
import { aCid } from "../../fakes/release.ts";

const cid = aCid("data").toString();
const entry = (doi: string) => `{ doi: ${doi}, cid: ${cid}, state: draft }`;

const anyVersion = fc.record({
  doi: fc.uuid().map((id) => `10.5072/(${id})<a>;b`),
  cid: fc.constant(cid),
  state: fc.constantFrom(...doiStates),
});
const anyEntry: fc.Arbitrary<DatasetDoi> = fc
  .tuple(anyVersion, fc.array(anyVersion, { maxLength: 3 }))
  .map(([version, earlier]) => ({ ...version, ...(earlier.length > 0 && { earlier }) }));
const anyKey = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
    fc.constantFrom("no", "2020", "a: b", "# c", "- d", "{e}"),
  )
  .filter((key) => !(key in Object.prototype) && key !== "prototype" && /^[^\p{C}\u2028\u2029]+$/u.test(key));

it("is read back as it was written, whatever the paths are", () => {
  fc.assert(
    fc.property(fc.dictionary(anyKey, anyEntry, { maxKeys: 5 }), (entries) => {
      const dois = new Map(Object.entries(entries));
      const { dois: read, findings } = readDois(writeDois(dois));
      expect(findings).toEqual([]);
      expect(new Map(read)).toEqual(dois);
    }),
    { numRuns: 100 },
  );
});

it.each([
  [
    "a state that is none",
    `a: { doi: 10.5072/a, cid: ${cid}, state: lost }`,
    "must be one of draft, registered, findable",
  ],
  ["a DOI that is none", `a: ${entry("javascript:alert")}`, "must be a DOI"],
  ["a CID that is none", "a: { doi: 10.5072/a, cid: bafy, state: draft }", "must be the CID"],
  ["a field that is missing", "a: { doi: 10.5072/a, state: draft }", '"cid" is missing'],
  ["a field of which nothing is known", `a: { doi: 10.5072/a, cid: ${cid}, state: draft, url: x }`, 'no key "url"'],
  ["the same DOI twice", `a: ${entry("10.5072/A")}\nb: ${entry("10.5072/a")}`, "which a has too"],
  ["no mapping", "- a\n- b", "must be `key: value` lines"],
  ["a prototype", `__proto__: ${entry("10.5072/a")}`, "can't be a key"],
  ["a path that would be left out", `prototype: ${entry("10.5072/a")}`, "can't be a key"],
  ["an alias that grows", `a: &a ${entry("10.5072/a")}\nb: *a`, "anchor"],
  ["a token", "a: { doi: 10.5072/a, cid: ghp_012345678901234567890, state: draft }", "form of a secret"],
  ["no YAML", 'a: "', "never closed"],
])("names %s, and has no DOIs then", (_, text, says) => {
  const { dois, findings } = readDois(text);
  expect(findings.map((finding) => `${finding.line}: ${finding.says}`).join("\n")).toContain(says);
  expect([dois.size, findings.every(({ level }) => level === "error")]).toEqual([0, true]);
});

it("has the line of the second of two that share a DOI", () => {
  const { findings } = readDois(`a: ${entry("10.5072/a")}\nb: ${entry("10.5072/b")}\nc: ${entry("10.5072/a")}\n`);
  expect(findings).toMatchObject([{ line: 3, path: "c" }]);
});

it("may be empty", () => {
  expect([readDois("").dois.size, readDois("# none\n").findings]).toEqual([0, []]);
});
