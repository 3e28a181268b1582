import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { CORE_SCHEMA, load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { readTree } from "../../../pipeline/core/tree/tree.ts";
import { raw, v0, v1 } from "../cids.ts";
import { writtenAt } from "../trees.ts";

const leaves = (source: string | Uint8Array) =>
  [...readTree(source).tree.values()].map((leaf) => [leaf.path, writtenAt(leaf)]);
const rules = (source: string | Uint8Array) => readTree(source).findings.map(({ line, rule }) => `${line} ${rule}`);

describe("a tree as campaigns write it", () => {
  it("has its leaves with path, line, column and original spelling, in the order of the file", () => {
    const { tree, findings } = readTree(`# data of the campaign
products:

    HALO:      # the aircraft
        radar.zarr: ${v1(1)}   
        lidar.zarr:
            ${raw(2)}   # wrapped
raw:
  b: ${v1(3)}
  a: ${v1(4)}
`);
    expect([...tree.values()].map((leaf) => [leaf.path, writtenAt(leaf), leaf.line, leaf.column])).toEqual([
      ["products/HALO/radar.zarr", v1(1), 5, 9],
      ["products/HALO/lidar.zarr", raw(2), 6, 9],
      ["raw/b", v1(3), 9, 3],
      ["raw/a", v1(4), 10, 3],
    ]);
    expect(findings).toEqual([]);
    expect(tree.get("raw/a")?.cid.toString()).toBe(v1(4));
  });

  it.each(["", "\n", "# only a comment\n", "---\n", "---\n...\n", "{}\n", "\ufeff"])("%j is an empty tree", (text) => {
    expect(readTree(text)).toEqual({ tree: new Map(), findings: [] });
  });

  it("has an empty folder where the value is empty, however that is written", () => {
    const { tree, findings } = readTree(`a:\nb: ""\nc: {}\nd: # nothing yet\ne: >\n`);
    expect(findings).toEqual([]);
    expect([...tree.keys()]).toEqual(["a", "b", "c", "d", "e"]);
    for (const { kind, cid } of tree.values()) {
      expect(kind).toBe("empty-folder");
      expect(cid.toString()).toBe("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
    }
  });

  it("takes wrapped, folded, quoted and flow values for what they say", () => {
    expect(
      leaves(
        `a:\n   ${v1(1)}\nb: >-\n  ${v1(2)}\nc: |\n  ${v1(3)}\n\nd: "${v1(4)}"\ne: '${v1(5)}'\nf: {g: ${v1(6)}, "h": {i: ${v1(7)}}}\n`,
      ),
    ).toEqual([
      ["a", v1(1)],
      ["b", v1(2)],
      ["c", v1(3)],
      ["d", v1(4)],
      ["e", v1(5)],
      ["f/g", v1(6)],
      ["f/h/i", v1(7)],
    ]);
  });

  it("keeps names as they are written: numbers, words YAML knows, digits in their order", () => {
    const names = [
      "1.10",
      "10",
      "9",
      "true",
      "null",
      "no",
      "2024-08-10",
      "0x1F",
      "__proto__",
      "constructor",
      "a b",
      "ä",
    ];
    const text = names.map((name, index) => `${name}: ${v1(index)}\n`).join("");
    expect(leaves(text).map(([path]) => path)).toEqual(names);
    expect(leaves(`"1.10": ${v1(1)}\n'x: y': ${v1(2)}\n"a\\tb#": \n`).map(([path]) => path)).toEqual(["1.10", "x: y"]);
  });

  it("reads Windows line ends and a byte order mark, and counts as editors do", () => {
    const { tree, findings } = readTree(`\ufeffa: ${v1(1)}\r\nb:\r\n  c: ${v1(2)}\r\n`);
    expect([...tree.values()].map(({ path, line, column }) => [path, line, column])).toEqual([
      ["a", 1, 1],
      ["b/c", 3, 3],
    ]);
    expect(findings).toEqual([]);
    expect(leaves(new TextEncoder().encode(`\ufeffä: ${v1(1)}\n`))).toEqual([["ä", v1(1)]]);
  });
});

describe("findings", () => {
  it("come all at once, in the order of the lines, each with level, rule, line, column, path and words", () => {
    const { findings } = readTree(`a:\n  b: foo\n  b: ${v1(1)}\nc: ipfs://${v1(2)}\nd: ${v0(3)}\n`);
    expect(findings).toEqual([
      {
        level: "error",
        rule: "not-a-cid",
        line: 2,
        column: 6,
        path: "a/b",
        says: '"foo" is not a CID (those begin with bafy, bafk or Qm)',
      },
      {
        level: "error",
        rule: "duplicate-key",
        line: 3,
        column: 3,
        path: "a/b",
        says: '"b" is here twice: line 2 and line 3',
        fix: "remove one of them",
      },
      expect.objectContaining({ level: "error", rule: "not-a-cid", line: 4, column: 4, path: "c", fix: v1(2) }),
      expect.objectContaining({ level: "hint", rule: "cid-v0", line: 5, column: 4, path: "d", fix: v1(3) }),
    ]);
  });

  it("of a merge that git left unfinished says that, wherever in the file", () => {
    const [ours, theirs] = [`  x: ${v1(1)}\n`, `  x: ${v1(2)}\n`];
    const conflict = `<<<<<<< HEAD\n${ours}=======\n${theirs}>>>>>>> theirs\n`;
    for (const [text, line] of [
      [`a:\n${conflict}`, 2],
      [`a:\n  w: ${v1(3)}\n${conflict}  z: ${v1(4)}\n`, 3],
      [conflict.replaceAll("  x", "x"), 1],
      [`a:\n${conflict}`.replaceAll("\n", "\r\n"), 2],
    ] as const) {
      expect(readTree(text).findings.map(({ line, rule }) => [line, rule])).toEqual([[line, "syntax"]]);
      expect(readTree(text).findings[0]!.says).toContain("git left a conflict here");
    }
  });

  it("of a syntax error come with those of the lines before it, and the leaves before it are read", () => {
    const good = Array.from({ length: 49 }, (_, index) => `k${index}: ${index === 10 ? "foo" : v1(index)}\n`).join("");
    const { tree, findings } = readTree(`${good}  bad: indent\nafter: ${v1(99)}\n`);
    expect(findings.map(({ line, rule }) => [line, rule])).toEqual([
      [11, "not-a-cid"],
      [50, "syntax"],
    ]);
    expect(tree.size).toBe(48);
  });

  it("of something left open point at where it was opened, not at the end of the file", () => {
    const rest = Array.from({ length: 30 }, (_, index) => `  k${index}: ${v1(index)}\n`).join("");
    expect(rules(`a: ${v1(50)}\nb:\n  "open: ${v1(51)}\n${rest}`)).toEqual(["3 syntax"]);
    expect(rules(`a: ${v1(50)}\nb: {\n${rest}`)).toEqual(["2 syntax"]);
    expect(rules(`a: ${v1(50)}\nb:\n  x: ${v1(51)}\n  forgot the colon\n${rest}`)).toEqual(["4 syntax"]);
  });

  it("of tabs name every line that is indented with one", () => {
    expect(rules(`a:\n\tb: ${v1(1)}\n\n\t# c\n  \tc: ${v1(2)}\n`)).toEqual(["2 tab", "5 tab"]);
  });

  it.each([
    ["anchor", `a: &x ${v1(1)}`],
    ["anchor", `&x a: ${v1(1)}`],
    ["anchor", `a: &x\n  b: ${v1(1)}`],
    ["alias", `a: *x`],
    ["alias", `<<: ${v1(1)}`],
    ["tag", `a: !!str ${v1(1)}`],
    ["tag", `a: !x {b: ${v1(1)}}`],
    ["list", `a: [${v1(1)}]`],
    ["list", `- ${v1(1)}`],
    ["multi-document", `a: ${v1(1)}\n---\nb: ${v1(2)}`],
    ["not-a-mapping", v1(1)],
    ["not-a-name", `? [a]\n: ${v1(1)}`],
    ["syntax", `a: ${v1(1)}\u0007`],
    ["too-deep", Array.from({ length: 33 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ])("name %s as an error", (rule, text) => {
    expect(readTree(text).findings).toMatchObject([{ level: "error", rule }]);
  });

  it("allow a path of 32 names", () => {
    expect(leaves(Array.from({ length: 32 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"))).toHaveLength(1);
  });

  it.each([
    ['""', "is empty"],
    [".", "means a folder itself"],
    ["..", "means a folder itself"],
    ["a/b", "contains `/`"],
    ['"a\\u0000"', "control character"],
    ['"a\\u001b[31m"', "control character"],
    ['"gpj\\u202Etxt"', "direction of text"],
    ['"\\uD800"', "half of a surrogate pair"],
    ["x".repeat(256), "is 256 bytes long"],
    ["ä".repeat(128), "is 256 bytes long"],
  ])("refuse the name %s, which then is no part of the tree", (name, why) => {
    const { tree, findings } = readTree(`${name}: ${v1(1)}\nok: ${v1(2)}\n`);
    expect(findings).toMatchObject([{ level: "error", rule: "bad-name", line: 1, column: 1 }]);
    expect(findings[0]?.says).toContain(why);
    expect([...tree.keys()]).toEqual(["ok"]);
  });

  it("allow names of 255 bytes", () => {
    expect(rules(`${"x".repeat(255)}: ${v1(1)}\n`)).toEqual([]);
  });

  it("contain no control characters when they are printed", () => {
    const { findings } = readTree(`"\\u001b]0;x\\u0007": "\\u001b[2J"\n`);
    expect(findings).toHaveLength(2);
    for (const { says, path } of findings) expect(says + path).not.toMatch(/[\x00-\x1f]/);
  });

  it("warn of names that people will confuse, in one folder only", () => {
    const text = `A: ${v1(1)}\na: ${v1(2)}\nfoo-bar: ${v1(3)}\nfoo_bar: ${v1(4)}\nu\u0308: ${v1(5)}\nb:\n  A: ${v1(6)}\n`;
    expect(readTree(text).findings.map(({ level, rule, line, fix }) => [level, rule, line, fix])).toEqual([
      ["warning", "case-only", 2, undefined],
      ["warning", "near-duplicate", 4, undefined],
      ["warning", "not-nfc", 5, "\u00fc"],
    ]);
  });

  it("warn of the same content twice, in whatever spelling, but not of two empty folders", () => {
    const { findings } = readTree(`a: ${v1(1)}\nb:\nc:\nd: ${v0(1)}\n`);
    expect(findings.filter(({ level }) => level === "warning")).toMatchObject([
      { rule: "same-content", line: 4, path: "d", says: "the same content as a in line 1" },
    ]);
  });

  it("of a path twice keep the first leaf, whatever kind the second is", () => {
    expect(leaves(`a:\n  b: ${v1(1)}\na:\n  b: ${v1(2)}\n  c: ${v1(3)}\n`)).toEqual([["a/b", v1(1)]]);
  });

  it("of text that is not UTF-8 name the line, and keep those of the lines before", () => {
    const bytes = Buffer.from(`a: foo\nb: ${v1(1)}\nc: K\u00f6ln\n`, "latin1");
    expect(readTree(bytes).findings).toMatchObject([
      { rule: "not-a-cid", line: 1 },
      { rule: "not-utf-8", line: 3, column: 5, says: expect.stringContaining("byte 0xf6 at offset 74") },
    ]);
    const opens = Buffer.from("a: caf\u00e9 noir\n", "latin1"); // 0xe9 could begin a character of three bytes
    expect(readTree(opens).findings).toMatchObject([
      { line: 1, column: 7, says: expect.stringContaining("byte 0xe9 at offset 6") },
    ]);
    expect(readTree(Buffer.from(`a: ${v1(1)}`, "utf16le")).findings).toMatchObject([
      { rule: expect.stringMatching(/not-utf-8|syntax/) },
    ]);
  });
});

describe("schemas/tree.schema.json", () => {
  const accepts = new Ajv().compile(JSON.parse(readFileSync("schemas/tree.schema.json", "utf8")));
  it.each([
    "a:\n",
    'a: ""\n',
    "a: {}\n",
    `a:\n  b: ${v0(1)}\n  c.zarr: ${v1(1)}\n  "1.10": ${raw(1)}\n`,
    "a: foo\n",
    `a: ${v1(1)}x\n`,
    `a: ipfs://${v1(1)}\n`,
    `a: [${v1(1)}]\n`,
    `- ${v1(1)}\n`,
    `"..": ${v1(1)}\n`,
    `"": ${v1(1)}\n`,
    `a/b: ${v1(1)}\n`,
    `"a\\u0007": ${v1(1)}\n`,
    `"a\\u202e": ${v1(1)}\n`,
    `${"x".repeat(256)}: ${v1(1)}\n`,
    v1(1),
  ])("agrees with the code on %j", (text) => {
    const byCode = readTree(text).findings.every(({ level }) => level !== "error");
    expect(accepts(load(text, { schema: CORE_SCHEMA }) ?? null)).toBe(byCode);
  });
});

describe("hostile text", () => {
  const quickly = (source: string | Uint8Array) => {
    const start = performance.now();
    const { tree, findings } = readTree(source);
    expect(performance.now() - start, "ms").toBeLessThan(10_000);
    return { tree, findings };
  };

  it("a bomb of aliases costs nothing and is named", () => {
    const bomb = Array.from(
      { length: 20 },
      (_, level) => `k${level}: &a${level} {x: *a${level - 1}, y: *a${level - 1}}`,
    ).join("\n");
    const { findings } = quickly(bomb);
    expect(findings.filter(({ rule }) => rule === "alias")).toHaveLength(40);
  });

  it("a million leaves are refused with the limit in words", () => {
    const { findings } = quickly(Array.from({ length: 1_000_000 }, (_, index) => `k${index}: b\n`).join(""));
    expect(findings).toMatchObject([{ rule: "too-big", says: expect.stringContaining("1000000 line breaks, colons") }]);
    expect(quickly(new Uint8Array(40_000_000)).findings).toMatchObject([
      { rule: "too-big", says: expect.stringContaining("33554432") },
    ]);
  });

  it("a line of 10 MB is one finding of readable length", () => {
    for (const line of ["x".repeat(1e7), `"${"\\x41".repeat(2.5e6)}"`, `ipfs://${"a/".repeat(5e6)}`]) {
      const { findings } = quickly(`a: ${line}\n`);
      expect(findings).toMatchObject([{ rule: "not-a-cid" }]);
      expect(JSON.stringify(findings).length).toBeLessThan(500);
    }
    const { findings } = quickly(`${"x".repeat(1e7)}: ${v1(1)}\n`);
    expect(JSON.stringify(findings).length).toBeLessThan(1000);
  });

  it.each([
    ["brackets", "[".repeat(900_000)],
    ["braces", `a: ${"{b: ".repeat(400_000)}`],
    ["dashes", "- ".repeat(900_000)],
    ["question marks", "? ".repeat(900_000)],
  ])("nesting by %s ends at the limit", (_, text) => {
    expect(quickly(text).findings).toMatchObject([{ rule: "too-deep" }]);
  });
});

it("100 000 leaves are read and checked", () => {
  let text = "";
  for (let at = 0; at < 100_000; at++)
    text += at % 500 ? `    d${at}.zarr: ${at % 3 ? v1(at) : v0(at)}\n` : `p${at}:\n  level:\n`;
  expect(readTree(text).tree.size).toBe(99_800);
}, 180_000);

it("leaves of one CID share one object, so that very many of them take little room", () => {
  const { tree } = readTree(`a: ${v1(1)}\nb:\n  c: ${v1(1)}\n  d: ${v1(2)}\n`);
  expect(tree.get("a")!.cid).toBe(tree.get("b/c")!.cid);
  expect(tree.get("a")!.cid).not.toBe(tree.get("b/d")!.cid);
});
