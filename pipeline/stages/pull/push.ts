/**
 * Points an IPNS key at content: only forward, and only from the value that was compared.
 *
 * The present value is resolved first, wherever it may be. "Could not be resolved" is never taken for "not published yet": an
 * old record would be overwritten by one that knows nothing of it.
 */
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Relation, relationText } from "../../core/relation.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { resolve } from "../../dag/read/read.ts";
import type { PushTarget } from "../../names/ipns/push.ts";
import { entryOf, headOf, isAnotherCampaign, relationOfRemotes } from "./compare.ts";
import { type Remote, recognise } from "./recognise.ts";

export interface Pushed {
  /** `/ipfs/CID` */
  readonly value: string;
  /** Of what is pushed to what the key led to before; absent where neither has a history. */
  readonly relation?: Relation;
  /** What the key led to before, where it led anywhere. */
  readonly was?: string;
  readonly sequence: bigint;
  /** The newest entry of what `force` replaced, as text. */
  readonly overwrote?: string;
}

/**
 * @throws Failure `unavailable` where the present value can't be resolved or read; `conflict` where it is not older than `cid`, or
 *   another push came between; `refused` where `force` would replace another campaign.
 */
export async function push(
  cid: CID,
  { name, force }: { readonly name: string; readonly force: boolean },
  target: PushTarget,
  get: Get,
  world: World,
): Promise<Pushed> {
  const value = `/ipfs/${cid}`;
  const now = await target.current(world);
  if (now?.value === value) {
    const { sequence } = await target.put(value, now, world);
    return { value, was: value, sequence, relation: { relation: "equal" } };
  }
  const [one, other] = [await recognise(cid, get, world), now && (await remoteAt(now.value, target.name, get, world))];
  const relation = await relationOfRemotes(one, other, get, world);
  const overwrites = relation !== undefined && relation.relation !== "ahead" && relation.relation !== "equal";
  if (overwrites) refuse(name, one, other, relation, target, force);
  const { sequence } = await target.put(value, now, world);
  return {
    value,
    sequence,
    ...(relation && { relation }),
    ...(now && { was: now.value }),
    ...(overwrites && other && { overwrote: headOf(other) }),
  };
}

/** @throws Failure `conflict` or `refused`, unless `force` may replace what is there. */
function refuse(
  name: string,
  one: Remote,
  other: Remote | undefined,
  relation: Relation,
  target: PushTarget,
  force: boolean,
): void {
  const text = relationText(relation, { one: name, other: `what ${target.name} leads to`, entry: entryOf(one) });
  if (isAnotherCampaign(one, other)) {
    throw new Failure(force ? "refused" : "conflict", `${text}: they are of different campaigns`, {
      hint: "push it to another key: fieldtree key new makes one",
    });
  }
  if (force) return;
  throw new Failure("conflict", text, {
    hint: `fieldtree pull ipns://${target.name} brings what is there; --force replaces it`,
  });
}

async function remoteAt(value: string, name: string, get: Get, world: World): Promise<Remote> {
  const [, namespace, root = "", ...path] = value.split("/");
  if (namespace !== "ipfs") {
    throw new Failure("conflict", `${name} leads to ${shown(value, 200)}, another name`, {
      hint: "--force is of no use here: publish the key anew, or take another one",
    });
  }
  const cid = await resolve(CID.parse(root), path.join("/"), get);
  if (cid) return recognise(cid, get, world);
  throw new Failure("unavailable", `${name} leads to ${shown(value, 200)}, where nothing is`);
}
