/**
 * Pin service: a remote Kubo daemon (a mirror), by its RPC.
 *
 * Blocks are uploaded as a CAR, or that Kubo fetches them from the origins of a pin request. A pin has one name, which is the
 * label of the pin request.
 *
 * ```ts
 * const mirror = kuboPins({ name: "mirror", api: "http://127.0.0.1:5001", token });
 * await mirror.pin({ cid: root, previous, label: "halo/tree@2", origins, meta: {} }, world);
 * ```
 *
 * Behaviour of Kubo's pins (0.43):
 * - `pin/add` of a pinned CID deletes the old pin, reads all blocks, then creates the new pin: the old name is lost, and an
 *   aborted call leaves no pin. So a pinned CID is never pinned again, whichever program pinned it.
 * - `pin/update` reads and fetches only blocks that the old root lacks, but accepts no name: the new pin gets the old name.
 *   To rename it, it must be pinned again, which is done if there is little to read ({@link worthNaming}).
 * - Pinning ends with its RPC request. The blocks that an aborted one fetched stay until the next garbage collection.
 *
 * @see https://docs.ipfs.tech/reference/kubo/rpc/
 */

import type { CID } from "multiformats/cid";
import { endedBy } from "../core/abort.ts";
import { inOrder } from "../core/concurrency.ts";
import { Failure, isFailure } from "../core/failure.ts";
import { type SerializedByKey, serializedByKey } from "../core/serialized-by-key.ts";
import type { World } from "../core/world.ts";
import { emptyBlockFirst } from "../http/empty-block.ts";
import { type Rpc, rpc } from "../http/kubo-rpc.ts";
import { isHttpAddress, kuboFetches } from "./http-origin.ts";
import type { PinRequest, PinService, PinStatus } from "./service.ts";

export interface KuboPinsOptions {
  /** Name of the service in campaign.yaml. */
  readonly name: string;
  /** Address of its RPC, such as `http://127.0.0.1:5001`. */
  readonly api: string;
  /** Token, if its `API.Authorizations` requires one. */
  readonly token?: string;
  /** ms without a byte from Kubo after which a call fails. */
  readonly timeoutMs?: number;
  /** ms without a fetched block after which a pin fails. */
  readonly pinTimeoutMs?: number;
  /** Only pins whose labels begin with it are deleted. Absent: pins of any campaign are. */
  readonly campaign?: string;
}

/** Timeout in ms for connecting to all origins together. */
const meeting = 5000;

/** Up to so many CIDs are requested singly; for more, one list of all pins is less work for Kubo and this process. */
const askedSingly = 4;

/** Maximum bytes below a root whose pin is renamed after an update: Kubo reads them in a second or two. */
const worthNaming = 1024 ** 3;

/** Maximum bytes of a pin's name in Kubo. */
const longestName = 255;

/** @throws Failure `input` if `api` is no URL of an RPC. Sends no request yet. */
export function kuboPins(options: KuboPinsOptions): PinService {
  const { name, campaign } = options;
  const kubo = connectionTo(options);
  const { calls } = kubo;

  return {
    name,

    async status(cids, world) {
      const asked = [...new Set(cids.map(String))];
      const pinned = asked.length > askedSingly ? await allPins(kubo, world) : await pinsAmong(kubo, asked, world);
      return new Map(asked.map((key) => [key, statusOf(kubo, key, pinned.has(key))]));
    },

    async pin(pinRequest, world) {
      await pinInTurn(kubo, pinRequest, world);
      return { state: "pinned" };
    },

    async unpin(cid, world) {
      const label = await nameOfPin(kubo, cid.toString(), world);
      if (label === undefined || !isOurs(label, campaign)) return;
      await calls.call("pin/rm", (client, by) => client.pin.rm(cid, by), world);
    },

    async take(_root, car, world) {
      let took = false;
      for await (const line of calls.lines("dag/import", { "pin-roots": false, stats: true }, world, car)) {
        took ||= (line as { Stats?: unknown } | null)?.Stats !== undefined;
      }
      if (!took) throw new Failure("unavailable", `${calls.name}: dag/import ended without a result`);
    },

    addresses: (world) => dialledAddresses(kubo, world),

    fetchesFrom: (origin, probe, world) => kuboFetches(calls, origin, probe, world),

    close() {
      calls.close();
      kubo.updates.close();
    },
  };
}

/** A remote Kubo, and the pins that this process is creating there. */
interface Kubo {
  readonly calls: Rpc;
  /** With a longer timeout: Kubo sends no byte until a pin is updated. */
  readonly updates: Rpc;
  /** Uploads the empty block, at the first call only. */
  readonly emptyBlock: (world: World) => Promise<void>;
  readonly pinTimeoutMs: number;
  /** Pin requests for one CID are handled one after another, so that the second finds the first one's pin. */
  readonly inTurn: SerializedByKey;
  /** By CID, how many blocks were fetched so far. */
  readonly fetched: Map<string, number>;
}

