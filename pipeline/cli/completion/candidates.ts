/**
 * Candidates for shell completion: paths of the tree, a folder at a time, and numbers of releases, newest first.
 *
 * Completion must be fast: tree.yaml is read in spite of errors, and a log that does not answer in time is skipped.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { endedBy } from "../../core/abort.ts";
import { isFailure } from "../../core/failure.ts";
import { readTree } from "../../core/tree/tree.ts";
import type { Call, Verb } from "../verb.ts";

/** ms. Timeout for the log. */
const timeoutMs = 1_000;

/** Most release numbers offered, the newest ones. */
const most = 50;

/** Returns candidates that begin with `word`; folders end in a slash. None where there is no campaign. */
export async function candidatesFor(
  word: string,
  completes: NonNullable<Verb["completes"]>,
  call: Call,
): Promise<readonly string[]> {
  const folder = call.folderAround();
  if (folder === undefined) return [];
  const at = word.lastIndexOf("@");
  const words: string[] = [];
  if (completes.includes("tree")) {
    if (at >= 0) words.push(...(await releases(call)).map((number) => `${word.slice(0, at)}@${number}`));
    else words.push(...namesBelow(word, await readFile(join(folder, "tree.yaml"))));
  }
  if (completes.includes("releases") && /^\d*$/.test(word)) words.push(...(await releases(call)).map(String));
  return words.filter((each) => each.startsWith(word));
}

function namesBelow(word: string, text: Uint8Array): readonly string[] {
  const above = word.slice(0, word.lastIndexOf("/") + 1);
  const names = new Set<string>();
  for (const path of readTree(text).tree.keys()) {
    if (!path.startsWith(above)) continue;
    const end = path.indexOf("/", above.length);
    names.add(end < 0 ? path : path.slice(0, end + 1));
  }
  return [...names];
}

async function releases({ store, world }: Call): Promise<readonly number[]> {
  const inTime = endedBy(world, AbortSignal.timeout(timeoutMs));
  try {
    const head = await (await store()).log.head(inTime);
    const newest = head?.release.number ?? 0;
    return Array.from({ length: Math.min(newest, most) }, (_, i) => newest - i);
  } catch (error) {
    if (!inTime.signal.aborted && !isFailure(error)) throw error;
    return [];
  }
}
