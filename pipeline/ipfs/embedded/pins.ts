/** What the embedded node was told to keep: labels and the roots they keep, in one small file. */
import { lstat, readFile } from "node:fs/promises";
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { stableJson } from "../../core/json.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { writeDurably } from "../../disk/write.ts";

export type Pins = ReadonlyMap<string, CID>;

/** Bytes. Room for a million labels; more is not a file of ours. */
const largestFile = 200_000_000;

/** What a label becomes when damaged blocks below its root were taken out: the rest is kept, but it counts as pinned no more. */
export function incomplete(label: string): string {
  return isIncomplete(label) ? label : `${incompletePrefix}${label}`;
}

export function isIncomplete(label: string): boolean {
  return label.startsWith(incompletePrefix);
}

const incompletePrefix = "incomplete: ";

/** @throws Failure `corrupt` where the file is no list of pins: without it, nothing may be collected. */
export async function readPins(file: string): Promise<Pins> {
  let text: string;
  try {
    const stat = await lstat(file);
    if (!stat.isFile() || stat.size > largestFile) throw damaged(file);
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw diskFailure(error, "reading what is pinned");
  }
  try {
    const labels: unknown = JSON.parse(text);
    if (typeof labels !== "object" || labels === null || Array.isArray(labels)) throw new TypeError("not an object");
    return new Map(Object.entries(labels).map(([label, cid]) => [label, CID.parse(String(cid))]));
  } catch (cause) {
    throw damaged(file, cause);
  }
}

/** @throws Failure `refused` where the disk is full; what was pinned before is then still pinned. */
export async function writePins(file: string, pins: Pins): Promise<void> {
  // A null prototype, so that a label named __proto__ is a label like any other.
  const labels: Record<string, string> = Object.create(null);
  for (const [label, cid] of pins) labels[label] = cid.toString();
  await writeDurably(file, stableJson(labels, 1));
}

function damaged(file: string, cause?: unknown): Failure {
  return new Failure("corrupt", `${file} should hold what is pinned, as labels and CIDs, and can't be read`, {
    hint: "move it away: blocks stay, and publishing again pins what is published",
    cause,
  });
}