function connectionTo({ name, api, token, timeoutMs = 60_000, pinTimeoutMs = 60_000 }: KuboPinsOptions): Kubo {
  const access = { service: name, api, ...(token === undefined ? {} : { token }) };
  const calls = rpc({ ...access, timeoutMs });
  const updates = rpc({ ...access, timeoutMs: pinTimeoutMs });
  const emptyBlock = emptyBlockFirst((upload, world) => calls.ask("block/put", { "cid-codec": "raw" }, world, upload));
  return { calls, updates, emptyBlock, pinTimeoutMs, inTurn: serializedByKey(), fetched: new Map() };
}

async function pinInTurn(kubo: Kubo, pinRequest: PinRequest, world: World): Promise<void> {
  const { inTurn, fetched } = kubo;
  const key = pinRequest.cid.toString();
  try {
    await inTurn(key, () => pinNow(kubo, pinRequest, world));
  } finally {
    if (!inTurn.has(key)) fetched.delete(key);
  }
}

/** Multiaddrs that other nodes can dial; loopback addresses only if there are no others. */
async function dialledAddresses({ calls }: Kubo, world: World): Promise<string[]> {
  const { Addresses } = ((await calls.ask("id", {}, world)) ?? {}) as { Addresses?: unknown };
  const all = (Array.isArray(Addresses) ? Addresses : []).filter((each) => typeof each === "string");
  const dialled = [...new Set(all.filter((each) => /^\/(?!p2p\/).+\/p2p\/[1-9A-Za-z]+$/.test(each)))].sort();
  const elsewhere = dialled.filter((each) => !/^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(each));
  return elsewhere.length > 0 ? elsewhere : dialled;
}

function statusOf(kubo: Kubo, key: string, pinned: boolean): PinStatus {
  if (pinned) return { state: "pinned" };
  if (!kubo.inTurn.has(key)) return { state: "absent" };
  return { state: "pinning", message: `${kubo.fetched.get(key) ?? 0} blocks so far` };
}

async function pinNow(kubo: Kubo, { cid, label, previous, origins, stallMs }: PinRequest, world: World): Promise<void> {
  if ((await nameOfPin(kubo, `${cid}`, world)) !== undefined) return;
  await kubo.emptyBlock(world);
  // Kubo fetches from gateways that a router names, and connects with none of them.
  await connectTo(
    kubo,
    origins.filter((address) => !isHttpAddress(address)),
    world,
  );
  const desired = nameFor(label);
  if (previous && !previous.equals(cid) && (await updatedFrom(kubo, previous, cid, world))) {
    const named = await nameOfPin(kubo, `${cid}`, world);
    if (named === desired) return;
    if (named !== undefined && (await sizeBelow(kubo, cid, world)) > worthNaming) return;
  }
  await pinFetching(stallMs === undefined ? kubo : { ...kubo, pinTimeoutMs: stallMs }, cid, desired, world);
}

/** Connects Kubo with the nodes that have the blocks. Failures are ignored: it may be connected already, or find others. */
async function connectTo(kubo: Kubo, origins: readonly string[], world: World): Promise<void> {
  const late = AbortSignal.timeout(meeting);
  const hurried = endedBy(world, late);
  const connect = async (arg: string) => {
    try {
      await kubo.calls.ask("swarm/connect", { arg }, hurried);
    } catch (error) {
      world.signal.throwIfAborted();
      if (!late.aborted && !isFailure(error)) throw error;
    }
  };
  for await (const _ of inOrder(origins, origins.length, connect));
}

/** Whether `next` was pinned by updating the pin of `previous`. If not, the caller pins `next` itself. */
async function updatedFrom(kubo: Kubo, previous: CID, next: CID, world: World): Promise<boolean> {
  try {
    await kubo.updates.call(
      "pin/update",
      (client, by) => client.pin.update(previous, next, { ...by, unpin: false }),
      world,
    );
    return true;
  } catch (error) {
    if (isFailure(error, "refused", "unavailable")) return false;
    throw error;
  }
}

