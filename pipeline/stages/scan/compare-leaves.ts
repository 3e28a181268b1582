/** Compares the datasets in two versions of a leaf: which are new or gone, and what differs in the others. */
import type { CID } from "multiformats/cid";
import { isFailure } from "../../core/failure.ts";
import type { DatasetEntry, Entry } from "../../core/stac/catalog-entry.ts";
import { byBytes } from "../../core/text/order.ts";
import { type ArrayDifference, type DatasetDifference, differenceOf } from "../../core/versions/difference.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { type Scanning, scan } from "./scan.ts";
import { comparedArrays } from "./stored-arrays.ts";

export type ComparedDataset = {
  readonly path: string;
  readonly title?: string;
} & (
  | { readonly op: "added"; readonly to: string }
  | { readonly op: "removed"; readonly from: string }
  | { readonly op: "changed"; readonly from: string; readonly to: string; readonly difference: DatasetDifference }
  /** One of them can't be described, or its data is out of reach. */
  | { readonly op: "unknown"; readonly why: string; readonly outOfReach: boolean }
);

/** `before` or `after` is absent where the leaf is new or gone. In byte order of the paths. */
export async function compareLeaves(
  path: string,
  { before, after }: { readonly before?: CID; readonly after?: CID },
  using: Scanning,
  world: World,
): Promise<ComparedDataset[]> {
  const sides = [before, after].map((cid) => (cid ? entriesIn(path, cid, using, world) : Promise.resolve([])));
  const [old, now] = await Promise.all(sides);
  const lost = [old, now].find((entries) => typeof entries === "string");
  if (typeof old === "string" || typeof now === "string" || !old || !now) {
    return [{ path, op: "unknown", why: String(lost), outOfReach: true }];
  }
  const [was, is] = [old, now].map((entries) => new Map(entries.map((entry) => [entry.path, entry])));
  const paths = [...new Set([...was!.keys(), ...is!.keys()])].sort(byBytes);
  const compared: ComparedDataset[] = [];
  for (const each of paths) compared.push(...(await comparedDataset(each, was!.get(each), is!.get(each), using.get)));
  return compared;
}

async function comparedDataset(
  path: string,
  was: Entry | undefined,
  is: Entry | undefined,
  get: Get,
): Promise<ComparedDataset[]> {
  const failed = [is, was].find((entry) => entry?.kind === "failed");
  if (failed?.kind === "failed") return [{ path, op: "unknown", why: failed.failure.message, outOfReach: false }];
  const [old, now] = [was, is].map((entry) => (entry?.kind === "dataset" ? entry : undefined));
  const title = String((now ?? old)?.item.properties.title ?? "");
  if (old && now) {
    const { cid: from } = old;
    const { cid: to } = now;
    if (from === to) return [];
    const difference = differenceOf(old.item, now.item, await arraysOf(old, now, get));
    return [{ path, title, op: "changed", from, to, difference }];
  }
  if (now) return [{ path, title, op: "added", to: now.cid }];
  return old ? [{ path, title, op: "removed", from: old.cid }] : [];
}

/** Compares blocks; `undefined` where some are out of reach or invalid, because the descriptions can be compared all the same. */
export async function arraysOf(old: DatasetEntry, now: DatasetEntry, get: Get): Promise<ArrayDifference[] | undefined> {
  try {
    return await comparedArrays(old, now, get);
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

/** The catalog entries of a leaf, or why it can't be read. */
async function entriesIn(path: string, cid: CID, using: Scanning, world: World): Promise<readonly Entry[] | string> {
  const quiet = { ...world, progress: () => {} };
  for await (const { entries, unreachable } of scan([{ path, cid }], using, quiet)) return unreachable ?? entries;
  return [];
}
