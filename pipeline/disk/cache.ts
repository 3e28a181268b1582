/**
 * A cache on disk for values that never change, kept from run to run.
 *
 * For pure functions of a CID: the size of a root block, the description of a dataset. One file of lines that is only
 * appended to; a line truncated by a crash is skipped, and a deleted file is an empty cache. Not for values that may change
 * or that can't be computed again.
 *
 * ```ts
 * const sizes = await memory(join(state, "sizes"));
 * sizes.get("bafy…") ?? sizes.set("bafy…", await measure());
 * await sizes.save();
 * ```
 */
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Json } from "../core/json.ts";
import { readIfThere } from "./read.ts";

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
  const stored = (await readIfThere(file)) ?? new Uint8Array();
  const lines = linesOf(stored);
  // As JSON: values as objects need several times as much memory.
  const fresh = new Map<string, string>();
  const unsaved = new Set<string>();
  let torn = stored.length > 0 && stored.at(-1) !== newline;

  return {
    get(key) {
      const known = fresh.get(key);
      if (known !== undefined) return JSON.parse(known) as Json;
      const at = lines.get(key);
      return at && parsed(stored.subarray(at.from, at.to));
    },
    set(key, value) {
      if (lines.has(key) || fresh.has(key)) return;
      fresh.set(key, JSON.stringify(value));
      unsaved.add(key);
    },
    async save() {
      if (unsaved.size === 0) return;
      await mkdir(dirname(file), { recursive: true });
      let text = torn ? "\n" : "";
      const append = async () => {
        const some = text;
        text = "";
        await appendFile(file, some);
        torn = false;
      };
      for (const key of unsaved) {
        unsaved.delete(key);
        text += `${key}\t${fresh.get(key)}\n`;
        if (text.length > mostAtOnce) await append();
      }
      if (text !== "") await append();
    },
  };
}

/** Characters that are appended at once: very many values need as much memory again as text otherwise. */
const mostAtOnce = 4_000_000;

const newline = 10;
const tab = 9;
const utf8 = new TextDecoder();

/** Byte range of each key's value. Values are parsed when they are read: most runs read few. */
function linesOf(bytes: Uint8Array): Map<string, { readonly from: number; readonly to: number }> {
  const lines = new Map<string, { from: number; to: number }>();
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(newline, from);
    if (to < 0) break;
    const split = bytes.indexOf(tab, from);
    if (split > 0 && split < to) {
      // The last line of a key counts: an earlier one is the same, or truncated.
      lines.set(utf8.decode(bytes.subarray(from, split)), { from: split + 1, to });
    }
    from = to + 1;
  }
  return lines;
}

/** `undefined` for a value that doesn't parse, because it was truncated. */
function parsed(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(utf8.decode(bytes)) as Json;
  } catch {
    return undefined;
  }
}
