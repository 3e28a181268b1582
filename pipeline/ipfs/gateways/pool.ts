/**
 * Several gateways, what is known of each, and the slots for requests to them.
 *
 * The fastest is taken first. One that is slow to answer is requested for the empty block, which any gateway can answer
 * immediately; where nothing is received from it within what its link takes, its circuit breaker opens. So it does after several
 * failures in a row, and at once after wrong bytes, then for good; else for some time, because links come back.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths
 */
import { CID } from "multiformats/cid";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { gateway } from "../gateway.ts";
import type { Node } from "../node.ts";
import { type Link, linkOf, usualLimits } from "./link.ts";

export interface Pace {
  /** ms after which the next gateway is requested as well. */
  readonly hedge: number;
  /** ms without an answer to a request, and then to a probe, after which a gateway counts as silent. Absent: as its link takes. */
  readonly silence?: number;
  /** ms. A gateway from which something came within this time is slow, not silent. */
  readonly lately: number;
  /** Most requests at once to each gateway. */
  readonly inFlight: number;
  /** ms for which a circuit breaker opens, doubled each time until an answer comes. */
  readonly opensFor: number;
}

export interface Member {
  readonly node: Node;
  readonly link: Link;
  /** Whether the node itself measures the link. */
  readonly measures: boolean;
  /** Aborted when the circuit breaker opens, so that no request waits for the gateway any more. */
  gone: AbortController;
  /** Why the circuit breaker is open; `undefined` while it is closed. */
  openReason: string | undefined;
  /** When it closes again, on the monotonic clock. */
  openUntil: number;
  /** ms for which it opens next time. */
  openFor: number;
  /** ms until an answer, smoothed. Initially that of the slowest gateway that is worth waiting for. */
  pace: number;
  busy: number;
  failures: number;
  checking: boolean;
}

export interface Pool extends Pick<Pace, "hedge" | "lately"> {
  readonly members: readonly Member[];
  /** Most requests at once to all of them. */
  readonly mostAtOnce: number;
  /** The gateways with a closed circuit breaker, the fastest first. */
  closed(): readonly Member[];
  /**
   * Takes a slot of the fastest gateway not yet requested that has a free one, waiting where none has; `undefined` where every
   * gateway was requested.
   */
  take(asked: ReadonlySet<Member>, over: AbortSignal): Promise<Member | undefined>;
  release(member: Member): void;
  /** Lets those that wait for a slot check again. */
  wake(): void;
  /** Records an answer to a request sent at `askedAt`, with or without the block. */
  answered(member: Member, hasBlock: boolean, askedAt: number): void;
  /** Records a failed request. Opens the circuit breaker at wrong bytes, and after several failures in a row. */
  failed(member: Member, failure: Failure, world: World): void;
  /** Probes with the empty block; a gateway that does not answer in time counts as silent. */
  checkUp(member: Member, askedAt: number, world: World): void;
}

/** Failures in a row, other than wrong bytes and silence, after which a gateway's circuit breaker opens. */
const mostFailures = 3;

/** ms. */
const opensForMost = 300_000;

/** The empty block, whose bytes are in its CID. */
const probe = CID.parse("bafkqaaa");

export function poolOf(sources: readonly (string | Node)[], pace: Pace): Pool {
  const members = sources.map((source) => memberOf(source, pace));
  const { hedge, lately } = pace;
  const slots = slotsOf(members, pace);
  const breaker = breakerOf(slots.wake);
  return {
    ...{ members, hedge, lately, ...slots },
    mostAtOnce: pace.inFlight * members.length,

    answered(member, hasBlock, askedAt) {
      const took = performance.now() - askedAt;
      if (member.measures) member.link.heard();
      else {
        member.link.answered(took);
        member.link.completed();
      }
      member.failures = 0;
      member.openFor = pace.opensFor;
      // A quick answer that the block is missing must not make a gateway the first one requested.
      member.pace = 0.8 * member.pace + 0.2 * (hasBlock ? took : took + 4 * hedge);
    },

    failed(member, failure, world) {
      if (failure.kind === "corrupt") breaker.open(member, failure.message, "for good", world);
      else if (++member.failures >= mostFailures) breaker.open(member, failure.message, "for now", world);
    },

    checkUp: (member, askedAt, world) => checkUp(member, askedAt, pace, breaker, world),
  };
}

