/** Sites that publish, and a source of blocks that counts: nodes in memory, everything else real. */
import { cp } from "node:fs/promises";
import type { CID } from "multiformats/cid";
import type { World } from "../../../pipeline/core/world.ts";
import type { Source } from "../../../pipeline/ipfs/fallback.ts";
import { fetchMissing } from "../../../pipeline/ipfs/fetch-missing.ts";
import type { HomeNode } from "../../../pipeline/ipfs/node.ts";
import type { Head } from "../../../pipeline/log/log.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import type { PullParts } from "../../../pipeline/stages/pull/pull.ts";
import { type FakeHome, fakeHome } from "../../fakes/home.ts";
import { aFile, someFacts, someParts, temporaryFolder } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";

const world = testWorld();

export interface Site {
  readonly home: FakeHome;
  /** Makes a release with one more file. */
  publish(text: string): Promise<Head>;
  /** Another site that has the same releases so far. */
  fork(): Promise<Site>;
}

export async function aSite(campaign: string): Promise<Site> {
  return siteIn(campaign, await temporaryFolder(), fakeHome(), []);
}

async function siteIn(campaign: string, state: string, home: FakeHome, published: readonly string[]): Promise<Site> {
  const lines = [...published];
  const parts = await someParts({ home, state, facts: { ...someFacts, campaign } });
  return {
    home,
    async publish(text) {
      lines.push(`  ${text}.txt: ${(await aFile(home, text)).cid}\n`);
      for await (const _ of publish(
        new TextEncoder().encode(`data:\n${lines.join("")}`),
        parts,
        { strict: false },
        world,
      ));
      return (await parts.log.head(world))!;
    },
    async fork() {
      const other = fakeHome();
      for (const [key, bytes] of home.blocks) other.blocks.set(key, bytes);
      const folder = await temporaryFolder();
      await cp(state, folder, { recursive: true });
      return siteIn(campaign, folder, other, lines);
    },
  };
}

/** What these sites have, and which blocks were asked for. */
export function countingSource(...sites: readonly Pick<Site, "home">[]): Source & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name: "a gateway",
    asked,
    async get(cid: CID, by: World) {
      asked.push(`${cid}`);
      for (const { home } of sites) {
        const bytes = await home.get(cid, by);
        if (bytes) return bytes;
      }
      return undefined;
    },
  };
}

/** What pulling needs of a campaign whose node is `home`. */
export function pulling(home: HomeNode): PullParts {
  return {
    home,
    fetchBelow: (root, [from], by) => fetchMissing(root, home, from, { limitBytes: 1e9 }, by),
  };
}
