import fc from "fast-check";
import { CID } from "multiformats/cid";
import * as digest from "multiformats/hashes/digest";
import { describe, expect, it } from "vitest";
import { readPinlist } from "../../../pipeline/core/campaign/pinlist.ts";
import { raw, v0, v1 } from "../cids.ts";

/** Rule and line of each finding. */
const found = (text: string) => readPinlist(text).findings.map(({ rule, line }) => `${rule} ${line}`);

/** As the lists look that campaigns have kept: every version follows the one before. */
function versions(count: number): string {
  const pin = (number: number) => `- cid: ${v0(number)}
  name: HEAD v${number}
  meta:${number > 0 ? `\n    prev: ${v0(number - 1)}` : ""}
    tags:
    - all
    - v${number}
`;
  return Array.from({ length: count }, (_, number) => pin(number)).join("");
}

describe("a list of pins", () => {
  it("gives every pin with its line, what it follows, and its tags as one text", () => {
    const { pins, findings } = readPinlist(versions(3));
    expect(findings).toEqual([]);
    expect(
      pins.map(({ name, cid, previous, meta, line }) => [name, `${cid}`, previous?.toString(), { ...meta }, line]),
    ).toEqual([
      ["HEAD v0", v0(0), undefined, { tags: "all,v0" }, 1],
      ["HEAD v1", v0(1), v0(0), { tags: "all,v1" }, 7],
      ["HEAD v2", v0(2), v0(1), { tags: "all,v2" }, 14],
    ]);
  });

  it("may be a mapping under pins:, and empty", () => {
    expect(readPinlist(`pins:\n- { name: a, cid: ${v1(1)} }\n`).pins).toMatchObject([{ name: "a", line: 2 }]);
    for (const empty of ["", "# nothing yet\n", "[]\n", "pins: []\n"]) {
      expect(readPinlist(empty)).toEqual({ pins: [], findings: [] });
    }
  });

  it("tolerates blanks behind a CID, and a name that is missing", () => {
    const { pins, findings } = readPinlist(`- cid: ${v0(1)} \n- cid: "${v0(2)} "\n  name: b\n`);
    expect(pins.map(({ name }) => name)).toEqual([v0(1), "b"]);
    expect(findings).toMatchObject([{ rule: "no-name", level: "warning", line: 1 }]);
  });

  it("reports names that occur twice with all their lines, and leaves nothing out", () => {
    const text = [1, 2, 3].map((seed) => `- cid: ${v0(seed)}\n  name: HEAD v14\n`).join("");
    const { pins, findings } = readPinlist(text);
    expect(pins).toHaveLength(3);
    const says = '3 pins are called "HEAD v14": line 1, line 3, line 5';
    expect(findings).toMatchObject([
      { rule: "duplicate-name", level: "warning", line: 4, says },
      { rule: "duplicate-name", level: "warning", line: 6, says },
    ]);
  });

  it("takes two spellings of one CID for one pin", () => {
    expect(readPinlist(`- { name: a, cid: ${v0(7)} }\n- { name: b, cid: ${v1(7)} }\n`).findings).toMatchObject([
      { rule: "duplicate-cid", level: "hint", line: 2, says: `${v1(7)} is here and in line 1; it is one pin` },
    ]);
  });

  it("reads what follows an entry without a pin, which is reported", () => {
    const text = `- name: a\n  cid: ${v0(1)}\n  meta:\n    prev: ${v0(9)}\n`;
    expect(readPinlist(text).findings).toMatchObject([
      { rule: "dangling-prev", level: "warning", line: 4, says: `"a" follows ${v0(9)}, which is not in this list` },
    ]);
    expect(found(text.replace(v0(9), v1(1)))).toEqual([]);
  });

  it.each([
    ["cid: foo", "not-a-cid"],
    [`cid: ipfs://${raw(1)}`, "not-a-cid"],
    [`cid: ${CID.createV1(0x55, digest.create(0, new Uint8Array(129)))}`, "identity-cid"],
    ["cid:", "no-cid"],
    ["name: b", "no-cid"],
    ["cid: [a]", "no-cid"],
    [`cid: ${raw(2)}\n  meta: { prev: nonsense }`, "not-a-cid"],
  ])("says of `%s` that it can't be used, at its line", (entry, rule) => {
    const { pins, findings } = readPinlist(`- { name: a, cid: ${v0(1)} }\n- ${entry}\n  other: x\n`);
    const [first] = findings.filter(({ level }) => level === "error");
    expect(first).toMatchObject({ rule, path: "2" });
    expect(first!.line).toBeGreaterThan(1);
    expect(pins[0]).toMatchObject({ name: "a" });
  });

  it("says what a file is that holds no list", () => {
    for (const text of ["just text\n", "a: b\n", "pins: none\n"]) expect(found(text)).toEqual(["not-a-list 1"]);
    expect(found("- a\n- [b]\n")).toEqual(["not-a-pin 1", "not-a-pin 2"]);
  });

  it("reads what is above a mistake", () => {
    const { pins, findings } = readPinlist(`- { name: a, cid: ${v0(1)} }\n- { name: "b\n`);
    expect(pins).toMatchObject([{ name: "a" }]);
    expect(findings).toMatchObject([{ rule: "syntax", level: "error", line: 2 }]);
    expect(readPinlist(new Uint8Array([0x2d, 0x20, 0xff])).findings).toMatchObject([{ rule: "not-utf-8" }]);
  });

  it("takes keys that mean something in JavaScript for keys", () => {
    const text = `- name: __proto__\n  cid: ${v0(1)}\n  meta: { __proto__: x, constructor: y, tags: [{ a: b }] }\n`;
    const { pins, findings } = readPinlist(text);
    expect(Object.entries(pins[0]!.meta)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect(findings).toMatchObject([{ rule: "meta", says: "meta.tags is neither text nor a list of texts" }]);
    expect(Object.getPrototypeOf({}).x).toBeUndefined();
  });

  it("cuts a name that is longer than any service keeps", () => {
    const { pins, findings } = readPinlist(`- { name: "${"x".repeat(1000)}", cid: ${v0(1)} }\n`);
    expect([pins[0]!.name.length, findings[0]!.rule]).toEqual([255, "long-name"]);
  });

  it("never throws, whatever the text", () => {
    const piece = fc.constantFrom(
      "- ",
      "cid: ",
      "name: ",
      "meta: ",
      "prev: ",
      v0(1),
      v1(2),
      "\n",
      "  ",
      "{",
      "}",
      "[",
      "]",
      "&a ",
      "*a",
      ": ",
      '"',
      "|",
      "#",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { pins, findings } = readPinlist(pieces.join(""));
        expect(pins.every(({ line }) => line >= 1)).toBe(true);
        expect(findings.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
      }),
    );
  });
});
