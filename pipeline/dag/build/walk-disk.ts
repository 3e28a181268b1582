/**
 * The files and folders at a path of this machine, listed before any file is read.
 *
 * Two million files are an ordinary model run. So names are stored as bytes, some fifteen for each entry, and become strings and
 * paths one at a time, while {@link stepsOf} goes through them.
 */
import { isUtf8 } from "node:buffer";
import { type Dirent, lstatSync, type Stats } from "node:fs";
import { lstat, opendir, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { pause } from "../event-loop.ts";
import type { AddOptions } from "./add-options.ts";

/** Without sizes: a file's size is taken when the file is opened. */
export interface Surveyed {
  readonly path: string;
  readonly found: Found;
}

type Found =
  | { readonly kind: "file" }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "folder"; readonly entries: Entries };

/** One after another, as a walk meets them: a folder, what is in it by the bytes of its name, its end. */
export type Step =
  | { readonly kind: "file"; readonly name: string; readonly path: string }
  | { readonly kind: "symlink"; readonly name: string; readonly target: string }
  | { readonly kind: "folder"; readonly name: string }
  | { readonly kind: "end" };

/**
 * The file or folder at `path` with everything below it. A symbolic link given as `path` itself is followed.
 *
 * @throws Failure `input` for what isn't there, can't be read, isn't file, folder or symlink, or has a name that isn't UTF-8.
 */
export async function survey(path: string, symlinks: AddOptions["symlinks"], world: World): Promise<Surveyed> {
  const real = await orUnreadable(path, () => realpath(path));
  let files = 0;

  const surveyAt = async (at: string, type: Dirent<Buffer> | Stats): Promise<Found> => {
    world.signal.throwIfAborted();
    if (type.isFile()) {
      world.progress({ task: "counting", done: ++files, unit: "files" });
      return file;
    }
    if (type.isDirectory()) {
      const adding = addingEntries();
      const folder = await orUnreadable(at, () =>
        opendir(at, { encoding: "buffer" as BufferEncoding, bufferSize: 512 }),
      );
      await orUnreadable(at, async () => {
        // With that encoding, names are bytes.
        for await (const entry of folder as AsyncIterable<Dirent<Buffer>>) {
          const name = nameOf(entry.name, at);
          adding.add(entry.name, entry.isDirectory() ? undefined : await surveyAt(join(at, name), entry));
        }
      });
      const entries = adding.sorted();
      for (const entry of entries.folders()) {
        const below = join(at, entries.nameOf(entry));
        entries.put(entry, await surveyAt(below, await orUnreadable(below, () => lstat(below))));
      }
      return { kind: "folder", entries };
    }
    if (type.isSymbolicLink()) {
      if (symlinks === "refuse") {
        throw new Failure("input", `${at} is a symbolic link`, {
          hint: "replace it by what it points to, or keep links",
        });
      }
      const target = await orUnreadable(at, () => readlink(at, { encoding: "buffer" }));
      return { kind: "symlink", target: nameOf(target, at) };
    }
    const what = type.isFIFO() ? "a pipe" : type.isSocket() ? "a socket" : "a device";
    throw new Failure("input", `${at} is ${what}; only files, folders and symbolic links can be added`);
  };

  return { path: real, found: await surveyAt(real, await orUnreadable(real, () => lstat(real))) };
}

const file: Found = { kind: "file" };

/** The steps of a walk through what was found. The name of the file or folder at the path itself is empty. */
export function* stepsOf({ path, found }: Surveyed, name = ""): Generator<Step> {
  switch (found.kind) {
    case "file":
      return yield { kind: "file", name, path };
    case "symlink":
      return yield { kind: "symlink", name, target: found.target };
    case "folder":
      yield { kind: "folder", name };
      for (let entry = 0; entry < found.entries.count; entry++) {
        const inner = found.entries.nameOf(entry);
        const each = { path: join(path, inner), found: found.entries.foundAt(entry) };
        if (each.found.kind === "file") yield { kind: "file", name: inner, path: each.path };
        else yield* stepsOf(each, inner);
      }
      yield { kind: "end" };
  }
}