async function pinFetching(kubo: Kubo, cid: CID, label: string, world: World): Promise<void> {
  const key = cid.toString();
  let done = 0;
  let pinned = false;
  // The monotonic clock, not `world.now()`: this time is no part of what is published.
  let since = performance.now();
  // Kubo repeats its count twice a second, even if no block arrived.
  for await (const line of kubo.calls.lines("pin/add", { arg: key, name: label, progress: true }, world)) {
    const { Progress, Pins } = (line ?? {}) as { Progress?: number; Pins?: unknown };
    pinned ||= Pins !== undefined;
    if (Progress !== undefined && Progress !== done) {
      done = Progress;
      since = performance.now();
      kubo.fetched.set(key, done);
      world.progress({ task: "pinning", done, unit: "blocks" });
    }
    if (performance.now() - since > kubo.pinTimeoutMs) throw await stalled(kubo, cid, label, done, world);
  }
  if (!pinned) throw new Failure("unavailable", `${kubo.calls.name}: pin/add ended without a pin of ${cid}`);
}

async function stalled(kubo: Kubo, cid: CID, label: string, done: number, world: World): Promise<Failure> {
  const missing = (await firstMissing(kubo, cid, world)) ?? "something below it";
  const far = `nothing came for ${kubo.pinTimeoutMs / 1000} s after ${done} blocks`;
  return new Failure("unavailable", `${kubo.calls.name}: can't pin ${cid} (${label}): ${far}; it lacks ${missing}`, {
    hint: "is a node that has it online, and can this one reach it? What came stays there: run it again",
  });
}

/** The first block below `cid` that Kubo does not have; `undefined` if Kubo can't find it in reasonable time. */
async function firstMissing(kubo: Kubo, cid: CID, world: World): Promise<string | undefined> {
  try {
    await kubo.calls.ask("dag/stat", { arg: `${cid}`, progress: false, offline: true }, world);
  } catch (error) {
    if (isFailure(error)) return /could not find (\w+)/.exec(error.message)?.[1];
    throw error;
  }
  return undefined;
}

/** Cumulative size in bytes, as recorded in the root block. */
async function sizeBelow(kubo: Kubo, cid: CID, world: World): Promise<number> {
  const offline = { offline: true };
  const { cumulativeSize } = await kubo.calls.call(
    "files/stat",
    (client, by) => client.files.stat(`/ipfs/${cid}`, { ...by, ...offline }),
    world,
  );
  return typeof cumulativeSize === "number" ? cumulativeSize : Number.POSITIVE_INFINITY;
}

async function pinsAmong(kubo: Kubo, keys: readonly string[], world: World): Promise<ReadonlySet<string>> {
  const pinned = new Set<string>();
  const names = inOrder(keys, askedSingly, async (key) => ({ key, label: await nameOfPin(kubo, key, world) }));
  for await (const { key, label } of names) if (label !== undefined) pinned.add(key);
  return pinned;
}

async function allPins(kubo: Kubo, world: World): Promise<ReadonlySet<string>> {
  const pinned = new Set<string>();
  for await (const line of kubo.calls.lines("pin/ls", { type: "recursive", stream: true }, world)) {
    const { Cid, Type } = (line ?? {}) as { Cid?: unknown; Type?: unknown };
    if (typeof Cid !== "string")
      throw new Failure("corrupt", `${kubo.calls.name}: pin/ls answered a pin without a CID`);
    if (Type === "recursive") pinned.add(Cid);
  }
  return pinned;
}

/** Name of the recursive pin of a CID. Empty if the pin has no name; `undefined` if there is no such pin. */
async function nameOfPin(kubo: Kubo, key: string, world: World): Promise<string | undefined> {
  const one = { paths: key, type: "recursive", names: true } as const;
  let pins: readonly { readonly name?: string }[];
  try {
    pins = await kubo.calls.call("pin/ls", (client, by) => Array.fromAsync(client.pin.ls({ ...by, ...one })), world);
  } catch (error) {
    if (isFailure(error, "refused") && /is not pinned/.test(error.message)) return undefined;
    throw error;
  }
  const [pin] = pins;
  if (!pin) throw new Failure("corrupt", `${kubo.calls.name}: pin/ls answered without a pin, asked for ${key}`);
  return pin.name ?? "";
}

/** Whether a pin's name has the form of a {@link PinRequest} label, `campaign/path@release`. */
function isOurs(label: string, campaign: string | undefined): boolean {
  return /^[^/]+\/.*@\d+$/s.test(label) && (campaign === undefined || label.startsWith(`${campaign}/`));
}

/** A label as the name of a pin, shortened in the middle if it is too long: campaign and release stay readable. */
function nameFor(label: string): string {
  if (Buffer.byteLength(label) <= longestName) return label;
  const end = `…${/@\d+$/.exec(label)?.[0] ?? ""}`;
  const room = Buffer.from(label).subarray(0, longestName - Buffer.byteLength(end));
  // With `stream: true` the decoder drops an incomplete character at the end.
  return new TextDecoder().decode(room, { stream: true }) + end;
}
