/** How what is at one place relates to what is at another, for pull and push. */
import { type Relation, relationOf } from "../../core/relation.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { chainOf, type Remote } from "./recognise.ts";

/**
 * How `one`, which is to replace `other`, relates to it; `undefined` where neither has a history.
 *
 * @throws Failure `unavailable` where the history of either can't be read.
 */
export async function relationOfRemotes(
  one: Remote,
  other: Remote | undefined,
  get: Get,
  world: World,
): Promise<Relation | undefined> {
  if (one.kind === "data") return other && other.kind !== "data" ? { relation: "unrelated" } : undefined;
  if (other && other.kind !== one.kind) return { relation: "unrelated" };
  if (other && headOf(other) === headOf(one)) return { relation: "equal" };
  return relationOf(await chainOf(one, get, world), other && (await chainOf(other, get, world)));
}

/** Of a chain, the newest entry; of what is none, its CID. */
export function headOf(remote: Remote): string {
  switch (remote.kind) {
    case "campaign":
      return `${remote.state.head ?? remote.state.portal}`;
    case "odf":
      return remote.head;
    case "data":
      return `${remote.cid}`;
  }
}

/** What messages call an entry of the history. */
export const entryOf = ({ kind }: Remote): string => (kind === "odf" ? "block" : "release");

/** Whether `other` is a campaign, and `one` not the same. */
export function isAnotherCampaign(one: Remote, other: Remote | undefined): boolean {
  if (other?.kind !== "campaign") return false;
  return one.kind !== "campaign" || one.state.campaign !== other.state.campaign;
}
