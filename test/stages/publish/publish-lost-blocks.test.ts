/** Publishing on a node that lists pins without looking at what is stored, as Kubo does: its disk lost blocks since. */
import { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import { missingBlocks } from "../../../pipeline/ipfs/missing.ts";
import type { HomeNode } from "../../../pipeline/ipfs/node.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { leafLabel } from "../../../pipeline/stages/pins/label.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { type FakeHome, fakeHome } from "../../fakes/home.ts";
import { aDataset, aFile, someParts } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";

/** A pin that it lists already is not looked below, and does not fetch. */
function kuboLike(fake: FakeHome): HomeNode {
  const { has: _, ...home } = fake;
  const isStored = (cid: CID): boolean => fake.blocks.has(keyOf(cid));
  return {
    ...home,
    pin: async (root, label, world) => {
      if (!fake.labels.get(label)?.equals(root)) await fake.pin(root, label, world);
    },
    belowPins: async (_limits, world) =>
      missingBlocks({ has: isStored, get: async (cid) => (await fake.get(cid, world))! }, world),
    storedBlocks: async () => isStored,
  };
}

const keyOf = (cid: CID): string => Buffer.from(cid.multihash.bytes).toString("hex");

/** A published campaign of two leaves, whose node then loses a block of one leaf, and the portal's root. */
async function withLostBlocks() {
  const fake = fakeHome();
  const home = kuboLike(fake);
  const world = testWorld();
  const [data, other] = [await aDataset(home, "radar"), await aFile(home, "other")];
  const tree = new TextEncoder().encode(`# leaves\ndata: ${data.cid}\nother: ${other.cid}\n`);
  const fetchLeaf: Parts["fetchLeaf"] = ({ cid, path }, world) => home.pin(cid, leafLabel("orcestra", path), world);
  const parts = { ...(await someParts({ home })), fetchLeaf };
  const run = (more: Partial<Parts> = {}) =>
    Array.fromAsync(publish(tree, { ...parts, ...more }, { strict: false }, world));
  const published = (await run()).at(-1);
  if (published?.event !== "published") throw new Error("it was not published");

  const all = new Map(fake.blocks);
  const lost = (await aFile(fakeHome(), "video of radar")).cid;
  for (const cid of [lost, CID.parse(published.portal)]) fake.blocks.delete(keyOf(cid));
  return { all, fake, lost, run };
}

it("brings back what was lost before it says that all is well, leaf by leaf", async () => {
  const { all, fake, lost, run } = await withLostBlocks();
  const asked: string[] = [];
  const events = await run({
    restoreLeaf: async ({ path }) => {
      asked.push(path);
      fake.blocks.set(keyOf(lost), all.get(keyOf(lost))!);
    },
  });
  expect(asked).toEqual(["data"]);
  expect(events.at(-1)).toMatchObject({ event: "published", release: 1 });
  expect(fake.blocks).toEqual(all);
});

it("names the leaf and its line where no source has a lost block", async () => {
  const { run } = await withLostBlocks();
  const restoreLeaf = async () => {
    throw new Failure("unavailable", "1 block is out of reach");
  };
  await expect(run({ restoreLeaf })).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringMatching(/tree\.yaml:2: data .*1 block is out of reach/),
  });
});

it("does not believe that what was lost is back: it looks again", async () => {
  const { lost, run } = await withLostBlocks();
  await expect(run({ restoreLeaf: async () => {} })).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringMatching(new RegExp(`tree\\.yaml:2: data .*lacks block ${lost}`)),
  });
});
