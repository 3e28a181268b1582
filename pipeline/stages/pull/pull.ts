/**
 * Brings what an address leads to into the campaign's node: every block verified, and only those fetched that are missing.
 *
 * What has a history (releases of another campaign, a dataset of Open Data Fabric) is compared with what was pulled before, and
 * moves forward only: something older, diverged or unrelated is never taken for news. Everything is stored before it is pinned,
 * and pinned before the caller remembers it; what was pulled earlier stays pinned as far as `keep:` says (`earlier.ts`).
 */
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Relation, relationText } from "../../core/relation.ts";
import { plural } from "../../core/text/plural.ts";
import type { World } from "../../core/world.ts";
import { type Block, codecs, type Get } from "../../dag/block.ts";
import type { Source } from "../../ipfs/fallback.ts";
import type { Fetched } from "../../ipfs/fetch-missing.ts";
import { firstOf } from "../../ipfs/local-first.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import { required } from "../../ipfs/require-block.ts";
import { parentsOf } from "../../log/chain.ts";
import { readRelease } from "../../log/release.ts";
import { pulledLabel } from "../pins/label.ts";
import { entryOf, headOf, isAnotherCampaign, relationOfRemotes } from "./compare.ts";
import { type Remote, recognise } from "./recognise.ts";
import { remembering } from "./remembering.ts";

export interface PullParts {
  readonly home: HomeNode;
  readonly fetchBelow: (root: CID, from: readonly Source[], world: World) => Promise<Fetched>;
}

export interface PullRequest {
  readonly cid: CID;
  /** What was pulled under this name before. */
  readonly before?: CID;
  readonly from: Source;
  /** The name to pull under; called with what is there. */
  readonly nameOf: (remote: Remote) => string;
  /** Take what is older or has diverged, or has nothing in common, unless it is another campaign. */
  readonly force: boolean;
}

export interface Pulled {
  readonly name: string;
  readonly remote: Remote;
  /** Of what is at the address to what was pulled before; absent of what is no chain. */
  readonly relation?: Relation;
  readonly fetched: Fetched;
  /** False where what is at the address is older, and nothing was changed. */
  readonly taken: boolean;
  /** The newest entry of what `force` replaced, as text. */
  readonly overwrote?: string;
  /** What was pulled under the name before, where it is something else. */
  readonly replaced?: Remote;
}

/** `beforeOf`: what was pulled under a name, for a name that is known only when the address was read. */
export async function pull(
  { cid, from, nameOf, force }: PullRequest,
  beforeOf: (name: string) => CID | undefined,
  { home, fetchBelow }: PullParts,
  world: World,
): Promise<Pulled> {
  const source = remembering(from);
  const reach = firstOf(home, source);
  const get: Get = (asked) => required(asked, reach, world);
  const remote = await recognise(cid, get, world);
  const name = nameOf(remote);
  const before = beforeOf(name);
  const was = before && (await recognise(before, get, world));
  const relation = await relationOfRemotes(remote, was, get, world);
  const decided = decide(name, remote, was, relation, force);
  if (!decided.take) return { name, remote, ...(relation && { relation }), fetched: nothing, taken: false };
  source.stop();
  const fetched = await bring(name, remote, before, source, { home, fetchBelow }, world);
  const isOther = was !== undefined && !pinnedRoot(was).equals(pinnedRoot(remote));
  return {
    name,
    remote,
    ...(relation && { relation }),
    fetched,
    taken: true,
    ...(decided.overwrites && was && { overwrote: headOf(was) }),
    ...(isOther && { replaced: was }),
  };
}

/** What a pin of it pins: of a campaign, the portal of its newest release. */
export function pinnedRoot(remote: Remote): CID {
  return remote.kind === "campaign" ? remote.state.portal : remote.cid;
}

const nothing: Fetched = { blocks: 0, bytes: 0 };

