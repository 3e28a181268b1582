/** What was stored is looked for, in indexes as they are on disk now, before it is said to be there. */
import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { digestHeads } from "../../pipeline/dag/digest-heads.ts";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { openInPlace } from "../../pipeline/ipfs/embedded/in-place/in-place.ts";
import { openPacks } from "../../pipeline/ipfs/embedded/packs/packs.ts";
import { prove, proveAll } from "../../pipeline/ipfs/embedded/packs/verify-stored.ts";
import { raw } from "../contracts/node.ts";
import { testWorld } from "../fakes/world.ts";

const blocks = ["one", "two", "three"].map(raw);
const digests = blocks.map(({ cid }) => cid.multihash.digest);

async function aStore(): Promise<string> {
  const state = mkdtempSync(join(tmpdir(), "fieldtree-"));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const node = embedded(state);
  await node.put(blocks, testWorld());
  await node.close();
  return join(state, "packs");
}

it("proves blocks that are in packs, and no others", async () => {
  const packs = openPacks(await aStore());
  await prove(digests, packs);
  const absent = raw("four").cid;
  await expect(prove([...digests, absent.multihash.digest], packs)).rejects.toMatchObject({
    kind: "corrupt",
    message: `block ${absent} was stored, and is in no pack's index now`,
  });
});

it("proves very many blocks by the heads of their digests, and says how many are in no index", async () => {
  const folder = await aStore();
  const inPlace = openInPlace(join(folder, "..", "in-place"));
  const needed = digestHeads();
  for (const digest of digests) needed.add(digest);
  await proveAll(needed, openPacks(folder), inPlace);
  for (const text of ["four", "five"]) needed.add(raw(text).cid.multihash.digest);
  await expect(proveAll(needed, openPacks(folder), inPlace)).rejects.toMatchObject({
    kind: "corrupt",
    message: "2 blocks were stored, and are in no pack's index now",
  });
  const [name] = readdirSync(folder).filter((file) => file.endsWith(".car"));
  truncateSync(join(folder, name!), 100);
  await expect(proveAll(needed, openPacks(folder), inPlace)).rejects.toMatchObject({
    kind: "corrupt",
    message: expect.stringMatching(/ has 100 bytes and \d+ were committed$/),
  });
});

it("proves no block whose pack is shorter than its index says", async () => {
  const folder = await aStore();
  const packs = openPacks(folder);
  const [name] = readdirSync(folder).filter((file) => file.endsWith(".car"));
  truncateSync(join(folder, name!), 100);
  await expect(prove(digests, packs)).rejects.toMatchObject({
    kind: "corrupt",
    message: expect.stringMatching(/ has 100 bytes and \d+ were committed$/),
  });
});
