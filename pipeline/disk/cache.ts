/**
 * A cache on disk, from run to run, of values that never change.
 *
 * For pure functions of a CID: the size of a root block, the description of a dataset. One file of lines that is only
 * appended to; a line truncated by a crash is skipped, and a deleted file is an empty cache. Not for values that may change
 * or that can't be computed again. In memory are the keys, and the values that are not saved yet: what is known of a hundred
 * thousand datasets is some hundred megabytes.
 *
 * ```ts
 * const sizes = await memory(join(state, "sizes"));
 * sizes.get("bafy…") ?? sizes.set("bafy…", await measure());
 * await sizes.save();
 * ```
 */
import { closeSync, openSync } from "node:fs";
import { appendFile, type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { atMost } from "../core/concurrency.ts";
import type { Json } from "../core/json.ts";
import { diskFailure } from "./disk-failure.ts";
import { readFully, readFullyApart } from "./read-fully.ts";

export interface Memory {
  get(key: string): Json | undefined;
  /** Keys contain neither tabs nor line ends. A key that is set keeps its first value. */
  set(key: string, value: Json): void;
  /** Append the new values to the file. Until then they are in this process's memory only. */
  save(): Promise<void>;
}

/** For a run that leaves nothing behind. */
export function memoryInMemory(): Memory {
  const values = new Map<string, Json>();
  return {
    get: (key) => values.get(key),
    set: (key, value) => void (values.has(key) || values.set(key, value)),
    save: async () => {},
  };
}

export async function memory(file: string): Promise<Memory> {
  const unsaved = new Map<string, string>();
  const saved = savedLines(file);
  const inTurn = atMost(1);
  await saved.index();

  return {
    get(key) {
      const fresh = unsaved.get(key);
      return fresh === undefined ? saved.get(key) : (JSON.parse(fresh) as Json);
    },
    set(key, value) {
      if (!saved.has(key) && !unsaved.has(key)) unsaved.set(key, JSON.stringify(value));
    },
    save: () => inTurn(() => save(file, unsaved, saved)),
  };
}

async function save(file: string, unsaved: Map<string, string>, saved: ReturnType<typeof savedLines>): Promise<void> {
  if (unsaved.size === 0) return;
  await mkdir(dirname(file), { recursive: true });
  let text = saved.isTorn() ? "\n" : "";
  let keys: string[] = [];
  const append = async () => {
    await appendFile(file, text);
    await saved.index();
    for (const key of keys) unsaved.delete(key);
    [text, keys] = ["", []];
  };
  // Values that are set meanwhile are left to the next time.
  for (const [key, value] of [...unsaved]) {
    text += `${key}\t${value}\n`;
    keys.push(key);
    if (text.length > mostAtOnce) await append();
  }
  if (text !== "") await append();
}

/** Characters that are appended at once: very many values need as much memory again as text otherwise. */
const mostAtOnce = 4_000_000;

/** Bytes that are read at once: of values that are read in the order in which they were saved, many. */
const readAtOnce = 65_536;
const indexedAtOnce = 1_048_576;

const newline = 10;
const tab = 9;
const utf8 = new TextDecoder();

/** The lines of a file. Of each key, memory has where its line is. */
function savedLines(file: string) {
  const lines = new Map<string, { readonly from: number; readonly to: number }>();
  /** Bytes of the file that are indexed, and whether more follow that are no line yet. */
  let indexed = 0;
  let isTorn = false;
  let window = { from: 0, bytes: new Uint8Array() };

  /** The bytes of the file from `from` to `to`; fewer where it is shorter now, none where it is gone. */
  const read = (from: number, to: number): Uint8Array => {
    if (from < window.from || to > window.from + window.bytes.length) {
      const bytes = new Uint8Array(Math.max(readAtOnce, to - from));
      const length = withFile(file, (fd) => readFully(fd, bytes, from)) ?? 0;
      window = { from, bytes: bytes.subarray(0, length) };
    }
    return window.bytes.subarray(from - window.from, to - window.from);
  };

  return {
    has: (key: string) => lines.has(key),
    /** Whether the file ends within a line. */
    isTorn: () => isTorn,
    get(key: string): Json | undefined {
      const line = lines.get(key);
      if (!line) return undefined;
      const bytes = read(line.from, line.to);
      const split = bytes.indexOf(tab);
      // Another process may have deleted the file since, and written a new one.
      const isThere = split > 0 && utf8.decode(bytes.subarray(0, split)) === key;
      const value = isThere ? parsed(bytes.subarray(split + 1)) : undefined;
      // So that it is saved again.
      if (value === undefined) lines.delete(key);
      return value;
    },
    /** Reads the lines that were appended since the last time, by this process or another. */
    async index(): Promise<void> {
      const handle = await openIfThere(file);
      if (!handle) return;
      try {
        let rest = new Uint8Array();
        for (let at = indexed; ; ) {
          const piece = new Uint8Array(rest.length + indexedAtOnce);
          piece.set(rest);
          const length = await readFullyApart(handle.fd, piece.subarray(rest.length), at);
          if (length === 0) break;
          at += length;
          const bytes = piece.subarray(0, rest.length + length);
          const end = bytes.lastIndexOf(newline) + 1;
          // The last line of a key counts: an earlier one is the same, or truncated.
          for (const [key, from, to] of linesIn(bytes.subarray(0, end)))
            lines.set(key, { from: indexed + from, to: indexed + to });
          indexed += end;
          rest = bytes.slice(end);
        }
        isTorn = rest.length > 0;
      } catch (error) {
        throw diskFailure(error, `reading ${file}`);
      } finally {
        await handle.close();
      }
    },
  };
}

/** @param bytes whole lines. Yields the key of each and where it is; of what has no key, nothing. */
function* linesIn(bytes: Uint8Array): Generator<readonly [key: string, from: number, to: number]> {
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(newline, from);
    const split = bytes.indexOf(tab, from);
    if (split > from && split < to) yield [utf8.decode(bytes.subarray(from, split)), from, to];
    from = to + 1;
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskFailure(error, `reading ${file}`);
  }
}

/** It is not left open: no one closes a cache. @throws Failure of {@link diskFailure} where the file can't be read. */
function withFile<T>(file: string, use: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskFailure(error, `reading ${file}`);
  }
  try {
    return use(fd);
  } catch (error) {
    throw diskFailure(error, `reading ${file}`);
  } finally {
    closeSync(fd);
  }
}

/** `undefined` for a value that doesn't parse, because it was truncated. */
function parsed(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(utf8.decode(bytes)) as Json;
  } catch {
    return undefined;
  }
}
