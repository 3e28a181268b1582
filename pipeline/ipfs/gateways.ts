/**
 * Several gateways as one node: the first good answer wins, and one that is no good is found out once.
 *
 * The gateway that has been answering fastest is asked first. Where it takes longer than {@link Pace.hedge}, the next is
 * asked as well; where it says no, the next is asked at once. So a gateway that never answers delays the blocks that were
 * asked of it first, together and once, by one hedge, and is not asked first again.
 *
 * A block that no other gateway has would still wait for the silent one. Therefore a gateway that keeps us waiting is
 * asked for the empty block, which any gateway can answer on the spot: if nothing at all is heard from it, it is set
 * aside for as long as this node lives, and named once in the log. So is one that gives other bytes than were asked for,
 * and one that fails several times running.
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
  /** ms after which the next gateway is asked as well. */
  readonly hedge: number;
  /** ms without a word, on a first question and on a second about nothing, after which a gateway counts as silent. */
  readonly silence: number;
  /** ms. One that was heard from so lately is slow, not silent. */
  readonly lately: number;
  /** Requests at once, to each. */
  readonly inFlight: number;
}

/** Failures running, other than lies and silence, after which a gateway is set aside. */
const mostStrikes = 3;

/** The empty block, its bytes being in its name. */
const probe = CID.parse("bafkqaaa");

/**
 * @param sources addresses, or nodes (which can then be anything that gives blocks).
 *
 * `get` resolves to `undefined` where every gateway says that it does not have the block, and throws `unavailable` with
 * each one's reason where some could not say.
 */
