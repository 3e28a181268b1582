/**
 * The campaign as far as its parts answer in time: for whoever wants to be told what is known, whatever is down.
 *
 * Everything that was published is in the log, so that much is known without the node; and what a log that can't be reached
 * last had is known to the machine that read it. Services and names are looked at one by one anyway.
 */
import type { CID } from "multiformats/cid";
import { unlessAborted } from "../core/abort.ts";
import { Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Lease } from "../log/lease.ts";
import type { Head } from "../log/log.ts";
import type { Parts } from "./parts.ts";

export interface Unreachable {
  readonly part: "node" | "log";
  /** As messages call it. */
  readonly name: string;
  readonly says: string;
}

export interface Reachable<Campaign extends Parts> {
  /** Its node says that it has what is live where it can't be asked, so that what follows from the rest is planned. */
  readonly campaign: Campaign;
  /** The newest release, asked for once: as this machine last saw it where the log can't be reached. */
  readonly head: Promise<Head | undefined>;
  /** Who has the lease; `undefined` also where that can't be asked. */
  readonly lease: () => Promise<Lease | undefined>;
  /** What did not answer until now. */
  readonly unreachable: () => readonly Unreachable[];
}

/**
 * `soon`: aborts when what has not answered counts as unreachable.
 *
 * @throws (from `head`) Failure `unavailable` where the log can't be reached and was never seen from here.
 */
export function reachable<Campaign extends Parts>(
  campaign: Campaign,
  soon: AbortSignal,
  world: World,
): Reachable<Campaign> {
  const { home, log } = campaign;
  const found = new Map<Unreachable["part"], Unreachable>();
  const inTime: World = { ...world, signal: AbortSignal.any([world.signal, soon]) };

  /** What `work` gives; `instead` where it fails in a way that says that `part` is down, or not for us. */
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

  const lastSeen = async (): Promise<Head | undefined> => {
    const seen = await log.lastKnownHead?.(world);
    if (seen) return seen;
    const { says } = found.get("log")!;
    throw new Failure("unavailable", says, { hint: "nothing was ever read of this log from here" });
  };
  const head = asFarAs("log", log.head(inTime), lastSeen);
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
