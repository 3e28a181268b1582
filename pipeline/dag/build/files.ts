/**
 * Files and folders of this machine, as blocks, built in one thread.
 *
 * A faster way of hashing shares `survey.ts` and `tree-builder.ts`, and must come to the same CIDs.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { tmpdir } from "node:os";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Block, Put } from "../block.ts";
import { pause } from "../event-loop.ts";
import { profiles } from "../profile.ts";
import type { Added, AddOptions } from "./add-options.ts";
import { balancer, leafOf } from "./file.ts";
import { countDistinct, recordSorter } from "./record-sorter.ts";
import { type OnEntry, treeBuilder } from "./tree-builder.ts";
import { bytesOf, type Surveyed, stepsOf, survey, unreadable } from "./walk-disk.ts";

/** Bytes added after which the sizes of all files are summed, so that progress has a total. */
const worthATotal = 256 * 2 ** 20;

/**
 * A local file or folder as blocks, children before parents. A symlink given as `path` itself is followed.
 *
 * @returns what was added, once every block was taken.
 * @throws Failure `input` for what isn't there, can't be read, isn't file, folder or symlink, has a name that isn't UTF-8,
 *   or changes while it is read.
 */
export async function* blocksOf(
  path: string,
  options: AddOptions,
  world: World,
  onEntry?: OnEntry,
): AsyncGenerator<Block, Added> {
  const profile = profiles[options.profile];
  const digests = recordSorter(tmpdir());
  let pending: Block[] = [];
  const put: Put = (block) => {
    digests.add(block.cid.multihash.digest);
    pending.push(block);
  };
  const flush = function* (): Generator<Block> {
    const ready = pending;
    pending = [];
    yield* ready;
  };

  const tree = treeBuilder(profile, { onEntry });
  try {
    const surveyed = await survey(path, options.symlinks, world);
    const adding = addingProgress(surveyed, world);
    for await (const step of stepsOf(surveyed, world.signal)) {
      if (step.kind === "file") {
        const balancing = balancer(profile, put);
        for (const chunk of chunksOf(step.path, profile.chunkSize)) {
          world.signal.throwIfAborted();
          balancing.push(leafOf(chunk, profile, put));
          adding.add(chunk.length);
          yield* flush();
          await pause();
        }
        const { cid, tsize } = balancing.finish();
        tree.file(step.name, cid.bytes, tsize);
        yield* flush();
        continue;
      }
      for await (const block of tree.take(step)) {
        put(block);
        yield* flush();
      }
    }
    return { ...tree.root!, bytes: adding.bytes, blocks: await countDistinct(digests) };
  } finally {
    tree.close();
    digests.close();
  }
}

/** Reports progress in bytes; with the total once it is known. */
export function addingProgress(surveyed: Surveyed, world: World): { readonly bytes: number; add(bytes: number): void } {
  let done = 0;
  let total: number | undefined;
  let counting = false;
  return {
    get bytes() {
      return done;
    },
    add(bytes) {
      done += bytes;
      world.progress({ task: "adding", done, ...(total !== undefined && { total }), unit: "bytes" });
      if (done <= worthATotal || counting) return;
      counting = true;
      void bytesOf(surveyed, world).then((all) => {
        total = all;
      });
    },
  };
}

/**
 * The chunks of a file, each in a buffer of its own; one empty chunk where it is empty.
 *
 * Read without giving way: for small files, and campaigns have many, waiting would cost more than reading.
 *
 * @throws Failure `input` where it can't be read, or is not the same at the end as at the beginning.
 */
export function* chunksOf(path: string, chunkSize: number): Generator<Uint8Array> {
  let file: number | undefined;
  try {
    // What was a file a moment ago may be a link or a pipe by now: follow neither, wait for neither.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const before = fstatSync(file);
    if (!before.isFile()) throw changed(path);
    let done = 0;
    do {
      const chunk = new Uint8Array(Math.min(chunkSize, before.size - done));
      for (let filled = 0; filled < chunk.length; ) {
        const read = readSync(file, chunk, filled, chunk.length - filled, null);
        if (read === 0) throw changed(path, `it was ${before.size} bytes and ends after ${done + filled}`);
        filled += read;
      }
      done += chunk.length;
      yield chunk;
    } while (done < before.size);
    const after = fstatSync(file);
    if (after.size !== before.size) throw changed(path, `it was ${before.size} bytes and is ${after.size}`);
    if (after.mtimeMs !== before.mtimeMs) throw changed(path);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The failure for a file that changed between the first and the last read. */
export function changed(path: string, how = "it was written to"): Failure {
  return new Failure("input", `${path} changed while it was read: ${how}`, {
    hint: "wait until no program writes to it, then add it again",
  });
}