export function gateways(sources: readonly (string | Node)[], pace: Partial<Pace> = {}): Node {
  const { hedge, inFlight, lately } = { hedge: 150, inFlight: 16, lately: 5_000, ...pace };
  const all = sources.map((source) => memberOf(source, pace.silence, hedge));
  const name = all.map((member) => member.node.name).join(", ");
  // Shared by those who would give up together: one caller's abort is nobody else's.
  const underway = new WeakMap<AbortSignal, Map<string, Promise<Uint8Array | undefined>>>();
  const inTurn = atMost(inFlight * all.length);
  let waiting: (() => void)[] = [];

  const setAside = (member: Member, why: string, world: World): void => {
    if (member.aside !== undefined) return;
    member.aside = why;
    member.gone.abort();
    world.log(`${why}; it is not asked again`);
    wake();
  };

  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const each of woken) each();
  };

  /** The best gateway not yet asked, with a place taken, once there is one. `undefined` where none is left to ask. */
  const next = async (asked: ReadonlySet<Member>, over: AbortSignal): Promise<Member | undefined> => {
    for (;;) {
      const left = all.filter((member) => member.aside === undefined && !asked.has(member));
      if (left.length === 0 || over.aborted) return undefined;
      left.sort((a, b) => a.pace - b.pace);
      // Waiting for a place with the fastest is better than a place with one that is much slower.
      const free = left.find((member) => member.busy < inFlight && member.pace <= 2 * left[0]!.pace);
      if (free) {
        free.busy++;
        return free;
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };

  /** Ask for the empty block; nothing heard in time means nobody is there. */
  const checkUp = (member: Member, askedAt: number, world: World): void => {
    if (member.checking || member.heardAt > askedAt - lately) return;
    member.checking = true;
    const signal = AbortSignal.any([world.signal, member.gone.signal]);
    const heard = () => {
      member.heardAt = performance.now();
    };
    member.node.get(probe, { ...world, signal }).then(heard, (error) => {
      // An error is an answer too; one that no answer lies behind leaves the clock running.
      if (isFailure(error) && error.kind !== "unavailable") heard();
    });
    // From now, and not from when we asked first: whoever was asleep meanwhile, or busy, has heard nobody.
    later(Math.max(0, member.silence - hedge), () =>
      // If we were the ones too busy to listen, the answer is waiting to be heard: listen once more.
      later(50, () => {
        member.checking = false;
        if (member.heardAt > askedAt) return;
        setAside(member, `${member.node.name} has not answered anything for ${member.silence} ms`, world);
      }),
    );
  };

  const fetchBlock = async (cid: CID, world: World): Promise<Uint8Array | undefined> => {
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
        member.pace = Math.max(member.pace, hedge);
        checkUp(member, askedAt, world);
        askNext();
      }, hedge);
      // One that was heard from lately, or is being checked for another block, may fall silent all the same.
      const again = setInterval(() => checkUp(member, performance.now(), world), 2 * lately);
      const signal = AbortSignal.any([world.signal, over.signal, member.gone.signal]);
      try {
        const bytes = await unlessAborted(signal, member.node.get(cid, { ...world, signal }));
        const took = performance.now() - askedAt;
        member.heardAt = performance.now();
        member.strikes = 0;
        // Saying no quickly is no reason to be asked first.
        member.pace = 0.8 * member.pace + 0.2 * (bytes ? took : took + 4 * hedge);
        if (bytes) resolve(bytes);
      } catch (error) {
        if (world.signal.aborted) reject(world.signal.reason);
        else if (over.signal.aborted) member.pace = Math.max(member.pace, performance.now() - askedAt);
        else if (!isFailure(error) && member.aside === undefined) reject(error);
        else if (member.aside === undefined) {
          reasons.set(member, (error as Failure).message);
          if (isFailure(error, "corrupt")) setAside(member, error.message, world);
          else if (++member.strikes >= mostStrikes) setAside(member, (error as Failure).message, world);
        }
      } finally {
        clearTimeout(hurry);
        clearInterval(again);
        member.busy--;
        open--;
        wake();
        askNext();
      }
    };

    let choosing = false;
    const askNext = async (): Promise<void> => {
      if (choosing || over.signal.aborted) return;
      choosing = true;
      const member = await next(asked, over.signal);
      choosing = false;
      if (member) ask(member);
      else if (open === 0 && !over.signal.aborted) finish();
    };

    const finish = (): void => {
      const silent = all.flatMap((member) => {
        const why = member.aside ?? reasons.get(member);
        return why === undefined ? [] : [why];
      });
      if (silent.length === 0) resolve(undefined);
      else {
        reject(
          new Failure("unavailable", `${cid} can't be had: ${silent.join("; ")}`, {
            hint: "name gateways that answer, and hold the data, in campaign.yaml",
          }),
        );
      }
    };

    askNext();
    try {
      return await promise;
    } finally {
      over.abort();
      wake();
    }
  };

  return {
    name,

    async get(cid, world) {
      world.signal.throwIfAborted();
      if (isInline(cid)) return cid.multihash.digest;
      const shared = underway.get(world.signal) ?? new Map<string, Promise<Uint8Array | undefined>>();
      underway.set(world.signal, shared);
      const key = cid.toV1().toString();
      const known = shared.get(key);
      if (known) return known;
      const block = inTurn(() => fetchBlock(cid, world)).finally(() => shared.delete(key));
      shared.set(key, block);
      return block;
    },

    async close() {
      for (const { gone, node } of all) {
        gone.abort();
        await node.close?.();
      }
    },
  };
}

interface Member {
  readonly node: Node;
  /** ms; see {@link Pace.silence}. */
  readonly silence: number;
  /** Aborted once it is set aside, so that nobody waits for it any more. */
  readonly gone: AbortController;
  /** Why it is not asked any more. */
  aside: string | undefined;
  /** ms that it takes to answer, smoothed. Until it has, as slow as one that is worth waiting for. */
  pace: number;
  /** When it last answered anything, on the machine's steady clock. */
  heardAt: number;
  busy: number;
  strikes: number;
  checking: boolean;
}

function memberOf(source: string | Node, silence: number | undefined, hedge: number): Member {
  return {
    node: typeof source === "string" ? gateway(source) : source,
    silence: silence ?? (typeof source === "string" && isNear(source) ? 700 : 3000),
    gone: new AbortController(),
    aside: undefined,
    pace: hedge,
    heardAt: Number.NEGATIVE_INFINITY,
    busy: 0,
    strikes: 0,
    checking: false,
  };
}

/** A timer that nobody has to wait for when all else is done. */
function later(ms: number, act: () => void): void {
  setTimeout(act, ms).unref();
}

/** In this building. Whoever is further away may need three trips around the world, by satellite, to say hello. */
function isNear(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    /^(localhost|.*\.localhost|\[::1\]|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*)$/.test(hostname) ||
    !hostname.includes(".")
  );
}