/** Which gateway is requested next. */
function slotsOf(members: readonly Member[], { inFlight }: Pace): Pick<Pool, "closed" | "take" | "release" | "wake"> {
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const each of woken) each();
  };
  const closed = (): Member[] => members.filter(isClosed).sort((a, b) => a.pace - b.pace);
  return {
    closed,
    wake,

    async take(asked, over) {
      for (;;) {
        const left = closed().filter((member) => !asked.has(member));
        if (left.length === 0 || over.aborted) return undefined;
        // Waiting for a slot of the fastest gateway is better than a free slot of one that is much slower.
        const hasSlot = ({ busy, link }: Member) => busy < Math.min(inFlight, link.inFlight());
        const free = left.find((member) => hasSlot(member) && member.pace <= 2 * left[0]!.pace);
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
  };
}

/** Whether the circuit breaker is closed, which it is again after some time. */
function isClosed(member: Member): boolean {
  if (member.openReason !== undefined && performance.now() >= member.openUntil) {
    member.openReason = undefined;
    member.gone = new AbortController();
    // One more failure opens it again.
    member.failures = mostFailures - 1;
  }
  return member.openReason === undefined;
}

interface Breaker {
  open(member: Member, why: string, how: "for good" | "for now", world: World): void;
}

function breakerOf(wake: () => void): Breaker {
  return {
    open(member, why, how, world) {
      if (member.openReason !== undefined) return;
      member.openReason = why;
      member.openUntil = how === "for good" ? Number.POSITIVE_INFINITY : performance.now() + member.openFor;
      const until = how === "for good" ? "" : ` for ${member.openFor / 1000} s`;
      member.openFor = Math.min(opensForMost, 2 * member.openFor);
      member.gone.abort();
      world.log(`${why}; it is not asked again${until}`);
      wake();
    },
  };
}

function checkUp(
  member: Member,
  askedAt: number,
  { lately, hedge, silence }: Pace,
  breaker: Breaker,
  world: World,
): void {
  const { link } = member;
  if (member.checking || link.heardAt() > askedAt - lately) return;
  member.checking = true;
  const signal = AbortSignal.any([world.signal, member.gone.signal]);
  member.node.get(probe, { ...world, signal }).then(link.heard, (error) => {
    // An error response is an answer too; a failed connection is not, and the timer continues.
    if (isFailure(error) && error.kind !== "unavailable") link.heard();
  });
  const within = Math.round(silence ?? link.answerWithin());
  // Counted from now, not from the first request: a suspended or busy process has received no answers meanwhile.
  later(Math.max(0, within - hedge), () =>
    // If this process was too busy to read, the answer is already in its socket: wait once more.
    later(50, () => {
      member.checking = false;
      if (link.heardAt() > askedAt || signal.aborted) return;
      breaker.open(member, `${member.node.name} has not answered anything for ${within} ms`, "for now", world);
    }),
  );
}

function memberOf(source: string | Node, { hedge, inFlight, opensFor }: Pace): Member {
  const link = linkOf({ ...usualLimits, most: inFlight });
  const measures = typeof source === "string";
  return {
    node: measures ? gateway(source, undefined, link) : source,
    link,
    measures,
    gone: new AbortController(),
    openReason: undefined,
    openUntil: 0,
    openFor: opensFor,
    pace: hedge,
    busy: 0,
    failures: 0,
    checking: false,
  };
}

/** A timer that does not prevent the process from ending. */
function later(ms: number, act: () => void): void {
  setTimeout(act, ms).unref();
}
