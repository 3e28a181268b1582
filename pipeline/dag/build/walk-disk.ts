/**
 * The files and folders at a path of this machine, in order, however many there are.
 *
 * Two million files are an ordinary model run. So {@link survey} goes through all of them once and remembers none: what can't be
 * added is found before any file is read. {@link stepsOf} lists them again, of each folder on the way the names, as bytes and
 * on the disk where they are very many.
 */
import { isUtf8 } from "node:buffer";
import { type Dir, type Dirent, lstatSync, opendirSync, readlinkSync, realpathSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { pause } from "../event-loop.ts";
import type { AddOptions } from "./add-options.ts";
import { recordSorter } from "./record-sorter.ts";

export interface Surveyed {
  /** Of no symbolic link. */
  readonly path: string;
  readonly symlinks: AddOptions["symlinks"];
  /** Folder for files of names, where a folder has very many. */
  readonly scratch: string;
}

/** One after another, as a walk meets them: a folder, what is in it by the bytes of its name, its end. */
export type Step =
  | { readonly kind: "file"; readonly name: string; readonly path: string }
  | { readonly kind: "symlink"; readonly name: string; readonly target: string }
  | { readonly kind: "folder"; readonly name: string }
  | { readonly kind: "end" };

/**
 * Goes through the file or folder at `path` with everything below it. A symbolic link given as `path` itself is followed.
 *
 * @throws Failure `input` for what isn't there, can't be read, isn't file, folder or symlink, or has a name that isn't UTF-8.
 */
export async function survey(
  path: string,
  symlinks: AddOptions["symlinks"],
  world: World,
  scratch = tmpdir(),
): Promise<Surveyed> {
  const real = orUnreadable(path, () => realpathSync(path));
  let files = 0;

  const surveyAt = async (at: string, type: Dirent<Buffer> | Stats): Promise<void> => {
    const kind = kindOf(at, type, symlinks);
    if (kind === "file") world.progress({ task: "counting", done: ++files, unit: "files" });
    else if (kind === "symlink") targetOf(at);
    else {
      for (const entry of entriesIn(at)) {
        world.signal.throwIfAborted();
        await surveyAt(join(at, nameOf(entry.name, at)), entry);
        await pause();
      }
    }
  };

  await surveyAt(real, typeAt(real));
  return { path: real, symlinks, scratch };
}

/**
 * The steps of a walk. The name of the file or folder at the path itself is empty.
 *
 * @throws Failure `input` as `survey` does, for what is there by now.
 */
export async function* stepsOf({ path, symlinks, scratch }: Surveyed, signal: AbortSignal): AsyncGenerator<Step> {
  const stepsAt = async function* (at: string, name: string, kind: Kind): AsyncGenerator<Step> {
    if (kind === "file") yield { kind, name, path: at };
    else if (kind === "symlink") yield { kind, name, target: targetOf(at) };
    else {
      yield { kind, name };
      const names = recordSorter(scratch);
      try {
        for (const entry of entriesIn(at)) {
          signal.throwIfAborted();
          const inner = nameOf(entry.name, at);
          names.add(nameRecord(entry.name, kindOf(join(at, inner), entry, symlinks)));
          await pause();
        }
        for (const record of names.sorted()) {
          const below = nameIn(record);
          const inner = join(at, below.name);
          if (below.kind === "file") yield { kind: "file", name: below.name, path: inner };
          // It may have become something else since its folder was listed: a link is not followed.
          else yield* stepsAt(inner, below.name, kindOf(inner, typeAt(inner), symlinks));
        }
      } finally {
        names.close();
      }
      yield { kind: "end" };
    }
  };
  yield* stepsAt(path, "", kindOf(path, typeAt(path), symlinks));
}

/** Bytes of these files as they are now; what is gone or can't be read counts as 0. */
export async function bytesOf(surveyed: Surveyed, world: World): Promise<number> {
  let bytes = 0;
  try {
    for await (const step of stepsOf(surveyed, world.signal)) {
      if (step.kind === "file") bytes += sizeOf(step.path);
      await pause();
    }
  } catch (error) {
    if (!isFailure(error, "input") && !world.signal.aborted) throw error;
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

type Kind = "file" | "symlink" | "folder";

/** @throws Failure `input` for anything else, and for a symbolic link where links are refused. */
function kindOf(at: string, type: Dirent<Buffer> | Stats, symlinks: AddOptions["symlinks"]): Kind {
  if (type.isFile()) return "file";
  if (type.isDirectory()) return "folder";
  if (type.isSymbolicLink()) {
    if (symlinks === "keep") return "symlink";
    throw new Failure("input", `${at} is a symbolic link`, {
      hint: "replace it by what it points to, or keep links",
    });
  }
  const what = type.isFIFO() ? "a pipe" : type.isSocket() ? "a socket" : "a device";
  throw new Failure("input", `${at} is ${what}; only files, folders and symbolic links can be added`);
}

const typeAt = (path: string): Stats => orUnreadable(path, () => lstatSync(path));

const targetOf = (at: string): string =>
  nameOf(
    orUnreadable(at, () => readlinkSync(at, { encoding: "buffer" })),
    at,
  );

/** The entries of a folder in whatever order it has them; of a large folder some hundred are in memory. */
function* entriesIn(folder: string): Generator<Dirent<Buffer>> {
  const names = { encoding: "buffer" as BufferEncoding, bufferSize: 512 };
  const open: Dir = orUnreadable(folder, () => opendirSync(folder, names));
  try {
    for (;;) {
      const entry = orUnreadable(folder, () => open.readSync());
      if (!entry) return;
      // With that encoding, names are bytes.
      yield entry as unknown as Dirent<Buffer>;
    }
  } finally {
    open.closeSync();
  }
}

const kinds: readonly Kind[] = ["file", "symlink", "folder"];

/** A name as bytes that sort by it: no name has a zero, so what follows one doesn't count. */
function nameRecord(name: Buffer, kind: Kind): Uint8Array {
  const record = Buffer.allocUnsafe(name.length + 2);
  record.set(name);
  record[name.length] = 0;
  record[name.length + 1] = kinds.indexOf(kind);
  return record;
}

function nameIn(record: Uint8Array): { readonly name: string; readonly kind: Kind } {
  const name = Buffer.from(record.buffer, record.byteOffset, record.length - 2).toString();
  return { name, kind: kinds[record.at(-1)!]! };
}

function nameOf(bytes: Buffer, folder: string): string {
  if (isUtf8(bytes)) return bytes.toString();
  throw new Failure("input", `${folder} has a name that isn't UTF-8: ${JSON.stringify(bytes.toString("latin1"))}`, {
    hint: "rename it; `convmv` converts names from older encodings",
  });
}

function orUnreadable<T>(path: string, work: () => T): T {
  try {
    return work();
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
