/** Releases of so many changes that their block has none of them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { expect, it, onTestFinished } from "vitest";
import { privateKeyOf } from "../../pipeline/core/key.ts";
import { changesBetween } from "../../pipeline/core/tree/changes.ts";
import { readTree } from "../../pipeline/core/tree/tree.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { largestBlock } from "../../pipeline/dag/car.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { completeRelease } from "../../pipeline/log/left-out-changes.ts";
import { localLog } from "../../pipeline/log/local.ts";
import { fittingDraft, type Release, readRelease, releaseBlock } from "../../pipeline/log/release.ts";
import { signerOf, signRelease } from "../../pipeline/log/sign.ts";
import type { PublishEvent } from "../../pipeline/stages/event.ts";
import { publish } from "../../pipeline/stages/publish/publish.ts";
import { verify } from "../../pipeline/stages/verify/verify.ts";
import { fakeHome } from "../fakes/home.ts";
import { aDataset, someParts } from "../fakes/parts.ts";
import { aCid, aRelease, spelled } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";

const utf8 = new TextEncoder();
const treeOf = (leaves: readonly string[]) => leaves.map((name) => `${name}: ${aCid(name)}\n`).join("");
const before = treeOf(["a", "b", "c"]);
const after = treeOf(["a", "c", "d", "e"]);

const source = (text: string) => {
  const bytes = utf8.encode(text);
  return { tree: fileOf(bytes, profiles["cid-v1"], () => undefined).cid, text: bytes };
};
const treeIn = (text: string) => readTree(utf8.encode(text)).tree;

/** Two releases, the second of which leaves out its changes where blocks have at most 1200 bytes. */
function twoReleases(): readonly [Release, Release] {
  const first = aRelease(1, { tree: source(before).tree, changes: changesBetween(new Map(), treeIn(before)) });
  const changes = changesBetween(treeIn(before), treeIn(after));
  const next = aRelease(2, { tree: source(after).tree, changes, previous: releaseBlock(first).cid });
  return [first, { ...fittingDraft(next, 1200), portal: next.portal }];
}

async function aLog() {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-log-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const home = fakeHome();
  return () => localLog(join(folder, "log", "head"), home);
}

it("a release whose changes fit into its block is as it was, and one whose do not has how many there are", () => {
  const { portal, ...draft } = aRelease(1, { changes: changesBetween(new Map(), treeIn(before)) });
  expect(fittingDraft(draft)).toBe(draft);
  const left = { ...fittingDraft(draft, 1200), portal };
  const read = readRelease(releaseBlock(left));
  expect(read).toMatchObject({ changes: [], changesLeftOut: 3 });
  expect(`${releaseBlock(read).cid}`).toBe(`${releaseBlock(left).cid}`);
});

it("a log gives a release with the changes that its block leaves out, from the tree.yaml of both", async () => {
  const open = await aLog();
  const [first, second] = twoReleases();
  const world = testWorld();
  const head = await open().append(first, undefined, world, { sources: [source(before)] });
  const { cid } = await open().append(second, head, world, { sources: [source(after)] });
  expect(spelled((await open().head(world))!.release.changes)).toEqual([
    { op: "remove", path: "b", from: `${aCid("b")}` },
    { op: "add", path: "d", to: `${aCid("d")}` },
    { op: "add", path: "e", to: `${aCid("e")}` },
  ]);
  const again = await open().read(cid, world);
  expect(`${releaseBlock(again).cid}`).toBe(`${cid}`);
});

it("a release that leaves out another number of changes than there are is refused", async () => {
  const open = await aLog();
  const [first, second] = twoReleases();
  const world = testWorld();
  const head = await open().append(first, undefined, world, { sources: [source(before)] });
  const wrong = { ...second, changesLeftOut: 2 };
  await open().append(wrong, head, world, { sources: [source(after)] });
  await expect(open().head(world)).rejects.toMatchObject({
    kind: "corrupt",
    message: "release 2 leaves out 2 changes, and between its tree.yaml and the one before are 3",
  });
});

it("the signature is of the block, with and without the changes", async () => {
  const [, second] = twoReleases();
  const signed = await signRelease(second, await privateKeyOf(new Uint8Array(32).fill(1)));
  const read = readRelease(releaseBlock(signed));
  expect(await signerOf(read)).toHaveProperty("by");
  expect(await signerOf({ ...read, changes: second.changes })).toHaveProperty("by");
});

it("a release of more changes than a block has room for is published, read from blocks alone, verified and followed", async () => {
  const parts = await someParts();
  const { cid } = await aDataset(parts.home, "Cloud camera");
  // Long paths: few leaves are enough, and all have the same data.
  const folders = Array.from({ length: 8 }, (_, i) => `${"  ".repeat(i)}${"x".repeat(240)}${i}:\n`).join("");
  const tree = (count: number) =>
    folders + Array.from({ length: count }, (_, i) => `${" ".repeat(16)}camera-${10_000 + i}: ${cid}\n`).join("");
  const published = async (text: string) => {
    const events: PublishEvent[] = [];
    for await (const event of publish(utf8.encode(text), parts, { strict: false }, testWorld())) events.push(event);
    return events.at(-1);
  };
  const count = 1100;
  expect(await published(tree(count))).toMatchObject({ event: "published", release: 1 });
  const first = (await parts.log.head(testWorld()))!;
  expect(first.release).toMatchObject({ changesLeftOut: count });
  expect(first.release.changes).toHaveLength(count);
  expect(releaseBlock(first.release).bytes.length).toBeLessThan(largestBlock);
  expect(await published(tree(count + 1))).toMatchObject({ event: "published", release: 2 });
  const second = (await parts.log.head(testWorld()))!;
  expect(second.release.changes).toHaveLength(1);
  // By the blocks that a gateway has of the second release, without the log.
  const complete = await completeRelease(CID.parse(first.cid.toString()), parts.get);
  expect(complete.changes).toEqual(first.release.changes);
  const checks = await Array.fromAsync(verify(parts, { deep: true }, testWorld()));
  expect(checks.filter(({ check, ok }) => !ok && check !== "stac")).toEqual([]);
}, 120_000);
