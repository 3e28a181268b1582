/**
 * Wrappers of pin services: retries, rate limits and deadlines.
 *
 * Each wrapper has the interface of {@link PinService}, with the optional methods of the wrapped service only. Uploads
 * ({@link PinService.take}) are passed through: a stream can be read only one time, and its duration has no bound.
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

/** Rate limit of a service, and the number of requests of each call. */
export interface RateLimit {
  /** Requests in any 60 seconds (a sliding window), so that the limit is met however the service aligns its windows. */
  readonly perMinute: number;
  /** Usual number of requests of one call; of `status`, by the number of CIDs. */
  readonly costs: { readonly status: (cids: number) => number; readonly pin: number; readonly unpin: number };
}

/** Repeats calls that failed with a temporary failure. Pinning is idempotent, so repeating it is safe. */
export function withRetry(inner: PinService, tries: Tries): PinService {
  return around(inner, (call, world) => again(() => call(world), tries, world));
}

/** Delays a call that would exceed the rate limit. */
export function withRateLimit(inner: PinService, { perMinute, costs }: RateLimit): PinService {
  const turn = turns(perMinute);
  return around(inner, async (call, world, what, cids) => {
    const cost = what === "status" ? costs.status(cids) : what === "addresses" ? 1 : costs[what];
    for (let request = 0; request < cost; request++) await turn(world);
    return call(world);
  });
}

/**
 * Aborts a call, with its retries, after `deadline` ms: Failure `unavailable`.
 *
 * Not `pin`: some services answer only after they have fetched all blocks, so the caller limits that time.
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
/** `cids`: the number of CIDs in the call. */
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

/** Returns a function that resolves when the next request may be sent. Requests are served in the order of the calls. */
function turns(perMinute: number): (world: World) => Promise<void> {
  // Times of the newest `perMinute` requests, by the monotonic clock.
  const given: number[] = [];
  return async (world) => {
    const now = performance.now();
    const at = given.length < perMinute ? now : Math.max(now, given.shift()! + 60_000);
    given.push(at);
    if (at > now) await pause(at - now, world);
  };
}
