/**
 * When a release is made: the commit time of the tree.yaml it publishes, so that the same commit gives the same
 * release anywhere.
 *
 * `SOURCE_DATE_EPOCH` wins. The clock is asked only where neither exists, and its answer is written down before
 * anything depends on it: a run that was killed and is run again makes the same release, not a later one.
 */
import { join } from "node:path";
import type { World } from "../core/world.ts";
import { committedAt } from "../disk/git.ts";
import { readIfThere } from "../disk/read.ts";
import { writeDurably } from "../disk/write.ts";
import type { Draft } from "../log/release.ts";
import type { Parts } from "./parts.ts";

/** ISO 8601, UTC, whole seconds. */
export async function madeFor(
  { number, previous, root, tree, rollbackOf }: Omit<Draft, "made">,
  campaign: Parts,
  world: World,
): Promise<string> {
  // No commit says when a release was rolled back.
  const committed = () => (rollbackOf ? undefined : committedAt(join(campaign.folder, "tree.yaml"), world));
  const given = campaign.sourceDate ?? (await committed());
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
