/**
 * Mirror: have at another place what the plan has, and nothing else.
 *
 * What has to go goes before something new comes, so that the budget is never exceeded; only where both fit, a new version
 * comes before the old one goes. Run again after it was ended, it goes on: what is there already is not fetched again.
 */
import { Failure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { firstLines } from "../../core/text/shown.ts";
import { dataLeaves } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import { publishedHead, releasesFrom } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import type { Parts } from "../parts.ts";
import { type Past, treeOf } from "../tree/past.ts";
import { outOfReach, sizesOf } from "../tree/sizes.ts";
import { keyOf, type MirrorItem, type MirrorPlan, planMirror } from "./plan.ts";

/** A place that has copies of leaves. */
export interface MirrorTarget {
  readonly name: string;
  /** Whether data is stored once, at however many paths it is, and in addition to other data of the same path: at a node. */
  readonly storesByCid: boolean;
  /**
   * What is there, whole: a copy that lost something is not among it. `planned`: what the mirror is to have, for a place that
   * lists data and not the paths of it.
   */
  items(planned: readonly MirrorItem[], world: World): Promise<readonly MirrorItem[]>;
  /** Adds a copy. It is there whole, or not at all, also after a crash. A copy of other data at the same path is replaced. */
  add(item: MirrorItem, world: World): Promise<void>;
  remove(item: MirrorItem, world: World): Promise<void>;
  /** Present where what was removed takes space until this is called. */
  free?(world: World): Promise<void>;
  /** Present where other nodes can read blocks: stores one that is not part of the data, in place of the last one. */
  storeReport?(block: Block, world: World): Promise<void>;
  /** Called at the end, with what is there and what was left out. */
  finish?(status: MirrorStatus, world: World): Promise<void>;
}

export interface MirrorOptions {
  /** Of paths in the tree. */
  readonly isMeant: (path: string) => boolean;
  /** Bytes. */
  readonly budget: number;
  /** How many of the newest releases. */
  readonly keep: number;
}

/** What a mirror has, as it publishes it. */
export interface MirrorStatus {
  readonly head: Head;
  readonly items: readonly MirrorItem[];
  readonly left: readonly MirrorItem[];
}

export type MirrorEvent =
  | { readonly event: "added" | "removed" | "left"; readonly item: MirrorItem }
  | { readonly event: "mirrored"; readonly status: MirrorStatus; readonly added: number; readonly removed: number };

/** Yields what it does; the last event is `mirrored`. @throws Failure `unavailable` where data is out of reach. */
export async function* mirror(
  target: MirrorTarget,
  options: MirrorOptions,
  campaign: Past & Pick<Parts, "log">,
  world: World,
): AsyncGenerator<MirrorEvent> {
  const { head, plan } = await mirrorPlan(options, target.storesByCid, campaign, world);
  const have = new Map((await target.items(plan.items, world)).map((item) => [keyOf(item), item]));
  const desired = new Map(plan.items.map((item) => [keyOf(item), item]));
  const gone = [...have].filter(([key]) => !desired.has(key)).map(([, item]) => item);
  const fresh = plan.items.filter((item) => !have.has(keyOf(item)));

  // A new version may be there together with the old one only where the budget has room for both.
  const bytesOf = (items: Iterable<MirrorItem>) => [...items].reduce((sum, { bytes }) => sum + bytes, 0);
  const room = options.budget - bytesOf(have.values()) - bytesOf(fresh);
  const replaced = new Set(room >= 0 ? fresh.map(({ path }) => path) : []);
  for (const item of gone) {
    if (replaced.has(item.path)) continue;
    await target.remove(item, world);
    yield { event: "removed", item };
  }
  if (gone.length > 0) await target.free?.(world);
  let done = 0;
  for (const item of fresh) {
    world.signal.throwIfAborted();
    world.progress({ task: `mirroring to ${target.name}`, done: done++, total: fresh.length, unit: "leaves" });
    await target.add(item, world);
    yield { event: "added", item };
  }
  for (const item of gone) {
    if (!replaced.has(item.path)) continue;
    // Where paths are places, the new version took the place of the old one.
    if (target.storesByCid) await target.remove(item, world);
    yield { event: "removed", item };
  }
  for (const item of plan.left) yield { event: "left", item };

  if (fresh.length + gone.length > 0) await assertThere(plan.items, target, world);
  const status = statusOf(head, plan);
  await target.finish?.(status, world);
  yield { event: "mirrored", status, added: fresh.length, removed: gone.length };
}

/** What was added, and what was there before, is looked up once more. @throws Failure `drift` where some is not there. */
async function assertThere(planned: readonly MirrorItem[], target: MirrorTarget, world: World): Promise<void> {
  const there = new Set((await target.items(planned, world)).map(keyOf));
  const missing = planned.filter((item) => !there.has(keyOf(item)));
  if (missing.length === 0) return;
  const paths = firstLines(missing.map(({ path }) => path)).join(", ");
  throw new Failure(
    "drift",
    `${target.name} lacks ${plural(missing.length, "leaf", "leaves")} that were copied: ${paths}`,
  );
}

/** The plan for the newest release. `once`: data is stored once, at however many paths it is. */
export async function mirrorPlan(
  options: MirrorOptions,
  byCid: boolean,
  campaign: Past & Pick<Parts, "log">,
  world: World,
): Promise<{ readonly head: Head; readonly plan: MirrorPlan }> {
  const head = await publishedHead(campaign.log, world);
  const candidates = await candidatesOf(head, options, campaign, world);
  return { head, plan: planMirror(candidates, options.budget, byCid) };
}

const statusOf = (head: Head, { items, left }: MirrorPlan): MirrorStatus => ({ head, items, left });

async function candidatesOf(
  head: Head,
  { isMeant, keep }: MirrorOptions,
  campaign: Past & Pick<Parts, "log">,
  world: World,
): Promise<MirrorItem[]> {
  const found: MirrorItem[] = [];
  let count = 0;
  for await (const { release } of releasesFrom(head, campaign.log, world)) {
    if (count++ === keep) break;
    const tree = new Map([...(await treeOf(release, campaign, world))].filter(([path]) => isMeant(path)));
    const { of, missing } = await sizesOf(tree, campaign.get, campaign.sizes, world);
    if (missing.length > 0) throw outOfReach(missing);
    for (const { path, cid, written } of dataLeaves(tree)) {
      found.push({ path, cid, release: release.number, bytes: of.get(cid.toString()) ?? of.get(written) ?? 0 });
    }
  }
  return found;
}

/** A mirror's status as JSON: what it has, since which release, and what it left out. */
export function statusInJson(name: string, { head, items, left }: MirrorStatus): object {
  const line = ({ path, cid, release, bytes }: MirrorItem) => ({ path, cid: cid.toString(), release, bytes });
  const { campaign, number, made } = head.release;
  return {
    ...{ mirror: name, campaign, release: number, made, head: head.cid.toString() },
    bytes: items.reduce((sum, { bytes }) => sum + bytes, 0),
    items: items.map(line),
    left: left.map(line),
  };
}
