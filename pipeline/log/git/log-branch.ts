/**
 * A log's branch as this machine knows it: its head, and the releases and tree.yaml files on it.
 *
 * Everything read from the branch is checked. A block and a tree.yaml must match their CIDs; the head must continue the head
 * that this machine recorded last, so that a branch rewritten by force is refused.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { firstFound } from "../../core/first-found.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { codecs } from "../../dag/block.ts";
import { cidOf } from "../../dag/hash.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import { allReleasesFrom } from "../chain.ts";
import type { Blocks } from "../local.ts";
import type { Head } from "../log.ts";
import { type Draft, type Release, readRelease } from "../release.ts";
import { isSource, largestSource, readSizes, type Source, sourcePlaces } from "../source.ts";
import type { Branch, Tip } from "./branch.ts";
import type { Repository } from "./repository.ts";
import { entryOf } from "./tree.ts";

export interface LogBranch {
  /** For messages: `branch campaign/state of https://…`. */
  readonly name: string;
  readonly branch: string;
  readonly repository: Repository;
  readonly files: Branch;
  /** The campaign's node, where a release may be when the branch lacks it. */
  readonly blocks: Blocks;
  /** File with the head that this machine recorded last. */
  readonly recordedHead: string;
  /** The newest tip that was read, so that an unchanged branch is read once. */
  latest?: TipWithHead;
  /** Whether a tree.yaml was fetched: most callers read the head's alone, and those that read a second one read all. */
  fetchedSource?: boolean;
}

/** The branch at one commit, and the head that it names there. */
export interface TipWithHead extends Tip {
  readonly head: CID | undefined;
}

/** Bytes. A release that changes a hundred thousand leaves has twenty million. */
const largestRelease = 64 << 20;
const largestHead = 200;

/**
 * The branch as it is on the remote now; `undefined` where it does not exist.
 *
 * @throws Failure `corrupt` where it does not continue the head that was recorded here.
 */
export async function currentTip(log: LogBranch, world: World): Promise<TipWithHead | undefined> {
  const commit = (await log.repository.tips([log.branch], world)).get(log.branch);
  if (commit !== undefined && log.latest?.commit === commit) return log.latest;
  const tip = commit === undefined ? undefined : await tipAt(log, commit, world);
  await assertContinues(log, tip, world);
  if (tip) log.latest = tip;
  else delete log.latest;
  return tip;
}

/** The branch as it is at `commit`. The head comes with the commit, releases when they are read. */
export async function tipAt(log: LogBranch, commit: string, world: World): Promise<TipWithHead> {
  const tip = await log.files.tipAt(commit, world, { blobsUpTo: largestHead });
  const file = entryOf(tip.entries, "head", "file", log.name);
  return { ...tip, head: file && headIn(await log.files.content(file, largestHead, world), log.name) };
}

/**
 * The release of that CID, from the branch at `tip`, else from the campaign's node, which may be down.
 *
 * @throws Failure `unavailable` where neither has it, `corrupt` where the branch has other bytes under that name.
 */
export async function releaseAt(
  log: LogBranch,
  tip: () => Promise<TipWithHead | undefined>,
  cid: CID,
  world: World,
): Promise<Release> {
  const fromBranch = async () => releaseBytes(log, await tip(), cid, world);
  const bytes = await firstFound([fromBranch, () => log.blocks.get(cid, world)]);
  if (!bytes) {
    throw new Failure("unavailable", `release ${cid} is out of reach`, {
      hint: `a later release on ${log.name} names it`,
    });
  }
  if (!cidOf(codecs.dagCbor, bytes).equals(cid)) {
    throw new Failure("corrupt", `what ${log.name} has as release ${cid} is something else`);
  }
  return readRelease({ cid, bytes });
}

/** The tree.yaml of a release, and the sizes of its leaves, as the branch has them at `tip`. */
export async function sourceAt(
  log: LogBranch,
  tip: TipWithHead,
  { tree, number }: Draft,
  world: World,
): Promise<Source | undefined> {
  const places = sourcePlaces(tree);
  const [text, sizes] = [await log.files.find(tip, places.text), await log.files.find(tip, places.sizes)];
  if (!text) return undefined;
  await fetchSource(log, tip, [text.oid, ...(sizes ? [sizes.oid] : [])], world);
  const bytes = await log.files.content(text, largestSource, world);
  if (!isSource(tree, bytes)) {
    throw new Failure("corrupt", `what ${log.name} has as tree.yaml of release ${number} (${tree}) is something else`);
  }
  const known = sizes && readSizes(await log.files.content(sizes, largestSource, world));
  return { text: bytes, ...(known && { sizes: known }) };
}

