/** What a mirror publishes of itself, and what is made of what strangers do. */
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { codecs } from "../../../pipeline/dag/block.ts";
import { blockOf } from "../../../pipeline/dag/hash.ts";
import {
  largestReport,
  type MirrorReport,
  readReport,
  reportAt,
  reportBlock,
  reportOf,
} from "../../../pipeline/stages/mirror/report.ts";
import { expectSchema } from "../../commands/schemas.ts";
import { aCid, aRelease } from "../../fakes/release.ts";

const head = { cid: aCid("head"), release: aRelease(3) };
const items = ["a", "b/c"].map((path) => ({ path, cid: aCid(path), release: 3, bytes: 7 }));
const since = new Date("2026-01-01T00:00:00Z");
const report = reportOf("hangar", { head, items, left: [] }, since);
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));

it("is read as it was published", () => {
  const { bytes } = reportBlock(report);
  expect(readReport(bytes)).toEqual(report);
  expectSchema("mirror-report", [JSON.parse(Buffer.from(bytes).toString())]);
});

it("is one block, however much the mirror has: what it can't list is counted", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => ({
    path: `some/longer/path/${i}`,
    cid: aCid("x"),
    release: 3,
    bytes: 1,
  }));
  const { bytes } = reportBlock(reportOf("hangar", { head, items: many, left: [] }, since));
  expect(bytes.length).toBeLessThanOrEqual(largestReport);
  const read = readReport(bytes);
  expect([read.leaves, read.bytes]).toEqual([20_000, 20_000]);
  expect(read.items.length).toBeGreaterThan(5000);
});

describe("what no mirror publishes is refused:", () => {
  const hostile: Record<string, unknown> = {
    "another form": [],
    "no release": { ...report, release: 0 },
    "a time that is none": { ...report, since: "<script>" },
    "a path out of a tree": { ...report, items: [{ ...report.items[0], path: "../x" }] },
    "a path with an escape sequence": { ...report, items: [{ ...report.items[0], path: "a\u001b[2J" }] },
    "a CID that is none": { ...report, head: "bafy" },
    "more leaves than it counts": { ...report, leaves: 1 },
    "bytes below zero": { ...report, bytes: -1 },
    "bytes beyond what a number can be": { ...report, bytes: 1e300 },
  };
  it.each(Object.entries(hostile))("%s", (_, value) => {
    expect(() => readReport(bytesOf(value))).toThrow(/^this is not what a mirror publishes/);
  });
  it("more bytes than a report has", () => {
    expect(() => readReport(Buffer.alloc(largestReport + 1, " "))).toThrow(/more than 1048576 bytes/);
  });
  it.each(["[".repeat(100_000), "\u00ff", ""])("what is no JSON", (text) => {
    expect(() => readReport(Buffer.from(text, "latin1"))).toThrow(/no JSON/);
  });
});

it("reads one block of bytes and nothing that it leads to", async () => {
  const asked: string[] = [];
  const get = async (cid: CID) => {
    asked.push(`${cid}`);
    return bytesOf(report);
  };
  const folder = CID.createV1(codecs.dagPb, aCid("folder").multihash);
  for (const value of [`/ipfs/${folder}`, `/ipns/${aCid("x")}`, "/ipfs/", `/ipfs/${aCid("x")}/a`, "/ipfs/../x"])
    await expect(reportAt(value, get)).rejects.toMatchObject({ kind: "corrupt" });
  expect(asked).toEqual([]);
  const { cid } = blockOf(codecs.raw, bytesOf(report));
  expect(await reportAt(`/ipfs/${cid}`, get)).toEqual(report satisfies MirrorReport);
  expect(asked).toEqual([`${cid}`]);
});
