/**
 * When a release is made: the commit time of the tree.yaml it publishes, so that the same commit gives the same
 * release anywhere; and never before the release it follows, so that whoever reads the log by date reads it in order.
 * A commit is older than the one before it where a branch took long to be merged, or a clock was wrong.
 *
 * `SOURCE_DATE_EPOCH` wins. The clock is asked only where neither exists, and its answer is written down before
 * anything depends on it: a run that was killed and is run again makes the same release, not a later one.
 */
import { join } from "node:path";
import type { World } from "../../core/world.ts";
import { committedAt } from "../../disk/git.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import type { Head } from "../../log/log.ts";
import type { Draft } from "../../log/release.ts";
import type { Parts } from "../parts.ts";

/** ISO 8601, UTC, whole seconds. `head`: the release before it. */
export async function creationTime(
  draft: Omit<Draft, "made">,
  head: Head | undefined,
  campaign: Pick<Parts, "folder" | "state" | "sourceDateEpoch">,
  world: World,
): Promise<string> {
  const own = await ownTime(draft, campaign, world);
  const before = head?.release.made;
  return before !== undefined && Date.parse(before) > Date.parse(own) ? before : own;
}

async function ownTime(
  { number, previous, root, tree, rollbackOf }: Omit<Draft, "made">,
  campaign: Pick<Parts, "folder" | "state" | "sourceDateEpoch">,
  world: World,
): Promise<string> {
  // No commit says when a release was rolled back.
  const committed = () => (rollbackOf ? undefined : committedAt(join(campaign.folder, "tree.yaml"), world));
  const given = campaign.sourceDateEpoch ?? (await committed());
  if (given) return seconds(given);
  const release = `${number} ${previous ?? "-"} ${root} ${tree}`;
  const file = join(campaign.state, "made");
  const noted = await readIfThere(file);
  const [of, made] = (noted?.toString() ?? "").trimEnd().split("\n");
  if (of === release && made) return made;
  const now = seconds(world.now());
  await writeDurably(file, `${release}\n${now}\n`);
  return now;
}

const seconds = (time: Date) => time.toISOString().replace(/\.\d+Z$/, "Z");