/** @throws Failure `conflict` where it can't be taken; `refused` where `force` would replace another campaign. */
function decide(
  name: string,
  remote: Remote,
  was: Remote | undefined,
  relation: Relation | undefined,
  force: boolean,
): { readonly take: boolean; readonly overwrites?: boolean } {
  switch (relation?.relation) {
    case undefined:
    case "equal":
    case "ahead":
      return { take: true };
    case "behind":
      return { take: force, overwrites: force };
    case "diverged":
    case "unrelated": {
      const text = relationText(relation, {
        one: `what is at its address`,
        other: `what was pulled as ${name}`,
        entry: entryOf(remote),
      });
      if (isAnotherCampaign(remote, was)) {
        throw new Failure(force ? "refused" : "conflict", `${text}: they are of different campaigns`, {
          hint: "pull it under another name: --as NAME",
        });
      }
      if (force) return { take: true, overwrites: true };
      throw new Failure("conflict", text, { hint: `--force takes what is there now, --as NAME keeps both` });
    }
  }
}

/** Fetches, stores and pins all of it. Interrupted, the next run continues with what is missing. */
async function bring(
  name: string,
  remote: Remote,
  before: CID | undefined,
  source: Source,
  { home, fetchBelow }: PullParts,
  world: World,
): Promise<Fetched> {
  const pins = await home.pins(world);
  const isPinned = (root: CID) => pins.get(pulledLabel(name, root))?.equals(root) === true;
  const pin = (root: CID) => home.pin(root, pulledLabel(name, root), world);
  const root = pinnedRoot(remote);
  let { blocks, bytes } = nothing;
  if (!isPinned(root)) {
    const fetched = await fetchBelow(root, [source], world);
    blocks += fetched.blocks;
    bytes += fetched.bytes;
    await pin(root);
  }
  if (remote.kind !== "campaign" || !remote.state.head) return { blocks, bytes };
  for await (const { cid, bytes: release, isNew } of apartFromPortal(remote.state.head, before, source, home, world)) {
    // As a raw block: a pin of the release itself would need every tree that there ever was.
    const raw = CID.createV1(codecs.raw, cid.multihash);
    if (isNew) {
      await home.put([{ cid, bytes: release }], world);
      blocks++;
      bytes += release.length;
    }
    if (!isPinned(raw)) await pin(raw);
  }
  return { blocks, bytes };
}

/**
 * The releases that the portal of `head` does not contain: `head` itself, and what was merged. Those up to `before` were stored
 * by an earlier call.
 */
async function* apartFromPortal(
  head: CID,
  before: CID | undefined,
  source: Source,
  home: HomeNode,
  world: World,
): AsyncGenerator<Block & { readonly isNew: boolean }> {
  const visited = new Set(before ? [`${before}`] : []);
  const todo: { readonly cid: CID; readonly apart: boolean }[] = [{ cid: head, apart: true }];
  // What can be reached along the main line as well is contained: that line is followed first, being pushed last.
  for (let at = todo.pop(); at; at = todo.pop()) {
    const { cid, apart } = at;
    if (visited.has(`${cid}`)) continue;
    visited.add(`${cid}`);
    const here = await home.get(cid, world);
    const bytes = here ?? (await source.get(cid, world));
    if (!bytes) throw new Failure("unavailable", `release ${cid} is neither on ${home.name} nor on ${source.name}`);
    if (apart) yield { cid, bytes, isNew: !here };
    const release = readRelease({ cid, bytes });
    const isMain = cid.equals(head) || !apart;
    for (const parent of [...parentsOf(release)].reverse())
      todo.push({ cid: parent, apart: !(isMain && release.previous?.equals(parent)) });
    world.progress({ task: "reading releases", done: visited.size, unit: "releases" });
  }
}

/** One line about it. */
export function pulledText({ name, remote, relation, fetched, taken }: Pulled): string {
  const at = remote.kind === "campaign" ? `, release ${remote.state.number} of ${remote.state.campaign}` : "";
  if (!taken && relation) {
    const text = relationText(relation, {
      one: "what is at its address",
      other: "what was pulled",
      entry: entryOf(remote),
    });
    return `${name}: ${text}; nothing was changed`;
  }
  if (fetched.blocks === 0) return `${name}: up to date${at}`;
  return `${name}: ${plural(fetched.blocks, "block")} fetched${at}`;
}
