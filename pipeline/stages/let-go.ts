/**
 * Let go: pins of old releases, where campaign.yaml says how many or how long they are kept.
 *
 * Nothing that a kept release has is let go of, nor one that a name points to, nor what campaign.yaml has pinned beside
 * them; and nothing at all where campaign.yaml doesn't say: old releases are citable for as long as somebody keeps them.
 * Runs after everything else; what fails here is tried again next time.
 */
import { CID } from "multiformats/cid";
import { identity } from "../core/cid.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { releasesFrom } from "../log/chain.ts";
import type { Head } from "../log/log.ts";
import { allPins } from "./all-pins.ts";
import { label, leafLabel } from "./label.ts";
import type { Parts } from "./parts.ts";
import { treeOf } from "./past.ts";
import { numberIn, releaseAt } from "./target.ts";

export async function letGo(head: Head, campaign: Parts, world: World): Promise<void> {
  const { keep } = campaign.pins;
  if (keep.releases === undefined && keep.younger === undefined) return;
  const named = numbersIn(campaign);
  // Of the same data in another spelling some services let go together.
  const kept = new Set(campaign.pins.extra.map(({ cid }) => identity(CID.parse(cid))));
  for (const number of named) {
    const pointedAt = await releaseAt(number, head, campaign.log, world);
    for (const cid of await rootsOf(pointedAt, campaign, world)) kept.add(identity(cid));
  }
  const oldest = world.now().getTime() - (keep.younger ?? 0);
  let count = 0;
  for await (const old of releasesFrom(head, campaign.log, world)) {
    const young = keep.releases ? count < keep.releases : Date.parse(old.release.made) >= oldest;
    const stays = count++ === 0 || young || named.has(old.release.number);
    const cids = await rootsOf(old, campaign, world);
    if (stays) {
      for (const cid of cids) kept.add(identity(cid));
      continue;
    }
    const gone = await letGoOf(
      old,
      cids.filter((cid) => !kept.has(identity(cid))),
      campaign,
      world,
    );
    // What is older was let go of when this one was.
    if (!gone) return;
  }
}

/** Numbers of the old releases that names point to. */
function numbersIn({ announced }: Parts): ReadonlySet<number> {
  return new Set(announced.flatMap(({ to }) => numberIn(to) ?? []));
}

/** Everything that was pinned for a release. */
async function rootsOf({ release }: Head, campaign: Parts, world: World): Promise<CID[]> {
  const tree = await treeOf(release, campaign, world);
  const leaves = [...tree.values()].filter(({ written }) => written !== "");
  return [release.root, release.portal, ...leaves.map(({ cid }) => cid)];
}

/** Whether there was anything to let go of. */
async function letGoOf({ release }: Head, cids: readonly CID[], campaign: Parts, world: World): Promise<boolean> {
  const { home, facts, keepers } = campaign;
  let any = false;
  const ours = (["tree", "portal"] as const).map((what) => label(facts.campaign, what, release.number));
  const gone = new Set(cids.map(identity));
  for (const [name, cid] of await allPins(home, world)) {
    // A leaf that the node fetched for itself has a pin of its own, which outlives its line in tree.yaml.
    const fetched = name.startsWith(leafLabel(facts.campaign, "")) && gone.has(identity(cid));
    if (!ours.includes(name) && !fetched) continue;
    await home.unpin(name, world);
    any = true;
  }
  for (const keeper of keepers) {
    const service = keeper.service();
    if (!service.unpin) continue;
    try {
      const said = await service.status(cids, world);
      for (const cid of cids) {
        if ((said.get(cid.toString())?.state ?? "absent") === "absent") continue;
        await service.unpin(cid, world);
        any = true;
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      world.log(`warning: ${keeper.name} keeps more than it has to: ${error.message}`);
    }
  }
  if (any) world.log(`let go of the pins of release ${release.number}`);
  return any;
}
