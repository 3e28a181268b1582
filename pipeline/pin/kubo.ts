/**
 * A Kubo daemon somewhere else that keeps data for the campaign: a mirror, over its RPC.
 *
 * Blocks are brought as a CAR, or fetched by that Kubo itself from the origins of a pin request. It keeps what one of its pins
 * says, and a pin has one name, which is the label of the pin request.
 *
 * ```ts
 * const mirror = kuboPins({ name: "mirror", api: "http://127.0.0.1:5001", token });
 * await mirror.pin({ cid: root, previous, label: "halo/tree@2", origins, meta: {} }, world);
 * ```
 *
 * What to know of Kubo's pins (0.43):
 * - Pinning again what is pinned takes the old pin away, reads everything below, then makes the new one: whoever had it
 *   loses its name, and a call that is cut short leaves none. So what is pinned is never pinned again, whoever's it is.
 * - `pin/update` reads and fetches only what the new root has beyond the old one, but takes no name: the new pin gets the
 *   old one's. Naming it means pinning it again, which is done where there is little to read ({@link worthNaming}).
 * - A pin lasts as long as its request. One that is ended keeps what it fetched, until somebody collects garbage.
 *
 * @see https://docs.ipfs.tech/reference/kubo/rpc/
 */
import type { CID } from "multiformats/cid";
import { inOrder } from "../core/concurrency.ts";
import { Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { emptyBlockFirst } from "../http/empty-block.ts";
import { rpc } from "../http/kubo-rpc.ts";
import type { PinRequest, PinService, PinStatus } from "./service.ts";

export interface KuboPinsOptions {
  /** As campaign.yaml calls it. */
  readonly name: string;
  /** Address of its RPC, such as `http://127.0.0.1:5001`. */
  readonly api: string;
  /** Where its `API.Authorizations` asks for one. */
  readonly token?: string;
  /** ms without a sign of life before a call fails. */
  readonly timeoutMs?: number;
  /** ms without a block fetched before a pin fails. */
  readonly pinTimeoutMs?: number;
  /** Only pins whose labels begin with it are let go of. Without it, those of any campaign are. */
  readonly campaign?: string;
}

/** ms that all origins together get to be reached. */
const meeting = 5000;

/** So many CIDs are asked for one by one; for more, one list of all pins is less work for Kubo and us. */
const askedSingly = 4;

/** Bytes below a root up to which its pin is named again after an update: a second or two of reading. */
const worthNaming = 1024 ** 3;

/** Bytes that Kubo allows the name of a pin. */
const longestName = 255;

/** @throws Failure `input` where `api` is no address of an RPC. Nothing is asked of Kubo yet. */
export function kuboPins(options: KuboPinsOptions): PinService {
  const { name, api, token, timeoutMs = 60_000, pinTimeoutMs = 60_000, campaign } = options;
  const access = { service: name, api, ...(token === undefined ? {} : { token }) };
  const calls = rpc({ ...access, timeoutMs });
  // Kubo says nothing until a pin is updated.
  const updates = rpc({ ...access, timeoutMs: pinTimeoutMs });
  const emptyBlock = emptyBlockFirst((upload, world) => calls.ask("block/put", { "cid-codec": "raw" }, world, upload));

  // One pin a CID, and one after another: a second pin request finds what the first has made.
  const underway = new Map<string, Promise<void>>();
  const fetched = new Map<string, number>();

  return {
    name,

    async status(cids, world) {
      const asked = [...new Set(cids.map(String))];
      const kept = asked.length > askedSingly ? await allPins(world) : await pinsAmong(asked, world);
      return new Map(asked.map((key) => [key, statusOf(key, kept.has(key))]));
    },

    async pin(pinRequest, world) {
      const key = pinRequest.cid.toString();
      const before = underway.get(key) ?? Promise.resolve();
      const mine = before.catch(() => undefined).then(() => keep(pinRequest, world));
      underway.set(key, mine);
      try {
        await mine;
        return { state: "pinned" };
      } finally {
        if (underway.get(key) === mine) {
          underway.delete(key);
          fetched.delete(key);
        }
      }
    },

    async unpin(cid, world) {
      const label = await nameOfPin(cid.toString(), world);
      if (label === undefined || !isOurs(label, campaign)) return;
      await calls.call("pin/rm", (kubo, by) => kubo.pin.rm(cid, by), world);
    },

    async take(_root, car, world) {
      let took = false;
      for await (const line of calls.lines("dag/import", { "pin-roots": false, stats: true }, world, car)) {
        took ||= (line as { Stats?: unknown } | null)?.Stats !== undefined;
      }
      if (!took) throw new Failure("unavailable", `${calls.name}: dag/import ended without saying what it took`);
    },

    async addresses(world) {
      const { Addresses } = ((await calls.ask("id", {}, world)) ?? {}) as { Addresses?: unknown };
      const all = (Array.isArray(Addresses) ? Addresses : []).filter((each) => typeof each === "string");
      const dialled = [...new Set(all.filter((each) => /^\/(?!p2p\/).+\/p2p\/[1-9A-Za-z]+$/.test(each)))].sort();
      const elsewhere = dialled.filter((each) => !/^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(each));
      return elsewhere.length > 0 ? elsewhere : dialled;
    },

    close() {
      calls.close();
      updates.close();
    },
  };

  function statusOf(key: string, kept: boolean): PinStatus {
    if (kept) return { state: "pinned" };
    if (!underway.has(key)) return { state: "absent" };
    return { state: "pinning", message: `${fetched.get(key) ?? 0} blocks so far` };
  }

  async function keep({ cid, label, previous, origins }: PinRequest, world: World): Promise<void> {
    if ((await nameOfPin(`${cid}`, world)) !== undefined) return;
    await emptyBlock(world);
    await meet(origins, world);
    const wanted = nameFor(label);
    if (previous && !previous.equals(cid) && (await updated(previous, cid, world))) {
      const named = await nameOfPin(`${cid}`, world);
      if (named === wanted) return;
      if (named !== undefined && (await sizeBelow(cid, world)) > worthNaming) return;
    }
    await add(cid, wanted, world);
  }

  /** Have it connected with whoever has the blocks. It may know them already, or find others. */
  async function meet(origins: readonly string[], world: World): Promise<void> {
    const late = AbortSignal.timeout(meeting);
    const hurried = { ...world, signal: AbortSignal.any([world.signal, late]) };
    const connect = async (arg: string) => {
      try {
        await calls.ask("swarm/connect", { arg }, hurried);
      } catch (error) {
        world.signal.throwIfAborted();
        if (!late.aborted && !isFailure(error)) throw error;
      }
    };
    for await (const _ of inOrder(origins, origins.length, connect));
  }

  /** Whether a pin of `previous` made one of `next`; a pin of its own, and what is said of it, is the next thing to try. */
  async function updated(previous: CID, next: CID, world: World): Promise<boolean> {
    try {
      await updates.call("pin/update", (kubo, by) => kubo.pin.update(previous, next, { ...by, unpin: false }), world);
      return true;
    } catch (error) {
      if (isFailure(error, "refused", "unavailable")) return false;
      throw error;
    }
  }

  async function add(cid: CID, label: string, world: World): Promise<void> {
    const key = cid.toString();
    let done = 0;
    let pinned = false;
    // The machine's steady clock: how long nothing came says nothing about what is published.
    let since = performance.now();
    // Kubo repeats its count twice a second, whether or not anything came.
    for await (const line of calls.lines("pin/add", { arg: key, name: label, progress: true }, world)) {
      const { Progress, Pins } = (line ?? {}) as { Progress?: number; Pins?: unknown };
      pinned ||= Pins !== undefined;
      if (Progress !== undefined && Progress !== done) {
        done = Progress;
        since = performance.now();
        fetched.set(key, done);
        world.progress({ task: "pinning", done, unit: "blocks" });
      }
      if (performance.now() - since > pinTimeoutMs) throw await stalled(cid, label, done, world);
    }
    if (!pinned) throw new Failure("unavailable", `${calls.name}: pin/add ended without a pin of ${cid}`);
  }

  async function stalled(cid: CID, label: string, done: number, world: World): Promise<Failure> {
    const missing = (await firstMissing(cid, world)) ?? "something below it";
    const far = `nothing came for ${pinTimeoutMs / 1000} s after ${done} blocks`;
    return new Failure("unavailable", `${calls.name}: can't keep ${cid} (${label}): ${far}; it lacks ${missing}`, {
      hint: "is a node that has it online, and can this one reach it? What came stays there: run it again",
    });
  }

  /** The first block below that it does not hold; `undefined` where it can't tell in reasonable time. */
  async function firstMissing(cid: CID, world: World): Promise<string | undefined> {
    try {
      await calls.ask("dag/stat", { arg: `${cid}`, progress: false, offline: true }, world);
    } catch (error) {
      if (isFailure(error)) return /could not find (\w+)/.exec(error.message)?.[1];
      throw error;
    }
    return undefined;
  }

  /** Bytes, as the root says. */
  async function sizeBelow(cid: CID, world: World): Promise<number> {
    const offline = { offline: true };
    const { cumulativeSize } = await calls.call(
      "files/stat",
      (kubo, by) => kubo.files.stat(`/ipfs/${cid}`, { ...by, ...offline }),
      world,
    );
    return typeof cumulativeSize === "number" ? cumulativeSize : Number.POSITIVE_INFINITY;
  }

  async function pinsAmong(keys: readonly string[], world: World): Promise<ReadonlySet<string>> {
    const kept = new Set<string>();
    const names = inOrder(keys, askedSingly, async (key) => ({ key, label: await nameOfPin(key, world) }));
    for await (const { key, label } of names) if (label !== undefined) kept.add(key);
    return kept;
  }

  async function allPins(world: World): Promise<ReadonlySet<string>> {
    const kept = new Set<string>();
    for await (const line of calls.lines("pin/ls", { type: "recursive", stream: true }, world)) {
      const { Cid, Type } = (line ?? {}) as { Cid?: unknown; Type?: unknown };
      if (typeof Cid !== "string") throw new Failure("corrupt", `${calls.name}: pin/ls answered a pin without a CID`);
      if (Type === "recursive") kept.add(Cid);
    }
    return kept;
  }

  /** Of its recursive pin. Empty where that has none; `undefined` where there is no such pin. */
  async function nameOfPin(key: string, world: World): Promise<string | undefined> {
    const one = { paths: key, type: "recursive", names: true } as const;
    let pins: readonly { readonly name?: string }[];
    try {
      pins = await calls.call("pin/ls", (kubo, by) => Array.fromAsync(kubo.pin.ls({ ...by, ...one })), world);
    } catch (error) {
      if (isFailure(error, "refused") && /is not pinned/.test(error.message)) return undefined;
      throw error;
    }
    const [pin] = pins;
    if (!pin) throw new Failure("corrupt", `${calls.name}: pin/ls answered without a pin, asked for ${key}`);
    return pin.name ?? "";
  }
}

/** Whether a pin's name is a label as {@link PinRequest} has them, `campaign/path@release`. */
function isOurs(label: string, campaign: string | undefined): boolean {
  return /^[^/]+\/.*@\d+$/s.test(label) && (campaign === undefined || label.startsWith(`${campaign}/`));
}

/** A label as a name, cut in the middle where it is too long: campaign and release stay to be read. */
function nameFor(label: string): string {
  if (Buffer.byteLength(label) <= longestName) return label;
  const end = `…${/@\d+$/.exec(label)?.[0] ?? ""}`;
  const room = Buffer.from(label).subarray(0, longestName - Buffer.byteLength(end));
  // Told that more is to come, it leaves out a character that was cut through.
  return new TextDecoder().decode(room, { stream: true }) + end;
}
