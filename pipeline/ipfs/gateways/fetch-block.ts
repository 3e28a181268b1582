/** One block from a pool of gateways: one after another is requested, until one of them sends it. */
import type { CID } from "multiformats/cid";
import { unlessAborted } from "../../core/abort.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Member, Pool } from "./pool.ts";

/**
 * `undefined` where every gateway answers that it does not have the block.
 *
 * @throws Failure `unavailable` with the reason of each gateway that failed.
 */
export async function fetchBlock(cid: CID, pool: Pool, world: World): Promise<Uint8Array | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
  const race: Race = {
    cid,
    pool,
    world,
    over: new AbortController(),
    asked: new Set(),
    reasons: new Map(),
    resolve,
    reject,
  };
  let [open, choosing] = [0, false];

  const askNext = async (): Promise<void> => {
    if (choosing || race.over.signal.aborted) return;
    choosing = true;
    const member = await pool.take(race.asked, race.over.signal);
    choosing = false;
    if (!member) {
      if (open === 0 && !race.over.signal.aborted) finish(race);
      return;
    }
    race.asked.add(member);
    open++;
    await askOne(member, race, askNext);
    open--;
    pool.release(member);
    await askNext();
  };

  askNext().catch(reject);
  try {
    return await promise;
  } finally {
    race.over.abort();
    pool.wake();
  }
}

/** The requests for one block. */
interface Race {
  readonly cid: CID;
  readonly pool: Pool;
  readonly world: World;
  /** Aborted when the block came. */
  readonly over: AbortController;
  readonly asked: Set<Member>;
  /** Why gateways failed. */
  readonly reasons: Map<Member, string>;
  resolve(bytes: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

/** Requests the block from one gateway. `askNext`: called where it takes longer than the hedge. */
async function askOne(
  member: Member,
  { cid, pool, world, over, reasons, resolve, reject }: Race,
  askNext: () => Promise<void>,
): Promise<void> {
  const askedAt = performance.now();
  const { gone } = member;
  const hurry = setTimeout(() => {
    member.pace = Math.max(member.pace, pool.hedge);
    pool.checkUp(member, askedAt, world);
    askNext().catch(reject);
  }, pool.hedge);
  // A gateway that answered recently, or is being probed for another block, may become silent as well.
  const again = setInterval(() => pool.checkUp(member, performance.now(), world), 2 * pool.lately);
  const signal = AbortSignal.any([world.signal, over.signal, gone.signal]);
  try {
    const bytes = await unlessAborted(signal, member.node.get(cid, { ...world, signal }));
    pool.answered(member, bytes !== undefined, askedAt);
    if (bytes) resolve(bytes);
  } catch (error) {
    if (world.signal.aborted) reject(world.signal.reason);
    else if (over.signal.aborted) member.pace = Math.max(member.pace, performance.now() - askedAt);
    else if (gone.signal.aborted) reasons.set(member, member.openReason ?? `${member.node.name} did not answer`);
    else if (!isFailure(error)) reject(error);
    else {
      reasons.set(member, error.message);
      pool.failed(member, error, world);
    }
  } finally {
    clearTimeout(hurry);
    clearInterval(again);
  }
}

function finish({ cid, pool, reasons, resolve, reject }: Race): void {
  const whys = pool.members.flatMap((member) => member.openReason ?? reasons.get(member) ?? []);
  const hint = "name gateways that answer, and have the data, in campaign.yaml";
  if (whys.length === 0) resolve(undefined);
  else reject(new Failure("unavailable", `${cid} can't be had: ${whys.join("; ")}`, { hint }));
}
