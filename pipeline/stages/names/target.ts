/**
 * The value that a name should have: `to:` of campaign.yaml, resolved with the log.
 *
 * The value is always derived from the head, never read from the name: so a name that lags is announced again, and a
 * record that was edited by hand is found to differ.
 */
import type { NameTarget } from "../../core/campaign/name-target.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";

/**
 * Returns `/ipfs/CID` or `/ipfs/CID/path`, with `head` as the newest release. CIDs are spelled as in the release.
 *
 * @throws Failure `input` where the release does not exist yet.
 */
export async function targetOf(to: NameTarget, head: Head, log: ReleaseLog, world: World): Promise<string> {
  const { release } = to.release === undefined ? head : await releaseAt(to.release, head, log, world);
  const cid = to.of === "tree" ? release.root : release.portal;
  return to.path === "" ? `/ipfs/${cid}` : `/ipfs/${cid}/${to.path}`;
}

/**
 * Returns release `number` of the chain that ends at `head`. `head` is a parameter because, during a publish, it is the
 * release in preparation, which the log does not have yet.
 *
 * @throws Failure `input` where there is none.
 */
export async function releaseAt(number: number, head: Head, log: ReleaseLog, world: World): Promise<Head> {
  for await (const at of releasesFrom(head, log, world)) if (at.release.number === number) return at;
  throw new Failure("input", `a name is to point to release ${number}, and there is none`, {
    hint: `releases go from 1 to ${head.release.number}: correct to: under names: in campaign.yaml`,
  });
}
