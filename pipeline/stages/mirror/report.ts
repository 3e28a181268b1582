/**
 * What a mirror publishes of itself, so that others know who has what, and since when: a JSON file in one block, to which the
 * mirror's IPNS key leads.
 *
 * The record is signed by the mirror, and the block matches its CID. What the JSON claims is unverified: it is
 * checked for its form and its size, and shown; nothing is fetched or published by it.
 */
import { CID } from "multiformats/cid";
import * as v from "valibot";
import { isCid } from "../../core/cid.ts";
import { Failure } from "../../core/failure.ts";
import { stableJson } from "../../core/json.ts";
import { shown } from "../../core/text/shown.ts";
import { isTreePath } from "../../core/tree/names.ts";
import type { World } from "../../core/world.ts";
import { type Block, codecs, type Get } from "../../dag/block.ts";
import { blockOf } from "../../dag/hash.ts";
import type { PushTarget } from "../../names/ipns/push.ts";
import type { MirrorStatus } from "./mirror.ts";
import type { MirrorItem } from "./plan.ts";

/** Bytes of the JSON: what any node sends as one block. Leaves beyond it are counted and not listed. */
export const largestReport = 1 << 20;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const release = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(63));
const instant = v.pipe(v.string(), v.maxLength(30), v.isoTimestamp());
const cid = v.pipe(v.string(), v.maxLength(200), v.check(isCid, "is no CID"));
const path = v.pipe(v.string(), v.maxLength(4096), v.check(isTreePath, "is no path in a tree"));

const reportSchema = v.object({
  mirror: name,
  campaign: name,
  release,
  made: instant,
  head: cid,
  since: instant,
  leaves: count,
  bytes: count,
  left: v.object({ leaves: count, bytes: count }),
  items: v.array(v.object({ path, cid, release, bytes: count })),
});

/** `since`: when the mirror had all of this for the first time. `items`: newest release first, as many as fit. */
export type MirrorReport = v.InferOutput<typeof reportSchema>;

const sum = (items: readonly MirrorItem[]) => items.reduce((sum, { bytes }) => sum + bytes, 0);

export function reportOf(mirror: string, { head, items, left }: MirrorStatus, since: Date): MirrorReport {
  const { campaign, number, made } = head.release;
  return {
    ...{ mirror, campaign, release: number, made, head: `${head.cid}`, since: since.toISOString() },
    ...{ leaves: items.length, bytes: sum(items), left: { leaves: left.length, bytes: sum(left) } },
    items: items.map(({ path, cid, release, bytes }) => ({ path, cid: `${cid}`, release, bytes })),
  };
}

/** The report as a block, with as many of its items as {@link largestReport} has room for. */
export function reportBlock(report: MirrorReport): Block {
  const lineBytes = report.items.map((item) => Buffer.byteLength(JSON.stringify(item)) + 1);
  let room = largestReport - Buffer.byteLength(stableJson({ ...report, items: [] }));
  const fitting = report.items.filter((_, i) => {
    room -= lineBytes[i] ?? 0;
    return room >= 0;
  });
  return blockOf(codecs.raw, Buffer.from(stableJson({ ...report, items: fitting })));
}

/** @throws Failure `corrupt` for what no mirror publishes. */
export function readReport(bytes: Uint8Array): MirrorReport {
  if (bytes.length > largestReport) throw invalid(`it has more than ${largestReport} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
    throw invalid("it is no JSON", cause);
  }
  const read = v.safeParse(reportSchema, value);
  if (!read.success) throw invalid(`${v.getDotPath(read.issues[0]) ?? "it"}: ${shown(read.issues[0].message, 200)}`);
  if (read.output.items.length > read.output.leaves) throw invalid("it lists more leaves than it counts");
  return read.output;
}

const invalid = (why: string, cause?: unknown) =>
  new Failure("corrupt", `this is not what a mirror publishes: ${why}`, { ...(cause !== undefined && { cause }) });

/** What a record's value leads to. @throws Failure `corrupt` for what no mirror publishes; `unavailable` where `get` does. */
export async function reportAt(value: string, get: Get): Promise<MirrorReport> {
  const [, text = ""] = /^\/ipfs\/([^/]+)\/?$/.exec(value) ?? [];
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch (cause) {
    throw invalid(`${shown(value, 100)} is no CID`, cause);
  }
  // One block and no folder or large file, which could be of any size.
  if (cid.code !== codecs.raw) throw invalid(`${cid} is not one block of bytes`);
  return readReport(await get(cid));
}

/**
 * Points the mirror's key at its report. Where that has not changed, the same record is put again, so that the network goes on
 * knowing it while the mirror runs.
 *
 * @throws Failure as {@link PushTarget.put} does.
 */
export async function publishReport(
  mirror: string,
  status: MirrorStatus,
  target: PushTarget,
  store: (block: Block, world: World) => Promise<void>,
  get: Get,
  world: World,
): Promise<MirrorReport> {
  const now = await target.current(world);
  const before = now && (await reportOrNone(now.value, get));
  const since = before ? new Date(before.since) : world.now();
  const block = reportBlock(reportOf(mirror, status, since));
  const isSame = now?.value === `/ipfs/${block.cid}`;
  const next = isSame ? block : reportBlock(reportOf(mirror, status, world.now()));
  await store(next, world);
  await target.put(`/ipfs/${next.cid}`, now, world);
  return readReport(next.bytes);
}

/** A report that can't be read is replaced like any other. */
async function reportOrNone(value: string, get: Get): Promise<MirrorReport | undefined> {
  try {
    return await reportAt(value, get);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
