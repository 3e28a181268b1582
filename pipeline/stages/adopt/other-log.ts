/** Another copy of the campaign's log: on a stick, at a remote, at an address. */
import { Failure, isFailure } from "../../core/failure.ts";
import { type Relation, relationOf, relationText } from "../../core/relation.ts";
import type { World } from "../../core/world.ts";
import { chainState } from "../../log/chain.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";
import type { Parts } from "../parts.ts";

export interface OtherLog extends Pick<ReleaseLog, "read"> {
  /** For messages. */
  readonly name: string;
  readonly head: Head;
  /** The tree.yaml of a release, where the copy carries it apart from blocks. */
  readonly source?: ReleaseLog["source"];
}

export interface Compared {
  readonly ours: Head | undefined;
  readonly relation: Relation;
}

/**
 * How the campaign's log relates to `other`: `behind` where the other one has more.
 *
 * @throws Failure `conflict` where it is the log of another campaign.
 */
export async function compareLogs(
  other: OtherLog,
  { log, facts }: Pick<Parts, "log" | "facts">,
  world: World,
): Promise<Compared> {
  const { campaign } = other.head.release;
  if (campaign !== facts.campaign) {
    throw new Failure("conflict", `${other.name} is the log of ${campaign}, and this is one of ${facts.campaign}`);
  }
  const ours = await log.head(world);
  const theirs = chainState(other.head, { read: readerOfBoth(log, other) }, world);
  return { ours, relation: await relationOf(ours && chainState(ours, log, world), theirs) };
}

/** Reads a release from the campaign's own log, else from the other copy. */
export function readerOfBoth(log: Pick<ReleaseLog, "read">, other: Pick<OtherLog, "read">): ReleaseLog["read"] {
  return async (cid, world) => {
    try {
      return await other.read(cid, world);
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      return log.read(cid, world);
    }
  };
}

/** The relation as a sentence about the campaign's log. */
export function comparedText({ relation }: Pick<Compared, "relation">, other: Pick<OtherLog, "name">): string {
  return relationText(relation, { one: "this log", other: other.name, entry: "release" });
}
