/**
 * Several gateways as one node: the first valid block is used, and a gateway that doesn't work is detected once.
 *
 * The gateway with the fastest answers so far is requested first. If it takes longer than {@link Pace.hedge}, the next one is
 * requested as well; if it answers that it lacks the block, the next is requested at once. So a gateway that never answers
 * delays the first blocks requested from it by one hedge, all together, and is not requested first again.
 *
 * A block that no other gateway has would still wait for the silent one. Therefore a gateway that is slow to answer is
 * requested for the empty block, which any gateway can answer immediately. If nothing is received from it, its circuit
 * breaker opens: it gets no requests while this node exists, and is named once in the log. The same happens to a gateway
 * that returns other bytes than were requested, and to one that fails several times in a row.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths
 */
import { CID } from "multiformats/cid";
import { unlessAborted } from "../core/abort.ts";
import { atMost } from "../core/concurrency.ts";
import { Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { isInline } from "../dag/block.ts";
import { gateway } from "./gateway.ts";
import type { Node } from "./node.ts";

export interface Pace {
  /** ms after which the next gateway is requested as well. */
  readonly hedge: number;
  /** ms without an answer to a request, and then to a probe, after which a gateway counts as silent. */
  readonly silence: number;
  /** ms. A gateway that answered within this time is slow, not silent. */
  readonly lately: number;
  /** Requests at once, to each gateway. */
  readonly inFlight: number;
}

/** Failures in a row, other than wrong bytes and silence, after which a gateway's circuit breaker opens. */
const mostFailures = 3;

/** The empty block, whose bytes are in its CID. */
const probe = CID.parse("bafkqaaa");

/**
 * @param sources addresses, or nodes (any object that gives blocks).
 *
 * `get` resolves to `undefined` where every gateway answers that it does not have the block, and throws `unavailable` with
 * the reason of each gateway that failed.
 */
export function gateways(sources: readonly (string | Node)[], pace: Partial<Pace> = {}): Node {
  const pool = poolOf(sources, { hedge: 150, inFlight: 16, lately: 5_000, ...pace });
  // Shared by requests with the same abort signal, so that aborting one caller does not abort another's request.
  const underway = new WeakMap<AbortSignal, Map<string, Promise<Uint8Array | undefined>>>();
  const inTurn = atMost(pool.inFlight * pool.members.length);

  return {
    name: pool.members.map(({ node }) => node.name).join(", "),

    async get(cid, world) {
      world.signal.throwIfAborted();
      if (isInline(cid)) return cid.multihash.digest;
      const shared = underway.get(world.signal) ?? new Map<string, Promise<Uint8Array | undefined>>();
      underway.set(world.signal, shared);
      const key = cid.toV1().toString();
      const known = shared.get(key);
      if (known) return known;
      const block = inTurn(() => fetchBlock(cid, pool, world)).finally(() => shared.delete(key));
      shared.set(key, block);
      return block;
    },

    async close() {
      for (const { gone, node } of pool.members) {
        gone.abort();
        await node.close?.();
      }
    },
  };
}

/** Requests the block from one gateway after another, as {@link Pace} has it, until one of them sends it. */
async function fetchBlock(cid: CID, pool: Pool, world: World): Promise<Uint8Array | undefined> {
  const over = new AbortController();
  const asked = new Set<Member>();
  const reasons = new Map<Member, string>();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
  let open = 0;

  const ask = async (member: Member): Promise<void> => {
    asked.add(member);
    open++;
    const askedAt = performance.now();
    const hurry = setTimeout(() => {
      member.pace = Math.max(member.pace, pool.hedge);
      pool.checkUp(member, askedAt, world);
      askNext();
    }, pool.hedge);
    // A gateway that answered recently, or is being probed for another block, may become silent as well.
    const again = setInterval(() => pool.checkUp(member, performance.now(), world), 2 * pool.lately);
    const signal = AbortSignal.any([world.signal, over.signal, member.gone.signal]);
    try {
      const bytes = await unlessAborted(signal, member.node.get(cid, { ...world, signal }));
      pool.answered(member, bytes !== undefined, askedAt);
      if (bytes) resolve(bytes);
    } catch (error) {
      if (world.signal.aborted) reject(world.signal.reason);
      else if (over.signal.aborted) member.pace = Math.max(member.pace, performance.now() - askedAt);
      else if (!isFailure(error) && member.openReason === undefined) reject(error);
      else if (member.openReason === undefined) {
        reasons.set(member, (error as Failure).message);
        pool.failed(member, error as Failure, world);
      }
    } finally {
      clearTimeout(hurry);
      clearInterval(again);
      open--;
      pool.release(member);
      askNext();
    }
  };

  let choosing = false;
  const askNext = async (): Promise<void> => {
    if (choosing || over.signal.aborted) return;
    choosing = true;
    const member = await pool.take(asked, over.signal);
    choosing = false;
    if (member) ask(member);
    else if (open === 0 && !over.signal.aborted) finish();
  };

  const finish = (): void => {
    const whys = pool.members.flatMap((member) => member.openReason ?? reasons.get(member) ?? []);
    if (whys.length === 0) resolve(undefined);
    else reject(outOfReach(cid, whys));
  };

  askNext();
  try {
    return await promise;
  } finally {
    over.abort();
    pool.wake();
  }
}

function outOfReach(cid: CID, whys: readonly string[]): Failure {
  return new Failure("unavailable", `${cid} can't be had: ${whys.join("; ")}`, {
    hint: "name gateways that answer, and hold the data, in campaign.yaml",
  });
}

/** The gateways, what is known of each, and the slots for requests to them. */
interface Pool extends Pick<Pace, "hedge" | "lately" | "inFlight"> {
  readonly members: readonly Member[];
  /**
   * Takes a slot of the fastest gateway not yet requested that has a free one, waiting where none has; `undefined` where every
   * gateway was requested.
   */
  take(asked: ReadonlySet<Member>, over: AbortSignal): Promise<Member | undefined>;
  release(member: Member): void;
  /** Lets those that wait for a slot look again. */
  wake(): void;
  /** Records an answer to a request sent at `askedAt`, with or without the block. */
  answered(member: Member, hasBlock: boolean, askedAt: number): void;
  /** Records a failed request. Opens the circuit breaker at wrong bytes, and after several failures in a row. */
  failed(member: Member, failure: Failure, world: World): void;
  /** Probes with the empty block; a gateway that does not answer in time counts as silent. */
  checkUp(member: Member, askedAt: number, world: World): void;
}

function poolOf(
  sources: readonly (string | Node)[],
  pace: Pick<Pace, "hedge" | "lately" | "inFlight"> & Partial<Pace>,
): Pool {
  const { hedge, lately, inFlight } = pace;
  const members = sources.map((source) => memberOf(source, pace.silence, hedge));
  let waiting: (() => void)[] = [];

  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const each of woken) each();
  };

  const openBreaker = (member: Member, why: string, world: World): void => {
    if (member.openReason !== undefined) return;
    member.openReason = why;
    member.gone.abort();
    world.log(`${why}; it is not asked again`);
    wake();
  };

  return {
    ...{ members, hedge, lately, inFlight, wake },

    async take(asked, over) {
      for (;;) {
        const left = members.filter((member) => member.openReason === undefined && !asked.has(member));
        if (left.length === 0 || over.aborted) return undefined;
        left.sort((a, b) => a.pace - b.pace);
        // Waiting for a slot of the fastest gateway is better than a free slot of one that is much slower.
        const free = left.find((member) => member.busy < inFlight && member.pace <= 2 * left[0]!.pace);
        if (free) {
          free.busy++;
          return free;
        }
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },

    release(member) {
      member.busy--;
      wake();
    },

    answered(member, hasBlock, askedAt) {
      const took = performance.now() - askedAt;
      member.heardAt = performance.now();
      member.failures = 0;
      // A quick answer that the block is missing must not make a gateway the first one requested.
      member.pace = 0.8 * member.pace + 0.2 * (hasBlock ? took : took + 4 * hedge);
    },

    failed(member, failure, world) {
      if (isFailure(failure, "corrupt") || ++member.failures >= mostFailures)
        openBreaker(member, failure.message, world);
    },

    checkUp(member, askedAt, world) {
      if (member.checking || member.heardAt > askedAt - lately) return;
      member.checking = true;
      const signal = AbortSignal.any([world.signal, member.gone.signal]);
      const heard = () => {
        member.heardAt = performance.now();
      };
      member.node.get(probe, { ...world, signal }).then(heard, (error) => {
        // An error response is an answer too; a failed connection is not, and the timer continues.
        if (isFailure(error) && error.kind !== "unavailable") heard();
      });
      // Counted from now, not from the first request: a suspended or busy process has received no answers meanwhile.
      later(Math.max(0, member.silence - hedge), () =>
        // If this process was too busy to read, the answer is already in its socket: wait once more.
        later(50, () => {
          member.checking = false;
          if (member.heardAt > askedAt) return;
          openBreaker(member, `${member.node.name} has not answered anything for ${member.silence} ms`, world);
        }),
      );
    },
  };
}