/** Bytes of these files as they are now; files that are gone or can't be read count as 0. */
export async function bytesOf(surveyed: Surveyed, world: World): Promise<number> {
  let bytes = 0;
  for (const step of stepsOf(surveyed)) {
    if (world.signal.aborted) break;
    if (step.kind !== "file") continue;
    bytes += sizeOf(step.path);
    await pause();
  }
  return bytes;
}

function sizeOf(path: string): number {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return 0;
  }
}

interface Entries {
  readonly count: number;
  nameOf(entry: number): string;
  foundAt(entry: number): Found;
  /** Those whose own entries are still to be listed. */
  folders(): Generator<number>;
  put(entry: number, found: Found): void;
}

/** Entries as they are listed, in whatever order. What most of them are, files, takes no room but for the name. */
function addingEntries(): { add(name: Buffer, found: Found | undefined): void; sorted(): Entries } {
  let names = Buffer.alloc(256);
  let ends = new Float64Array(16);
  let count = 0;
  const others = new Map<number, Found | undefined>();
  const startOf = (entry: number): number => (entry === 0 ? 0 : ends[entry - 1]!);

  return {
    add(name, found) {
      const start = startOf(count);
      if (start + name.length > names.length) {
        const larger = Buffer.alloc(Math.ceil((start + name.length) * 1.5));
        names.copy(larger);
        names = larger;
      }
      if (count === ends.length) {
        const larger = new Float64Array(Math.ceil(count * 1.5));
        larger.set(ends);
        ends = larger;
      }
      names.set(name, start);
      ends[count] = start + name.length;
      if (found?.kind !== "file") others.set(count, found);
      count++;
    },

    sorted() {
      const order = Uint32Array.from({ length: count }, (_, entry) => entry).sort((a, b) =>
        names.compare(names, startOf(b), ends[b]!, startOf(a), ends[a]!),
      );
      // Again in their order and without room to spare: this is what stays in memory.
      const inOrder = Buffer.alloc(startOf(count));
      const endsInOrder = inOrder.length < 2 ** 32 ? new Uint32Array(count) : new Float64Array(count);
      const othersInOrder = new Map<number, Found | undefined>();
      let filled = 0;
      for (const [entry, listed] of order.entries()) {
        filled += names.copy(inOrder, filled, startOf(listed), ends[listed]!);
        endsInOrder[entry] = filled;
        if (others.has(listed)) othersInOrder.set(entry, others.get(listed));
      }
      return {
        count,
        nameOf: (entry) => inOrder.toString("utf8", entry === 0 ? 0 : endsInOrder[entry - 1]!, endsInOrder[entry]!),
        foundAt: (entry) => othersInOrder.get(entry) ?? file,
        *folders() {
          for (const [entry, found] of [...othersInOrder]) if (found === undefined) yield entry;
        },
        put: (entry, found) => void othersInOrder.set(entry, found),
      };
    },
  };
}

function nameOf(bytes: Buffer, folder: string): string {
  if (isUtf8(bytes)) return bytes.toString();
  throw new Failure("input", `${folder} has a name that isn't UTF-8: ${JSON.stringify(bytes.toString("latin1"))}`, {
    hint: "rename it; `convmv` converts names from older encodings",
  });
}

async function orUnreadable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** An error of the operating system on reading `path`, as a failure that a person can act on; any other error unchanged. */
export function unreadable(path: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return new Failure("input", `${path} does not exist`, { cause });
  if (code === "EACCES" || code === "EPERM") return new Failure("input", `${path} may not be read`, { cause });
  if (code === "ELOOP") return new Failure("input", `${path} became, or is, a loop of symbolic links`, { cause });
  if (typeof code === "string")
    return new Failure("input", `${path} can't be read: ${(cause as Error).message}`, { cause });
  return cause;
}
