/**
 * What is known of the link to one gateway, measured from its own answers: nothing is assumed from its address, because a
 * private one may be a ship behind a VPN, and `localhost` the end of a tunnel.
 *
 * From it follow the deadlines, and how many requests are worth having under way. That number is found by trying: how many blocks
 * fit into the link between a request and its answer can't be computed where a gateway takes its time for some of them.
 */
import type { Transfer } from "../../http/http.ts";

export interface Link {
  /** The first byte of an answer came after `ms`. */
  answered(ms: number): void;
  /** A block has come. */
  completed(): void;
  /** Something was received. */
  heard(): void;
  /** When something was last received, on the monotonic clock. */
  heardAt(): number;
  /** ms within which a gateway that works answers something at least. */
  answerWithin(): number;
  /** One answer's body being received. */
  transfer(): Transfer;
  /** How many requests are worth having under way. */
  inFlight(): number;
}

export interface LinkLimits {
  /** ms for the first answer, when nothing was measured: three round trips of a satellite link, and lost packets. */
  readonly firstAnswer: number;
  /** ms of the shortest time in which a transfer can stall. */
  readonly stall: number;
  /** The fewest and the most requests under way. */
  readonly fewest: number;
  readonly most: number;
}

export const usualLimits: LinkLimits = { firstAnswer: 6_000, stall: 5_000, fewest: 4, most: 64 };

/** ms between two checks of whether a transfer has stalled. */
const checkEvery = 250;

/** ms. An answer to a probe may wait behind whatever else this machine or the gateway does. */
const shortestAnswer = 700;
const longestAnswer = 60_000;

/** Bytes in the time that a stall takes, at least: what a link of 2400 bit/s gives. */
const leastProgress = 1024;

/** A transfer has stalled that gets less than this part of its share of what the gateway sends meanwhile. */
const leastShare = 1 / 16;

export function linkOf(limits: LinkLimits = usualLimits): Link {
  let mean: number | undefined;
  let deviation = 0;
  let heardAt = Number.NEGATIVE_INFINITY;
  let total = 0;
  let open = 0;
  const window = requestWindow(limits);

  /** ms after which a transfer without bytes has stalled: lost packets are sent again after ever longer times. */
  const stall = () => Math.max(limits.stall, 12 * (mean ?? 0));

  const heard = () => {
    heardAt = performance.now();
  };

  return {
    answered(ms) {
      heard();
      // As TCP estimates its round trip (RFC 6298, section 2).
      if (mean === undefined) [mean, deviation] = [ms, ms / 2];
      else {
        deviation = 0.75 * deviation + 0.25 * Math.abs(mean - ms);
        mean = 0.875 * mean + 0.125 * ms;
      }
    },
    completed: window.completed,
    heard,
    heardAt: () => heardAt,
    answerWithin() {
      if (mean === undefined) return limits.firstAnswer;
      return Math.min(longestAnswer, Math.max(shortestAnswer, 3 * mean + 6 * deviation));
    },
    inFlight: window.size,

    transfer() {
      open++;
      let [waited, waitsSince]: [number, number | undefined] = [0, undefined];
      let [bytes, totalThen] = [0, total];
      let stalled: number | undefined;
      const waitedNow = () => waited + (waitsSince === undefined ? 0 : performance.now() - waitsSince);
      return {
        every: checkEvery,
        waits() {
          waitsSince = performance.now();
        },
        received(count) {
          waited = waitedNow();
          waitsSince = undefined;
          bytes += count;
          total += count;
          heard();
        },
        stalledFor() {
          const ms = waitedNow();
          if (stalled !== undefined || ms < stall()) return stalled;
          const sent = total - totalThen;
          const enough = sent < leastProgress ? leastProgress : Math.min(leastProgress, (sent / open) * leastShare);
          if (bytes < enough) stalled = Math.round(stall());
          waited = 0;
          if (waitsSince !== undefined) waitsSince = performance.now();
          [bytes, totalThen] = [0, total];
          return stalled;
        },
        end() {
          open--;
        },
      };
    },
  };
}

/** ms. A shorter round measures the clock more than the link. */
const shortestRound = 50;

/** How many times as many answers twice as many requests must bring to be worth it. */
const worthDoubling = 1.2;

/** Rounds after which it is tried again whether more requests bring more. */
const roundsSettled = 16;

/**
 * The number of requests worth having under way. It doubles while twice as many bring notably more answers in a time, whether
 * the time to an answer is that of the link or of a gateway that searches for blocks; where they don't, the link is full.
 */
function requestWindow({ fewest, most }: Pick<LinkLimits, "fewest" | "most">) {
  let size = fewest;
  /** Answers in a millisecond with half as many requests; 0 before the first round. */
  let rateOfHalf = 0;
  let settled = 0;
  let began = 0;
  let count = 0;
  const next = (rate: number): void => {
    if (settled > 0) settled--;
    else if (rate > worthDoubling * rateOfHalf) {
      if (size < most) [size, rateOfHalf] = [Math.min(most, 2 * size), rate];
    } else [size, rateOfHalf, settled] = [Math.max(fewest, size / 2), 0, roundsSettled];
  };
  return {
    size: () => size,
    completed(): void {
      count++;
      // The answers to requests of the round before don't count.
      if (count <= size) began = performance.now();
      const took = performance.now() - began;
      if (count < 2 * size || took < shortestRound) return;
      next((count - size) / took);
      count = 0;
    },
  };
}
