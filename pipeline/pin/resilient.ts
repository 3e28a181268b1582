/**
 * Services as they are in the world, made dependable: asked again where that helps, not faster than they bear, and
 * never waited for without end.
 *
 * Each is a wrapper with the service's own interface, and what a service can't do its wrapper can't either. Bringing
 * blocks ({@link PinService.take}) is left as it is: a stream of them comes once, and takes as long as it takes.
 *
 * ```ts
 * withDeadline(withRetry(withRateLimit(service, pace), tries), 600_000);
 * ```
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { again, pause, type Tries } from "../http/retry.ts";
import type { PinService } from "./service.ts";

/** How fast a service may be asked, and how much asking each call is. */
export interface RateLimit {
  /** Requests in any minute, wherever it begins: it fits the windows of whoever counts. */
  readonly perMinute: number;
  /** Of those requests, what one call takes as a rule; a status, for so many CIDs. */
  readonly costs: { readonly status: (cids: number) => number; readonly pin: number; readonly unpin: number };
}

/** Asks again what failed in a way that may pass. Pinning is the same once or twice, so it is safe to repeat. */
export function withRetry(inner: PinService, tries: Tries): PinService {
  return around(inner, (call, world) => again(() => call(world), tries, world));
}

/** Waits before a call where it would be one too many in a minute. */
export function withRateLimit(inner: PinService, { perMinute, costs }: RateLimit): PinService {
  const turn = turns(perMinute);
  return around(inner, async (call, world, what, cids) => {
    const cost = what === "status" ? costs.status(cids) : what === "addresses" ? 1 : costs[what];
    for (let request = 0; request < cost; request++) await turn(world);
    return call(world);
  });
}

/**
 * Gives a call up after `deadline` ms, with what is asked again in it: Failure `unavailable`.
 *
 * Not pinning: some services answer once they have fetched everything, and how long that may take is for whoever asks.
 */
export function withDeadline(inner: PinService, deadline: number): PinService {
  const bounded = around(inner, async (call, world) => {
    const tooLate = () => new Failure("unavailable", `${inner.name}: not done in ${deadline / 1000} s`);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooLate()), deadline);
    const ends = performance.now() + deadline;
    const signal = AbortSignal.any([world.signal, late.signal]);
    const sleep = async (ms: number) => {
      if (performance.now() + ms > ends) throw tooLate();
      await world.sleep(ms);
    };
    const given = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    try {
      return await Promise.race([call({ ...world, signal, sleep }), given]);
    } finally {
      clearTimeout(timer);
    }
  });
  return { ...bounded, pin: inner.pin };
}

type Call<T> = (world: World) => Promise<T>;
/** `cids`: how many the call is about. */
type Around = <T>(
  call: Call<T>,
  world: World,
  what: "status" | "pin" | "unpin" | "addresses",
  cids: number,
) => Promise<T>;

function around(inner: PinService, wrap: Around): PinService {
  return {
    ...inner,
    status: (cids, world) => wrap((world) => inner.status(cids, world), world, "status", cids.length),
    pin: (pinRequest, world) => wrap((world) => inner.pin(pinRequest, world), world, "pin", 1),
    ...(inner.unpin && {
      unpin: (cid: CID, world: World) => wrap((world) => inner.unpin!(cid, world), world, "unpin", 1),
    }),
    ...(inner.addresses && {
      addresses: (world: World) => wrap((world) => inner.addresses!(world), world, "addresses", 0),
    }),
  };
}

/** Resolves when it is the next one's turn. Turns are given away at once, in the order they are asked for. */
function turns(perMinute: number): (world: World) => Promise<void> {
  // On the machine's steady clock, the newest `perMinute` of them.
  const given: number[] = [];
  return async (world) => {
    const now = performance.now();
    const at = given.length < perMinute ? now : Math.max(now, given.shift()! + 60_000);
    given.push(at);
    if (at > now) await pause(at - now, world);
  };
}
