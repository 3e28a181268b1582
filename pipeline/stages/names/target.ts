/**
 * What a name should say: `to:` of campaign.yaml, read against the log.
 *
 * Always derived from the head, never the other way round: a name that lags is told again, and one that somebody
 * edited by hand is seen to differ.
 */
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";

/**
 * `/ipfs/CID` or `/ipfs/CID/path` of `tree`, `portal`, `portal/PATH`, `tree@N` or `portal@N`, with `head` as the newest
 * release. CIDs are spelled as the release has them.
 *
 * @throws Failure `input` where there is no release N yet.
 */
export async function targetOf(to: string, head: Head, log: ReleaseLog, world: World): Promise<string> {
  const [, what, , below = ""] = written.exec(to)!;
  const number = numberIn(to);
  const { release } = number === undefined ? head : await releaseAt(number, head, log, world);
  return `/ipfs/${what === "tree" ? release.root : release.portal}${below}`;
}

const written = /^(tree|portal)(?:@(\d+))?(\/.*)?$/;

/** N of `tree@N` or `portal@N`; `undefined` where it is the newest release that is meant. */
export function numberIn(to: string): number | undefined {
  const number = written.exec(to)?.[2];
  return number === undefined ? undefined : Number(number);
}

/**
 * Release `number`, as seen from `head`. Not by the log's own: while a release is made, what it will be is known already.
 *
 * @throws Failure `input` where there is none.
 */
export async function releaseAt(number: number, head: Head, log: ReleaseLog, world: World): Promise<Head> {
  for await (const at of releasesFrom(head, log, world)) if (at.release.number === number) return at;
  throw new Failure("input", `a name is to point to release ${number}, and there is none`, {
    hint: `releases go from 1 to ${head.release.number}: correct to: under names: in campaign.yaml`,
  });
}
