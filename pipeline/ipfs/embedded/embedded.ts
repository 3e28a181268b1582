/**
 * The node that needs nothing installed: blocks in packs beside the campaign.
 *
 * ```
 * .fieldtree/packs/00000001.car    blocks, appended; any tool that reads CAR reads it
 * .fieldtree/packs/00000001.index  which of them are committed, and where they stand
 * .fieldtree/packs/lock            who writes, while somebody does
 * .fieldtree/pins.json             what is kept, by label
 * ```
 *
 * A block is there when its pack and then the index are on the disk, so wherever a process or the power goes, what was
 * promised is found again and the rest is cut off or picked up. Readers take no lock.
 */
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type Block, codecs, type Get, hashes, keyOf, sha256 } from "../../dag/block.ts";
import { largestBlock } from "../../dag/car.ts";
import { walk } from "../../dag/read.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import type { AddFiles, HomeNode } from "../node.ts";
import { verified } from "../verify.ts";
import { openPacks } from "./packs.ts";
import { isIncomplete, type Pins, readPins, writePins } from "./pins.ts";
import { startWriting, type Writing } from "./writing.ts";

/** The node whose state lies in `folder`, which is made when something is first written. */
export function embedded(folder: string): HomeNode & Required<Pick<HomeNode, "has" | "add" | "gc" | "fsck" | "close">> {
  const packFolder = join(folder, "packs");
  const pinFile = join(folder, "pins.json");
  const packs = openPacks(packFolder);
  // Roots known to be whole: everything below was added while we held the lock, so nobody took any of it away.
  const whole = new Set<string>();

  let starting: Promise<Writing> | undefined;
  const writing = (world: World): Promise<Writing> => {
    starting ??= startWriting(packFolder, packs, world);
    starting.catch(() => {
      starting = undefined;
    });
    return starting;
  };
  /** Do it under the lock. Where the disk says no, what isn't committed is cut off, and the next try starts afresh. */
  const attempt = async <T>(doing: string, world: World, work: (writing: Writing) => Promise<T>): Promise<T> => {
    const under = await writing(world);
    try {
      return await work(under);
    } catch (error) {
      const failure = diskFailure(error, doing);
      if (isFailure(failure, "refused")) {
        starting = undefined;
        await under.giveUp(failure);
        // Without the lock others may collect.
        whole.clear();
      }
      throw failure;
    }
  };
  // A collection has the node to itself.
  const underWay = new Set<Promise<unknown>>();
  let collecting: Promise<unknown> = Promise.resolve();
  const write: typeof attempt = async (doing, world, work) => {
    await collecting;
    const writing = attempt(doing, world, work);
    underWay.add(writing);
    return writing.finally(() => underWay.delete(writing));
  };
  const writeAlone: typeof attempt = (doing, world, work) => {
    const alone = Promise.allSettled([collecting, ...underWay]).then(() => attempt(doing, world, work));
    collecting = alone.catch(() => undefined);
    return alone;
  };

  const has = (digest: Uint8Array): boolean => packs.has(digest) || (packs.refresh() && packs.has(digest));
  const get = async (cid: CID): Promise<Uint8Array | undefined> => {
    const { code, digest } = cid.multihash;
    if (code !== hashes.sha256) return undefined;
    let damaged: string | undefined;
    do {
      damaged = undefined;
      for (const place of packs.places(digest)) {
        const bytes = await packs.read(place);
        if (bytes && Buffer.compare(sha256(bytes), digest) === 0) return bytes;
        damaged = `${place.pack.path} at byte ${place.offset}`;
      }
      // Not there, or not there any more: others may have written or collected meanwhile.
    } while (packs.refresh());
    if (damaged === undefined) return undefined;
    throw new Failure("corrupt", `${damaged} should hold ${cid} and holds other bytes`, {
      hint: "`fieldtree fsck --repair` takes what is damaged out; adding the data again brings it back",
    });
  };
  const getOrFail: Get = async (cid) => {
    const bytes = await get(cid);
    if (!bytes) throw new Failure("unavailable", `the embedded node does not hold ${cid}`);
    return bytes;
  };

  return {
    name: "embedded",

    async get(cid, world) {
      world.signal.throwIfAborted();
      return get(cid);
    },

    async has(cid, world) {
      world.signal.throwIfAborted();
      return cid.multihash.code === hashes.sha256 && has(cid.multihash.digest);
    },

    put: (blocks, world) =>
      write("storing blocks", world, async (under) => {
        try {
          for await (const block of blocks) {
            world.signal.throwIfAborted();
            refuseUnknown(block);
            verified(block.cid, block.bytes, "whoever stores it");
            under.append(block);
          }
        } finally {
          // What came before a failure is good, and was perhaps far to fetch.
          await under.commit();
        }
      }),

    pin: (root, label, world) =>
      write(`pinning ${label}`, world, async () => {
        const pins = await readPins(pinFile);
        const before = pins.get(label);
        if (before?.equals(root)) return;
        if (!whole.has(keyOf(root))) await assertWhole(root, pins, has, getOrFail, world);
        await writePins(pinFile, new Map(pins).set(label, root));
      }),

    unpin: (label, world) =>
      write(`letting go of ${label}`, world, async () => {
        const pins = new Map(await readPins(pinFile));
        if (pins.delete(label)) await writePins(pinFile, pins);
      }),

    pins: () => readPins(pinFile),

    add: ((path, options, world) =>
      write(`adding ${path}`, world, async (under) => {
        const { ingest } = await import("./ingest.ts");
        const added = await ingest(path, options, { folder: packFolder, writing: under }, world);
        whole.add(keyOf(added.cid));
        return added;
      })) satisfies AddFiles,

    gc: (world) =>
      writeAlone("collecting garbage", world, async (under) => {
        whole.clear();
        const { collect } = await import("./gc.ts");
        return collect(
          { folder: packFolder, packs, writing: under, pins: await readPins(pinFile), get: getOrFail },
          world,
        );
      }),

    fsck: async function* (options, world) {
      const { check } = await import("./fsck.ts");
      if (options.repair) await writing(world);
      return yield* check({ folder: packFolder, packs, pinFile, get: getOrFail }, options, world);
    },

    async close() {
      const under = await starting?.catch(() => undefined);
      await under?.close();
      packs.close();
    },
  };
}

