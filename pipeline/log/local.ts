/**
 * The log of a campaign that has no remote: the head is one small file, changed under a lock.
 *
 * Release blocks are stored at the campaign's node (by {@link Blocks}) and in files of the log, which can be read while the
 * node is down. A crash between storing the block and moving the head leaves an unreferenced block; the next run creates the
 * same block and moves the head.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { firstFound } from "../core/first-found.ts";
import type { World } from "../core/world.ts";
import { type Block, codecs } from "../dag/block.ts";
import { cidOf } from "../dag/hash.ts";
import { lock } from "../disk/lock.ts";
import { readIfThere } from "../disk/read.ts";
import { writeDurably } from "../disk/write.ts";
import { assertAttachmentName, assertAttachmentSize } from "./attachments.ts";
import { completing } from "./left-out-changes.ts";
import { localLeases } from "./local-lease.ts";
import type { Added, Attachments, Head, ReleaseLog } from "./log.ts";
import { assertFollows, type Release, readRelease, releaseBlock } from "./release.ts";
import { isSource, readSizes, sourceFiles, sourcePlaces } from "./source.ts";

/** How the log reads and durably stores a block: the campaign's node. */
export interface Blocks {
  get(cid: CID, world: World): Promise<Uint8Array | undefined>;
  put(blocks: Iterable<Block>, world: World): Promise<void>;
}

/** The log whose head is `STATE/log/head`, with its attachments alongside. Its lease is `STATE/publish.lock`. */
export function localLog(file: string, stored: Blocks): ReleaseLog {
  const headCid = async (): Promise<CID | undefined> => {
    const text = (await readIfThere(file))?.toString().trim();
    if (text === undefined) return undefined;
    try {
      return CID.parse(text);
    } catch (cause) {
      throw new Failure(
        "corrupt",
        `${file} should contain the CID of the newest release, and contains “${text.slice(0, 80)}”`,
        { cause },
      );
    }
  };

  const own = filesIn(dirname(file));

  const readBlock = async (cid: CID, world: World): Promise<Release> => {
    const isRelease = (bytes: Uint8Array) => cidOf(codecs.dagCbor, bytes).equals(cid);
    const bytes = await firstFound([() => own.read(placeOf(cid), isRelease, world), () => stored.get(cid, world)]);
    if (!bytes)
      throw new Failure("unavailable", `release ${cid} is out of reach`, {
        hint: `${file} or a later release names it`,
      });
    return readRelease({ cid, bytes });
  };

  const source: ReleaseLog["source"] = async ({ tree }, world) => {
    const places = sourcePlaces(tree);
    const text = await own.read(places.text.join("/"), (bytes) => isSource(tree, bytes), world);
    const sizes = text && (await own.read(places.sizes.join("/"), () => true, world));
    const known = sizes && readSizes(sizes);
    return text && { text, ...(known && { sizes: known }) };
  };

  const read = completing({ read: readBlock, source, get: stored.get, name: file });

  const head: ReleaseLog["head"] = async (world) => {
    const cid = await headCid();
    return cid && { cid, release: await read(cid, world) };
  };

  /** Stores everything, then moves the head: a crash before that leaves files that nothing names yet. */
  const move = async (to: Head, expected: Head | undefined, added: Added, world: World): Promise<Head> => {
    const blocks = [...(added.releases ?? []), to.release].map(releaseBlock);
    await stored.put(blocks, world);
    const files = Object.fromEntries(blocks.map(({ cid, bytes }) => [placeOf(cid), bytes]));
    for (const [path, bytes] of Object.entries({ ...sourceFiles(added.sources ?? []), ...files })) {
      await own.write(path, bytes);
    }
    const acquired = await lock(join(dirname(file), "lock"), "appending a release");
    try {
      const now = await headCid();
      if (now?.toString() !== expected?.cid.toString()) {
        throw new Failure(
          "conflict",
          `the head moved to ${now ?? "nothing"} while release ${to.release.number} was being written`,
          {
            hint: "run publish again: it starts from the new head",
          },
        );
      }
      await writeDurably(file, `${to.cid}\n`);
    } finally {
      await acquired.release();
    }
    return to;
  };

  return {
    name: file,
    head,
    read,
    source,
    async append(release, expected, world, added = {}) {
      assertFollows(release, expected);
      return move({ cid: releaseBlock(release).cid, release }, expected, added, world);
    },
    fastForward: (to, expected, world, added) => move(to, expected, added, world),
    leases: localLeases(join(dirname(dirname(file)), "publish.lock")),
    attachments: attachmentsIn(join(dirname(file), "beside")),
  };
}

/** Path of a release among the log's files. */
const placeOf = (cid: CID) => `releases/${cid}`;

interface Files {
  /** Contents of `path`. A file that is not `good` is damaged and is ignored, because the node has a copy. */
  read(path: string, good: (bytes: Uint8Array) => boolean, world: World): Promise<Uint8Array | undefined>;
  /** Replaces the file atomically; durable when it returns. */
  write(path: string, bytes: Uint8Array): Promise<void>;
}

function filesIn(folder: string): Files {
  return {
    async read(path, good, world) {
      const bytes = await readIfThere(join(folder, path));
      if (bytes && !good(bytes)) {
        world.log(`warning: ${join(folder, path)} is damaged, and is not used`);
        return undefined;
      }
      return bytes;
    },
    async write(path, bytes) {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await writeDurably(target, bytes);
    },
  };
}

/** Files in `folder`, which are this machine's own. */
export function attachmentsIn(folder: string): Attachments {
  const files = filesIn(folder);
  return {
    async read(name, world) {
      assertAttachmentName(name);
      return files.read(name, () => true, world);
    },
    async write(name, bytes) {
      assertAttachmentName(name);
      assertAttachmentSize(name, bytes);
      await files.write(name, bytes);
    },
  };
}