/** Where a release is on the branch. The end of a CID is hash: 256 folders and no more. */
export function releasePath(cid: CID): readonly string[] {
  const text = cid.toString();
  return ["releases", text.slice(-2), text];
}

export async function recordHead(log: LogBranch, { cid, release }: Head): Promise<void> {
  await mkdir(dirname(log.recordedHead), { recursive: true });
  await writeDurably(log.recordedHead, `${release.number} ${cid}\n`);
}

/** @throws Failure `corrupt` where the file has something else. */
export async function readRecordedHead(
  log: LogBranch,
): Promise<{ readonly number: number; readonly cid: CID } | undefined> {
  const bytes = await readIfThere(log.recordedHead);
  if (!bytes) return undefined;
  const [, number, cid] = /^(\d{1,15}) (\w+)\n$/.exec(bytes.toString()) ?? [];
  try {
    return { number: Number(number), cid: CID.parse(cid!) };
  } catch (cause) {
    throw new Failure("corrupt", `${log.recordedHead} should contain the number and CID of a release`, {
      hint: "remove it: it only records the newest head that was read from the log",
      cause,
    });
  }
}

/** @throws Failure `corrupt` where the branch no longer has the head that was recorded here, or one that follows it. */
async function assertContinues(log: LogBranch, tip: TipWithHead | undefined, world: World): Promise<void> {
  const recorded = await readRecordedHead(log);
  if (recorded ? tip?.head?.equals(recorded.cid) : !tip?.head) return;
  const rewritten = (now: string) =>
    new Failure(
      "corrupt",
      `${log.name} was rewritten: its head was ${recorded?.cid} (release ${recorded?.number}), and is ${now}`,
      { hint: `push the lost commits back; if another log is meant to be there, remove ${log.recordedHead}` },
    );
  if (!tip?.head) throw rewritten("gone");
  const atTip = { read: (cid: CID) => releaseAt(log, async () => tip, cid, world) };
  const head = { cid: tip.head, release: await atTip.read(tip.head) };
  if (recorded && !(await leadsTo(recorded, allReleasesFrom(head, atTip, world)))) {
    throw rewritten(`${tip.head} (release ${head.release.number})`);
  }
  await recordHead(log, head);
}

/** Whether the recorded release is among `releases`, newest first. Below a merge all are read: it may be on a merged line. */
async function leadsTo(
  recorded: { readonly number: number; readonly cid: CID },
  releases: AsyncIterable<Head>,
): Promise<boolean> {
  let isBelowMerge = false;
  for await (const { cid, release } of releases) {
    if (cid.equals(recorded.cid)) return true;
    isBelowMerge ||= release.merged !== undefined;
    if (!isBelowMerge && release.number <= recorded.number) return false;
  }
  return false;
}

function headIn(bytes: Uint8Array, name: string): CID {
  const text = Buffer.from(bytes).toString().trimEnd();
  try {
    const cid = CID.parse(text);
    if (cid.code === codecs.dagCbor && cid.toString() === text) return cid;
  } catch {
    // The failure below covers every text that is not the CID of a release.
  }
  throw new Failure("corrupt", `head on ${name} should be the CID of a release, and is “${shown(text)}”`);
}

async function releaseBytes(
  { files, repository }: LogBranch,
  tip: TipWithHead | undefined,
  cid: CID,
  world: World,
): Promise<Uint8Array | undefined> {
  const entry = tip && (await files.find(tip, releasePath(cid)));
  if (!entry) return undefined;
  if (!tip.head?.equals(cid) && !(await repository.has(entry.oid))) await files.bringAll(tip, "releases", world);
  return files.content(entry, largestRelease, world);
}

/** Fetch these files of one release; of a second one, those of all releases at once. */
async function fetchSource(log: LogBranch, tip: TipWithHead, oids: readonly string[], world: World): Promise<void> {
  const lacking = [];
  for (const oid of oids) if (!(await log.repository.has(oid))) lacking.push(oid);
  if (lacking.length === 0) return;
  await (log.fetchedSource ? log.files.bringAll(tip, "trees", world) : log.repository.bringBlobs(lacking, world));
  log.fetchedSource = true;
}
