/**
 * The creation time of a release: the commit time of the tree.yaml it publishes, so that the same commit gives the same
 * release on every machine. It is never earlier than the previous release, so that the order by date is the order of the
 * log. A commit can be older than that where a branch was merged late, or a clock was wrong.
 *
 * `SOURCE_DATE_EPOCH` overrides the commit time. Where neither exists, the clock is used, and its time is stored before
 * anything depends on it: a run that was killed and started again creates the same release, not a later one.
 */
import { join } from "node:path";
import type { World } from "../../core/world.ts";
import { committedAt } from "../../disk/git.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import type { Head } from "../../log/log.ts";
import type { Draft } from "../../log/release.ts";
import type { Parts } from "../parts.ts";

/** Returns ISO 8601, UTC, whole seconds. `head`: the previous release. */
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
  // A rollback does not commit tree.yaml, so no commit has its time.
  const committed = () => (rollbackOf ? undefined : committedAt(join(campaign.folder, "tree.yaml"), world));
  const given = campaign.sourceDateEpoch ?? (await committed());
  if (given) return seconds(given);
  const release = `${number} ${previous ?? "-"} ${root} ${tree}`;
  const file = join(campaign.state, "made");
  const noted = await readIfThere(file);
  const [of, createdAt] = (noted?.toString() ?? "").trimEnd().split("\n");
  if (of === release && createdAt) return createdAt;
  const now = seconds(world.now());
  await writeDurably(file, `${release}\n${now}\n`);
  return now;
}

const seconds = (time: Date) => time.toISOString().replace(/\.\d+Z$/, "Z");
