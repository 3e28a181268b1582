/**
 * Calls that leave this machine, counted by name; one of them goes wrong.
 *
 * ```ts
 * const calls = callsOutward(clock, { name: "dkrz: pin", nth: 0, trouble: "lost on the way back" });
 * await calls.through("dkrz: pin", () => service.pin(wish, world), world);
 * ```
 */
import { setTimeout } from "node:timers/promises";
import { Failure } from "../../pipeline/core/failure.ts";
import type { World } from "../../pipeline/core/world.ts";
import type { PinService } from "../../pipeline/pin/service.ts";
import type { Clock } from "./clock.ts";

export const troubles = [
  /** It never arrives. */
  "lost on the way there",
  /** It takes effect, and the answer is lost. */
  "lost on the way back",
  /** It takes effect, and is answered hours after everybody's deadline. */
  "answered too late",
  /** It is answered as if it were done, and nothing is. */
  "a lie",
] as const;

export type Trouble = (typeof troubles)[number];

export interface Calls {
  /** The names of all calls so far, in their order. */
  readonly made: readonly string[];
  /** `lie` answers as if it were done; without it, a call can't lie. */
  through<T>(name: string, act: () => Promise<T>, world: World, lie?: () => T): Promise<T>;
}

/** No run of ours calls so often: one that does would go on without end. */
const mostCalls = 2000;

export function callsOutward(
  clock: Clock,
  wrong?: { readonly name: string; readonly nth: number; readonly trouble: Trouble },
): Calls {
  const made: string[] = [];
  return {
    made,
    async through(name, act, world, lie) {
      const goesWrong = name === wrong?.name && made.filter((other) => other === name).length === wrong.nth;
      made.push(name);
      if (made.length > mostCalls) throw new Error(`${mostCalls} calls, and no end`);
      world.signal.throwIfAborted();
      switch (goesWrong ? wrong.trouble : undefined) {
        case undefined:
          return act();
        case "lost on the way there":
          throw new Failure("unavailable", `${name}: lost on the way there`);
        case "lost on the way back":
          await act();
          throw new Failure("unavailable", `${name}: lost on the way back`);
        case "answered too late": {
          const result = await act();
          // Whatever else is under way is done long before.
          await setTimeout(10);
          clock.pass(3 * 3_600_000);
          world.signal.throwIfAborted();
          return result;
        }
        case "a lie":
          return lie ? lie() : act();
      }
    },
  };
}

/** `service`, with everything it is asked passing through `calls`. Its lie is that all is pinned, or taken. */
export function calledPins(service: PinService, calls: Calls): PinService {
  const { name, status, pin, unpin, take, addresses } = service;
  const pinned = { state: "pinned" } as const;
  return {
    ...service,
    status: (cids, world) =>
      calls.through(
        `${name}: status`,
        () => status(cids, world),
        world,
        () => new Map(cids.map((cid) => [cid.toString(), pinned])),
      ),
    pin: (wish, world) =>
      calls.through(
        `${name}: pin`,
        () => pin(wish, world),
        world,
        () => pinned,
      ),
    ...(unpin && {
      unpin: (cid, world) =>
        calls.through(
          `${name}: unpin`,
          () => unpin(cid, world),
          world,
          () => {},
        ),
    }),
    ...(take && {
      take: (root, car, world) =>
        calls.through(
          `${name}: take`,
          () => take(root, car, world),
          world,
          () => {},
        ),
    }),
    ...(addresses && { addresses: (world) => calls.through(`${name}: addresses`, () => addresses(world), world) }),
  };
}
