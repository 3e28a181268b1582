/**
 * Labels of fieldtree on Kubo's pins.
 *
 * Kubo has one pin for each CID, and a pin has one name, which the next client that pins the CID replaces (`ipfs add` of the
 * same data makes it empty). Other clients' pins must not be changed, so:
 *
 * - A root without a pin is pinned itself, under the name `fieldtree:<label>`, so that `ipfs pin ls --names` shows what it is
 *   for.
 * - Where the CID has a pin already, another client's or that of another label, or where the label is too long for a name,
 *   a *note* is pinned instead: a dag-cbor block `{fieldtree: "pin", label, root}`, named `fieldtree note`. Kubo follows its
 *   link, so the note protects the root as well as the root's own pin would.
 *
 * Only pins that have such a name are removed. A pin whose name was replaced belongs to the other client: the label is then
 * absent, and pinning it again creates a note.
 */
import { decode, encode } from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type Block, codecs } from "../../dag/block.ts";
import { blockOf } from "../../dag/hash.ts";
import type { Rpc } from "../../http/kubo-rpc.ts";

export interface Pin {
  readonly label: string;
  readonly root: CID;
  /** What Kubo has pinned: the root itself, or a note. */
  readonly cid: CID;
}

const prefix = "fieldtree:";
const noteName = "fieldtree note";

/** Bytes that Kubo allows in the name of a pin. */
const longestName = 255;

/** Our pins, in the order of their CIDs. A run that ended between pinning and unpinning leaves two pins of one label. */
export async function ourPins(rpc: Rpc, world: World): Promise<Pin[]> {
  const args = { type: "recursive", names: true, name: "fieldtree", stream: true };
  const pins: Promise<Pin | undefined>[] = [];
  for await (const line of rpc.lines("pin/ls", args, world)) {
    const { Cid, Name } = line as { Cid?: string; Name?: string };
    if (!Cid || !Name) continue;
    const cid = CID.parse(Cid);
    if (Name.startsWith(prefix)) pins.push(Promise.resolve({ label: Name.slice(prefix.length), root: cid, cid }));
    else if (Name === noteName) pins.push(readNote(rpc, cid, world));
  }
  const found = (await Promise.all(pins)).filter((pin) => pin !== undefined);
  return found.sort((a, b) => Buffer.compare(a.cid.bytes, b.cid.bytes));
}

export interface DesiredPin {
  /** What to pin under the label, so that its root is protected. */
  readonly cid: CID;
  /** Name of that pin. */
  readonly name: string;
  /** A block to be stored before it is pinned. */
  readonly note?: Block;
  /** Whether Kubo lists this pin already. */
  readonly isPinned: boolean;
}

export async function desiredPin(rpc: Rpc, label: string, root: CID, world: World): Promise<DesiredPin> {
  const name = prefix + label;
  const itself = await nameOfPin(rpc, root, world);
  if (itself === name) return { cid: root, name, isPinned: true };

  const note = blockOf(codecs.dagCbor, encode({ fieldtree: "pin", label, root }));
  const isPinned = (await nameOfPin(rpc, note.cid, world)) === noteName;
  const free = itself === undefined && Buffer.byteLength(name) <= longestName;
  return free && !isPinned ? { cid: root, name, isPinned } : { cid: note.cid, name: noteName, note, isPinned };
}

/** Roots in one block: some 40 kB. */
const rootsEach = 1000;

/** Blocks that link to all of these roots, and the one above them all: Kubo writes to its disk for each pin, not for each link. */
export function linksTo(roots: readonly CID[]): { readonly root: CID; readonly blocks: readonly Block[] } {
  const blocks: Block[] = [];
  const above = (links: readonly CID[]): CID => {
    const block = blockOf(codecs.dagCbor, encode({ fieldtree: "roots", roots: links }));
    blocks.push(block);
    return block.cid;
  };
  let level = roots;
  do {
    const below = level;
    level = Array.from({ length: Math.ceil(below.length / rootsEach) }, (_, i) =>
      above(below.slice(i * rootsEach, (i + 1) * rootsEach)),
    );
  } while (level.length > 1);
  return { root: level[0] ?? above([]), blocks };
}

/** Pin, fetching what is missing while blocks arrive; false where none arrived for `timeoutMs`. */
export async function pinUnlessStalled(
  rpc: Rpc,
  { cid, name }: DesiredPin,
  timeoutMs: number,
  world: World,
): Promise<boolean> {
  let done = 0;
  // The monotonic clock, not the world's: this time is not part of anything that is published.
  let since = performance.now();
  // Kubo repeats its count twice a second, whether or not a block arrived.
  for await (const line of rpc.lines("pin/add", { arg: `${cid}`, name, progress: true }, world)) {
    const { Progress } = line as { Progress?: number };
    if (Progress !== undefined && Progress !== done) {
      done = Progress;
      since = performance.now();
      world.progress({ task: "pinning", done, unit: "blocks" });
    }
    if (performance.now() - since > timeoutMs) return false;
  }
  return true;
}

/**
 * The first block below `root` that Kubo does not have; `undefined` where it can't be determined in time. (A pin's own
 * `offline` only covers the root.)
 */
export async function firstMissing(rpc: Rpc, root: CID, world: World): Promise<CID | undefined> {
  try {
    await rpc.ask("dag/stat", { arg: `${root}`, progress: false, offline: true }, world);
  } catch (error) {
    if (isFailure(error, "unavailable")) return missingIn(error.message);
    throw error;
  }
  return undefined;
}

/** Unpin, unless the pin has another name by now: then another client relies on it. */
export async function unpinOurs(rpc: Rpc, { cid, label, root }: Pin, world: World): Promise<void> {
  const ours = cid.equals(root) ? prefix + label : noteName;
  if ((await nameOfPin(rpc, cid, world)) === ours) await rpc.call("pin/rm", (kubo, by) => kubo.pin.rm(cid, by), world);
}

/** The block that Kubo reported as not found. */
export function missingIn(message: string): CID | undefined {
  const cid = /could not find (\w+)/.exec(message)?.[1];
  return cid === undefined ? undefined : CID.parse(cid);
}

/** Empty where the pin has none; `undefined` where there is no pin. */
async function nameOfPin(rpc: Rpc, cid: CID, world: World): Promise<string | undefined> {
  try {
    const one = { paths: cid, type: "recursive", names: true } as const;
    const pins = await rpc.call("pin/ls", (kubo, by) => Array.fromAsync(kubo.pin.ls({ ...by, ...one })), world);
    return pins[0]?.name ?? "";
  } catch (error) {
    if (isFailure(error) && /is not pinned/.test(error.message)) return undefined;
    throw error;
  }
}

/** `undefined` for a pin that only has the name of a note: it was not created by fieldtree and must not be removed. */
async function readNote(rpc: Rpc, cid: CID, world: World): Promise<Pin | undefined> {
  if (cid.code !== codecs.dagCbor) return undefined;
  const bytes = await rpc.bytes("block/get", { arg: `${cid}`, offline: true }, world);
  let value: { fieldtree?: unknown; label?: unknown; root?: unknown } | null;
  try {
    value = decode(bytes);
  } catch (cause) {
    throw new Failure("corrupt", `${rpc.name}: the note ${cid} can't be read`, { cause });
  }
  const root = CID.asCID(value?.root);
  if (value?.fieldtree !== "pin" || typeof value.label !== "string" || !root) return undefined;
  return { label: value.label, root, cid };
}