/**
 * Every block below `root` is there. Raw leaves are only looked up, and what lies below a root that is pinned already is
 * known to be there: nothing is pinned that isn't whole, and what is pinned isn't collected.
 *
 * @throws Failure `unavailable` naming the first blocks that aren't.
 */
async function assertWhole(
  root: CID,
  pins: Pins,
  has: (digest: Uint8Array) => boolean,
  get: Get,
  world: World,
): Promise<void> {
  const pinned = new Set([...pins].filter(([label]) => !isIncomplete(label)).map(([, cid]) => keyOf(cid)));
  const missing: CID[] = [];
  const wants = (cid: CID): boolean => {
    world.signal.throwIfAborted();
    if (pinned.has(keyOf(cid)) || missing.length >= namedWhenMissing) return false;
    if (has(cid.multihash.digest)) return cid.code !== codecs.raw;
    missing.push(cid);
    return false;
  };
  for await (const _ of walk(root, get, { scope: "all", wants }));
  if (missing.length === 0) return;
  const more = missing.length === namedWhenMissing ? " and perhaps others" : "";
  throw new Failure("unavailable", `${root} can't be kept: ${missing.join(", ")}${more} is not here`, {
    hint: "add the data on this machine, or name a gateway that has it in campaign.yaml",
  });
}

const namedWhenMissing = 5;

function refuseUnknown({ cid, bytes }: Block): void {
  if (bytes.length > largestBlock) {
    throw new Failure(
      "input",
      `${cid} has ${bytes.length} bytes; blocks of more than ${largestBlock} can't be exchanged between nodes`,
    );
  }
  if (!knownCodecs.has(cid.code)) {
    throw new Failure("input", `${cid} is of codec 0x${cid.code.toString(16)}; kept are raw, dag-pb and dag-cbor`);
  }
}

const knownCodecs: ReadonlySet<number> = new Set(Object.values(codecs));
