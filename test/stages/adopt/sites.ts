/** Two sites of one campaign, each with a node of its own, and sticks that carry what a CAR of a release would. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { resolve } from "../../../pipeline/dag/read/read.ts";
import { knownForks } from "../../../pipeline/log/forks.ts";
import type { Head } from "../../../pipeline/log/log.ts";
import { readRelease } from "../../../pipeline/log/release.ts";
import { type AdoptEvent, type AdoptOptions, adopt } from "../../../pipeline/stages/adopt/adopt.ts";
import type { OtherLog } from "../../../pipeline/stages/adopt/other-log.ts";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { withData } from "../../../pipeline/stages/tree/without-data.ts";
import { type FakeHome, fakeHome } from "../../fakes/home.ts";
import { aDataset, someParts, temporaryFolder } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";

export interface Site {
  readonly home: FakeHome;
  readonly parts: Parts;
  readonly tree: { read(): Promise<string>; write(text: string): Promise<void> };
  /** Publishes this tree.yaml, on this day. */
  publish(text: string, day?: number): Promise<Head>;
  /** A new dataset on the node. */
  dataset(title: string): Promise<string>;
  /** Puts everything of its newest release on the node of another site, as a stick does. */
  handTo(site: Site): Promise<OtherLog>;
  adopt(other: OtherLog, options?: Partial<AdoptOptions>, parts?: Parts): Promise<AdoptEvent[]>;
  head(): Promise<Head>;
}

export async function aSite(change: (parts: Parts) => Parts = (parts) => parts): Promise<Site> {
  const home = fakeHome();
  const state = await temporaryFolder();
  const plain = await someParts({ home, state });
  const parts = change({ ...plain, forks: knownForks(join(state, "log", "forks")) });
  const file = join(state, "tree.yaml");
  await writeFile(file, "");
  const world = testWorld();
  const tree = { read: () => readFile(file, "utf8"), write: (text: string) => writeFile(file, text) };
  const head = async () => {
    const newest = await parts.log.head(world);
    if (!newest) throw new Error("this site has no release");
    return newest;
  };
  return {
    ...{ home, parts, tree, head },
    async publish(text, day = 1) {
      await tree.write(text);
      const dated = { ...parts, sourceDateEpoch: new Date(Date.UTC(2026, 0, day)) };
      await Array.fromAsync(publish(Buffer.from(text), dated, { strict: false }, world));
      return head();
    },
    dataset: async (title) => (await aDataset(home, title)).cid.toString(),
    async handTo(site) {
      const at = await head();
      await site.home.put(withData(at, undefined, parts, world), world);
      const read: OtherLog["read"] = async (cid) => readRelease({ cid, bytes: await site.parts.get(cid) });
      return { name: "the stick", head: { cid: at.cid, release: await read(at.cid, world) }, read };
    },
    adopt: (other, options, at = parts) =>
      Array.fromAsync(adopt(other, { take: undefined, ...options }, tree, at, world)),
  };
}

/** A campaign of one release, `shared: a dataset`, at two sites. */
export async function twoSites(change?: (parts: Parts) => Parts): Promise<{ ship: Site; shore: Site; shared: string }> {
  const [ship, shore] = [await aSite(change), await aSite(change)];
  const data = await ship.dataset("shared");
  const shared = `shared: ${data}\n`;
  await ship.publish(shared);
  await shore.adopt(await ship.handTo(shore));
  return { ship, shore, shared };
}

/** CIDs of parts of the portal of a release. */
export async function partsOf({ release }: Head, { get }: Parts): Promise<Record<string, string>> {
  const found: Record<string, string> = { root: release.root.toString() };
  for (const path of ["stac", "intake"]) {
    found[path] = String(await resolve(CID.parse(release.portal.toString()), path, get));
  }
  return found;
}
