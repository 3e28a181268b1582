/**
 * Files and folders of this machine, as blocks.
 *
 * `survey` says what there is, `blocksOf` makes it blocks in one thread. A faster way of hashing shares the survey and
 * `linkFolder`, and must come to the same CIDs.
 */
import { isUtf8 } from "node:buffer";
import { closeSync, constants, type Dirent, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { lstat, readdir, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../core/failure.ts";
import { byBytes } from "../core/order.ts";
import type { World } from "../core/world.ts";
import type { Added, AddOptions } from "./add.ts";
import type { Block, Link, Put } from "./block.ts";
import { makeDirectory, makeSymlink } from "./directory.ts";
import { balancer, type FileLink, leafOf } from "./file.ts";
import { profiles } from "./profile.ts";

/** What stands at a path. Sizes are not looked at: a file tells its size when it is read. */
export type Found =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | { readonly kind: "folder"; readonly path: string; readonly entries: readonly Named[] };

export interface Named {
  readonly name: string;
  readonly found: Found;
}

/** Bytes added after which it is worth asking for the sizes of all files, to say how long the rest will take. */
export const worthATotal = 256 * 2 ** 20;

/**
 * A local file or folder as blocks, children before parents. A symlink given as `path` itself is followed.
 *
 * @returns what was added, once every block was taken.
 * @throws Failure `input` for what isn't there, can't be read, isn't file, folder or symlink, has a name that isn't UTF-8,
 *   or changes while it is read.
 */
export async function* blocksOf(path: string, options: AddOptions, world: World): AsyncGenerator<Block, Added> {
  const profile = profiles[options.profile];
  const distinct = new Set<string>();
  let bytes = 0;
  let total: number | undefined;
  let made: Block[] = [];
  const put: Put = (block) => {
    distinct.add(Buffer.from(block.cid.multihash.digest).toString("latin1"));
    made.push(block);
  };
  const flush = function* (): Generator<Block> {
    const ready = made;
    made = [];
    yield* ready;
  };

  const add = async function* (found: Found): AsyncGenerator<Block, Link> {
    switch (found.kind) {
      case "symlink": {
        const link = makeSymlink(found.target, profile, put);
        yield* flush();
        return link;
      }
      case "folder": {
        const links = [];
        for (const { name, found: each } of found.entries) links.push({ name, ...(yield* add(each)) });
        const link = makeDirectory(links, profile, put);
        yield* flush();
        return link;
      }
      case "file": {
        const balancing = balancer(profile, put);
        for (const chunk of chunksOf(found.path, profile.chunkSize)) {
          world.signal.throwIfAborted();
          balancing.push(leafOf(chunk, profile, put));
          bytes += chunk.length;
          if (bytes > worthATotal) total ??= bytesOf(filesIn(all));
          world.progress({ task: "adding", done: bytes, ...(total !== undefined && { total }), unit: "bytes" });
          yield* flush();
        }
        const link: FileLink = balancing.finish();
        yield* flush();
        return link;
      }
    }
  };

  const all = await survey(path, options.symlinks, world);
  const { cid, tsize } = yield* add(all);
  return { cid, tsize, bytes, blocks: distinct.size };
}

/**
 * What stands at `path` and below it, names in byte order.
 *
 * @throws Failure `input` as {@link blocksOf} does.
 */
export async function survey(path: string, symlinks: AddOptions["symlinks"], world: World): Promise<Found> {
  const real = await saying(path, () => realpath(path));
  let files = 0;

  const look = async (at: string, type: Dirent<Buffer> | Stats): Promise<Found> => {
    world.signal.throwIfAborted();
    if (type.isFile()) {
      world.progress({ task: "counting", done: ++files, unit: "files" });
      return { kind: "file", path: at };
    }
    if (type.isDirectory()) {
      const entries: Named[] = [];
      for (const entry of await saying(at, () => readdir(at, { withFileTypes: true, encoding: "buffer" }))) {
        const name = nameOf(entry.name, at);
        entries.push({ name, found: await look(join(at, name), entry) });
      }
      return { kind: "folder", path: at, entries: entries.sort((a, b) => byBytes(a.name, b.name)) };
    }
    if (type.isSymbolicLink()) {
      if (symlinks === "refuse") {
        throw new Failure("input", `${at} is a symbolic link`, {
          hint: "replace it by what it points to, or keep links",
        });
      }
      const target = await saying(at, () => readlink(at, { encoding: "buffer" }));
      return { kind: "symlink", path: at, target: nameOf(target, at) };
    }
    const what = type.isFIFO() ? "a pipe" : type.isSocket() ? "a socket" : "a device";
    throw new Failure("input", `${at} is ${what}; only files, folders and symbolic links can be added`);
  };

  return look(real, await saying(real, () => lstat(real)));
}

/** Paths of the files in what was found, in its order. */
export function* filesIn(found: Found): Generator<string> {
  if (found.kind === "file") yield found.path;
  if (found.kind === "folder") for (const { found: each } of found.entries) yield* filesIn(each);
}

/** Bytes of these files as they are now; of those that are gone, none. */
export function bytesOf(paths: Iterable<string>): number {
  let bytes = 0;
  for (const path of paths) bytes += lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
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

/** What is said of a file that is not the same at the end as at the beginning. */
export function changed(path: string, how = "it was written to"): Failure {
  return new Failure("input", `${path} changed while it was read: ${how}`, {
    hint: "wait until nobody writes to it, then add it again",
  });
}

function nameOf(bytes: Buffer, folder: string): string {
  if (isUtf8(bytes)) return bytes.toString();
  throw new Failure("input", `${folder} holds a name that isn't UTF-8: ${JSON.stringify(bytes.toString("latin1"))}`, {
    hint: "rename it; `convmv` converts names from older encodings",
  });
}

async function saying<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** What the system says when `path` is read, as a failure that a person can act on; anything else as it came. */
export function unreadable(path: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return new Failure("input", `${path} does not exist`, { cause });
  if (code === "EACCES" || code === "EPERM") return new Failure("input", `${path} may not be read`, { cause });
  if (code === "ELOOP") return new Failure("input", `${path} became, or is, a loop of symbolic links`, { cause });
  if (code !== undefined) return new Failure("input", `${path} can't be read: ${(cause as Error).message}`, { cause });
  return cause;
}
