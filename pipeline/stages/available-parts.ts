/**
 * The campaign as far as its parts answer in time, for commands that report what is known while some parts are down.
 *
 * The log has everything that was published, so the node is not needed for that. Where the log can't be reached, the state
 * that this machine last read from it is used. Services and names are observed separately anyway.
 */
import type { CID } from "multiformats/cid";
import { endedBy, unlessAborted } from "../core/abort.ts";
import { Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Lease } from "../log/lease.ts";
import type { Head } from "../log/log.ts";
import type { Parts } from "./parts.ts";

export interface Unreachable {
  readonly part: "node" | "log";
  /** Its name in messages. */
  readonly name: string;
  readonly says: string;
}

export interface Reachable<Campaign extends Parts> {
  /** Where the node can't be reached, it is assumed to have the live data, so that the other parts can be planned. */
  readonly campaign: Campaign;
  /** The newest release, read a single time. Where the log can't be reached, the newest one that this machine has read. */
  readonly head: Promise<Head | undefined>;
  /** The present lease; `undefined` also where it can't be read. */
  readonly lease: () => Promise<Lease | undefined>;
  /** The parts that have not answered so far. */
  readonly unreachable: () => readonly Unreachable[];
}

/**
 * `soon`: aborts at the time when parts without an answer count as unreachable.
 *
 * @throws (from `head`) Failure `unavailable` where the log can't be reached and this machine has never read it.
 */
export function reachable<Campaign extends Parts>(
  campaign: Campaign,
  soon: AbortSignal,
  world: World,
): Reachable<Campaign> {
  const { home, log } = campaign;
  const found = new Map<Unreachable["part"], Unreachable>();
  const inTime: World = endedBy(world, soon);

  /** Returns the result of `work`, or of `instead` where `work` fails because `part` is down or refuses access. */
  const asFarAs = async <T>(part: Unreachable["part"], work: Promise<T>, instead: () => Promise<T>): Promise<T> => {
    try {
      return await unlessAborted(inTime.signal, work);
    } catch (error) {
      world.signal.throwIfAborted();
      if (!soon.aborted && !isFailure(error, "unavailable", "refused", "input")) throw error;
      const { name } = part === "node" ? home : log;
      const says = isFailure(error) ? error.message.split("\n")[0]! : `${name} gave no answer in time`;
      const before = found.get(part);
      found.set(part, before ?? { part, name, says });
      return instead();
    }
  };

  const lastKnown = async (): Promise<Head | undefined> => {
    const known = await log.lastKnownHead?.(world);
    if (known) return known;
    const { says } = found.get("log")!;
    throw new Failure("unavailable", says, { hint: "nothing was ever read of this log from here" });
  };
  const head = asFarAs("log", log.head(inTime), lastKnown);
  head.catch(() => undefined);

  const live = async (): Promise<ReadonlyMap<string, CID>> => {
    const release = (await head)?.release;
    return new Map(release ? [["tree", release.root] as const, ["portal", release.portal] as const] : []);
  };
  let pins: Promise<ReadonlyMap<string, CID>> | undefined;
  const { incomplete } = home;
  const get: Parts["get"] = async (cid) => {
    const down = found.get("node");
    if (down) throw new Failure("unavailable", down.says);
    try {
      return await unlessAborted(inTime.signal, campaign.get(cid));
    } catch (error) {
      world.signal.throwIfAborted();
      if (!soon.aborted || isFailure(error)) throw error;
      throw new Failure("unavailable", `block ${cid} did not come in time`);
    }
  };

  return {
    campaign: {
      ...campaign,
      get,
      home: {
        ...home,
        pins: () => {
          pins ??= asFarAs("node", home.pins(inTime), live);
          return pins;
        },
        ...(incomplete && { incomplete: () => asFarAs("node", incomplete(inTime), async () => []) }),
      },
      log: { ...log, head: () => head },
    },
    head,
    lease: () => asFarAs("log", log.leases.show(inTime), async () => undefined),
    unreachable: () => [...found.values()],
  };
}
