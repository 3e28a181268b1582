/**
 * A release: one entry of the append-only log.
 *
 * Each release has IPLD links to the whole published tree, its portal and the previous release, so the newest CID is enough
 * to walk, check and rebuild all older ones. Encoded as dag-cbor: the same release has the same CID.
 */
import * as dagCbor from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { byBytes } from "../core/text/order.ts";
import type { Change } from "../core/tree/changes.ts";
import type { Block } from "../dag/block.ts";
import { codecs } from "../dag/block.ts";
import { largestBlock } from "../dag/car.ts";
import { blockOf } from "../dag/hash.ts";

export interface Release extends Draft {
  /** CID of the portal generated from the log up to this release. */
  readonly portal: CID;
  /** Signature of the dag-cbor of all other fields; absent if the campaign has no key. */
  readonly signed?: Signature;
}

/** Ed25519. `by`: the public key, 32 bytes. `signature`: 64 bytes. */
export interface Signature {
  readonly by: Uint8Array;
  readonly signature: Uint8Array;
}

/** A release without its portal, which is generated from this and can't depend on its own CID. */
export interface Draft {
  readonly campaign: string;
  /** From 1, without gaps. */
  readonly number: number;
  /** The release before this one; `null` for the first. */
  readonly previous: CID | null;
  /**
   * Newest releases of other logs of the campaign that this one merges, sorted by the text of their CIDs, without duplicates.
   * Absent if there are none, so that the CIDs of such releases do not depend on this field.
   */
  readonly merged?: readonly CID[];
  /** The assembled tree. */
  readonly root: CID;
  /** The tree.yaml from which the root was assembled, as a UnixFS file. */
  readonly tree: CID;
  /** Date: the commit time of that tree.yaml, or the date of the previous release if later. ISO 8601, UTC, whole seconds. */
  readonly made: string;
  /** Changes since the previous release. CIDs in it are text: a release links to roots, not to single leaves. */
  readonly changes: readonly Change[];
  /**
   * How many changes there are, where the block of the release has none of them because it would be larger than what nodes
   * exchange. They follow from the tree.yaml of this release and that of the previous one (`left-out-changes.ts`).
   */
  readonly changesLeftOut?: number;
  /** Root and portal of the previous release; `null` for the first. */
  readonly before: { readonly root: CID; readonly portal: CID } | null;
  readonly madeWith: MadeWith;
  /** The release whose tree this one publishes again, and why. */
  readonly rollbackOf?: number;
  readonly why?: string;
}

/** Inputs of derived files other than the data: if they change, the portal changes without a change of data. */
export interface MadeWith {
  /** Versions by name. */
  readonly readers: Readonly<Record<string, number>>;
  readonly views: Readonly<Record<string, number>>;
  /** CID of the facts of campaign.yaml, as stable JSON. */
  readonly campaign: string;
}

/** `cids` in the form of {@link Draft.merged}: sorted, without duplicates; `undefined` if empty. */
export function mergedLinks(cids: readonly CID[]): readonly CID[] | undefined {
  const byText = new Map(cids.map((cid) => [cid.toString(), cid]));
  return byText.size === 0 ? undefined : [...byText].sort(([a], [b]) => byBytes(a, b)).map(([, cid]) => cid);
}

/** The release as a dag-cbor block. */
export function releaseBlock(release: Release): Block {
  return blockOf(codecs.dagCbor, encoded(release));
}

/** As dag-cbor, without changes that are left out. */
export function encoded(release: Draft | Omit<Release, "signed">): Uint8Array {
  return dagCbor.encode(release.changesLeftOut === undefined ? release : { ...release, changes: [] });
}

/** Bytes of a portal's CID and of a signature, and some more: what a draft lacks of its release. */
const restOfRelease = 1024;

/** `draft`, with {@link Draft.changesLeftOut} where its changes do not fit into a block. @param most bytes of a block */
export function fittingDraft(draft: Draft, most = largestBlock): Draft {
  if (dagCbor.encode(draft).length + restOfRelease <= most) return draft;
  return { ...draft, changesLeftOut: draft.changes.length };
}

/** @throws Failure `corrupt` if the bytes are no valid release. */
export function readRelease({ cid, bytes }: Block): Release {
  const not = (why: string, cause?: unknown) => new Failure("corrupt", `${cid} is not a release: ${why}`, { cause });
  let value: Partial<Release>;
  try {
    value = dagCbor.decode(bytes);
  } catch (cause) {
    throw not("it is not dag-cbor", cause);
  }
  const { campaign, number, previous, root, portal, tree, made, changes, before, madeWith } = value ?? {};
  if (typeof campaign !== "string") throw not("no campaign");
  if (!Number.isSafeInteger(number) || number! < 1) throw not("no number");
  if (previous !== null && !CID.asCID(previous)) throw not("no link to the release before it");
  const { merged } = value;
  if (merged !== undefined && !areMerged(merged, previous!)) throw not("what it merges is no sorted list of releases");
  if ((previous === null) !== (number === 1))
    throw not(`number ${number} ${previous ? "follows another" : "follows none"}`);
  for (const [name, link] of Object.entries({ root, portal, tree }))
    if (!CID.asCID(link)) throw not(`no link to its ${name}`);
  if (typeof made !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(made)) throw not("no time");
  if (!Array.isArray(changes) || typeof madeWith !== "object" || madeWith === null) throw not("parts are missing");
  if (number === 1 ? before !== null : !CID.asCID(before?.root) || !CID.asCID(before?.portal))
    throw not("what was live before it is missing");
  const { rollbackOf, why, signed, changesLeftOut } = value;
  if (
    changesLeftOut !== undefined &&
    !(Number.isSafeInteger(changesLeftOut) && changesLeftOut > 0 && changes.length === 0)
  )
    throw not("changes are left out, and there are some or their number is missing");
  if (rollbackOf !== undefined && !(Number.isSafeInteger(rollbackOf) && rollbackOf >= 1 && rollbackOf < number!))
    throw not("it rolls back to no earlier release");
  if (why !== undefined && typeof why !== "string") throw not("the reason is no text");
  if (signed !== undefined && !isSignature(signed)) throw not("its signature is none of ed25519");
  return value as Release;
}

/** Whether these are links to releases, sorted, without duplicates and without the previous release. */
function areMerged(value: unknown, previous: CID | null): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  const links = value.map((link) => CID.asCID(link)?.code === codecs.dagCbor && String(link));
  return links.every((link, i) => {
    if (link === false || link === String(previous)) return false;
    const before = links[i - 1];
    return i === 0 || (typeof before === "string" && byBytes(before, link) < 0);
  });
}

function isSignature(value: unknown): value is Signature {
  const { by, signature, ...more } = (value ?? {}) as Partial<Signature>;
  const bytes = (part: unknown, length: number) => part instanceof Uint8Array && part.length === length;
  return bytes(by, 32) && bytes(signature, 64) && Object.keys(more).length === 0;
}

/** Throws if a release does not follow `head`. */
export function assertFollows(next: Release, head: { readonly cid: CID; readonly release: Release } | undefined): void {
  const number = (head?.release.number ?? 0) + 1;
  const follows = next.number === number && (head ? next.previous?.equals(head.cid) === true : next.previous === null);
  if (!follows) {
    throw new Failure(
      "corrupt",
      `release ${next.number} (after ${next.previous ?? "none"}) does not follow release ${number - 1} (${head?.cid ?? "none"})`,
    );
  }
}