interface Member {
  readonly node: Node;
  /** ms; see {@link Pace.silence}. */
  readonly silence: number;
  /** Aborted when the circuit breaker opens, so that no request waits for the gateway any more. */
  readonly gone: AbortController;
  /** Why the circuit breaker is open; `undefined` while it is closed. */
  openReason: string | undefined;
  /** ms until an answer, smoothed. Initially that of the slowest gateway that is worth waiting for. */
  pace: number;
  /** Time of the last answer of any kind, on the monotonic clock. */
  heardAt: number;
  busy: number;
  failures: number;
  checking: boolean;
}

function memberOf(source: string | Node, silence: number | undefined, hedge: number): Member {
  return {
    node: typeof source === "string" ? gateway(source) : source,
    silence: silence ?? (typeof source === "string" && isNear(source) ? 700 : 3000),
    gone: new AbortController(),
    openReason: undefined,
    pace: hedge,
    heardAt: Number.NEGATIVE_INFINITY,
    busy: 0,
    failures: 0,
    checking: false,
  };
}

/** A timer that doesn't keep the process running. */
function later(ms: number, act: () => void): void {
  setTimeout(act, ms).unref();
}

/** Whether the address is in the local network. Distant gateways may need three satellite round trips to connect. */
function isNear(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    /^(localhost|.*\.localhost|\[::1\]|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*)$/.test(hostname) ||
    !hostname.includes(".")
  );
}
