/**
 * The portal: every view of the log, as one folder on IPFS.
 *
 * Views are folded from the releases before the one being created. The folded state is stored, so that release 1 000 does
 * not read 999 others; without it, or with a view of another version, everything is folded again from the first
 * release to the same bytes.
 */
import type { CID } from "multiformats/cid";
import { changesBetween } from "../../core/tree/changes.ts";
import type { Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { assemble, type Leaf } from "../../dag/assemble.ts";
import type { Link, Put } from "../../dag/block.ts";
import { fileOf } from "../../dag/build/file.ts";
import { profiles } from "../../dag/profile.ts";
import { fileStore } from "../../fold/file-store.ts";
import type { FoldedView } from "../../fold/folded-view.ts";
import { openViews } from "../../fold/views.ts";
import { byDate, parentsOf, releasesFrom } from "../../log/chain.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";
import { type Draft, mergedLinks, releaseBlock } from "../../log/release.ts";
import { emptyStates, foldsOf, rendered, withRelease } from "../../views/folds.ts";
import type { Content, Folded, Linked, MergedSide, Past, States, View } from "../../views/view.ts";
import type { Memories } from "./view-memory.ts";

/** The releases before a portal. */
export interface PastReleases {
  readonly before: Head | undefined;
  /** Those that its release merges. */
  readonly merged: readonly Head[];
}

export interface FoldParts {
  readonly log: Pick<ReleaseLog, "read">;
  /** The tree that a release published: asked for what was merged only. */
  readonly treeOf: (release: Draft) => Promise<Tree>;
  /** The tree.yaml that a release published: asked for releases that leave out their changes only. */
  readonly sourceOf: (release: Draft) => Promise<Uint8Array>;
  /** Folder of this machine of folded states. Losing it costs time only. */
  readonly state: string;
}

/**
 * The states that the views render, folded from every release up to `before`, those that it merged included, oldest first.
 *
 * All of them are stored as one: a state more, or another version of one, folds all of them again. Where the portal's
 * own release merges others, everything is folded in an order that is the same whichever of them comes before it.
 */
export async function foldViews(
  views: readonly View<States>[],
  { before, merged }: PastReleases,
  parts: FoldParts,
  world: World,
): Promise<States> {
  const { log, state } = parts;
  const folds = foldsOf(views);
  const step = async (states: States, { release, ...block }: Past, isMerged: boolean): Promise<States> => {
    const sides = await sidesOf(release, parts, world);
    const trees = await treesOf(release, parts, () => undefined, world);
    const next: Folded = {
      ...{ release, block, ...(sides && { sides }), ...(trees && { trees }) },
      ...(isMerged && { isMerged }),
    };
    return withRelease(folds, states, next);
  };
  const empty = emptyStates(folds);
  if (merged.length > 0) return foldMerge(before, merged, log, { empty, step }, world);

  // The first release that comes with a merge is none of the main line, since it does not follow the newest of that.
  const all: FoldedView<{ readonly main: string | null; readonly states: States }> = {
    name: "views",
    version: ["states", ...folds.map(({ name, version }) => `${name}.${version}`)].join(" "),
    empty: { main: null, states: empty },
    async step({ main, states }, past) {
      const isMerged = (past.release.previous?.toString() ?? null) !== main;
      return { main: isMerged ? main : past.cid.toString(), states: await step(states, past, isMerged) };
    },
    isPure: true,
  };
  const source = { name: "log", head: async () => before, read: log.read };
  const folded = openViews({ logs: [source], store: fileStore(state), world });
  folded.use(all);
  await folded.ready(all);
  return (await folded.get(all)).states;
}

/** Every release below a merge, in the order of their dates. Nothing is stored: there are few merges. */
async function foldMerge(
  before: Head | undefined,
  merged: readonly Head[],
  log: FoldParts["log"],
  { empty, step }: { empty: States; step: (states: States, past: Past, isMerged: boolean) => Promise<States> },
  world: World,
): Promise<States> {
  const main = new Set<string>();
  for await (const { cid } of releasesFrom(before, log, world)) main.add(cid.toString());
  let states = empty;
  for (const { cid, release } of await byDate([...(before ? [before] : []), ...merged], log, world)) {
    const size = releaseBlock(release).bytes.length;
    states = await step(states, { cid, size, release }, !main.has(cid.toString()));
  }
  return states;
}

/**
 * What each parent of a merge lacked of it; `undefined` for a release that merges none.
 *
 * @throws Failure `unavailable` where the tree.yaml of a parent is out of reach.
 */
export async function sidesOf(
  release: Draft,
  { log, treeOf }: Pick<FoldParts, "log" | "treeOf">,
  world: World,
): Promise<readonly MergedSide[] | undefined> {
  if (!release.merged) return undefined;
  const tree = await treeOf(release);
  const sides: MergedSide[] = [];
  for (const cid of mergedLinks(parentsOf(release)) ?? []) {
    const parent = await log.read(cid, world);
    sides.push({ portal: parent.portal, changes: changesBetween(await treeOf(parent), tree) });
  }
  return sides;
}

/**
 * The tree.yaml from which the changes of `release` follow, where its block has none of them; `undefined` where it has them.
 *
 * @throws Failure `unavailable` where one of them is out of reach.
 */
export async function treesOf(
  release: Draft,
  { log, sourceOf }: Pick<FoldParts, "log" | "sourceOf">,
  put: Put,
  world: World,
): Promise<readonly Linked[] | undefined> {
  if (release.changesLeftOut === undefined) return undefined;
  const trees = [await sourceOf(release)];
  if (release.previous) trees.push(await sourceOf(await log.read(release.previous, world)));
  return trees.map((text) => fileOf(text, profiles["cid-v1"], put));
}

export interface Rendering {
  /** By names of views. */
  readonly memories?: Memories;
  /** Awaited after each file, so that blocks can be stored before there are too many for memory. */
  readonly afterFile?: () => Promise<void>;
}

/**
 * The portal of the release in `content`. Blocks go to `put`; the data root and earlier releases are linked, not copied.
 *
 * @param before the states up to the release before.
 */
export async function buildPortal(
  views: readonly View<States>[],
  before: States,
  content: Content,
  put: Put,
  { memories, afterFile }: Rendering = {},
): Promise<Link> {
  const profile = profiles["cid-v1"];
  const top: Leaf[] = [];
  const { draft, sides, trees } = content;
  const next = { release: draft, ...(sides && { sides }), ...(trees && { trees }) };
  const states = withRelease(foldsOf(views), before, next);
  for (const view of views) {
    const leaves: FileLink[] = [];
    for (const { path, content: file } of rendered(view, states, content, memories?.get(view.name))) {
      const link = typeof file === "string" || file instanceof Uint8Array ? fileOf(bytesOf(file), profile, put) : file;
      leaves.push({ path, cid: link.cid, tsize: link.tsize });
      await afterFile?.();
    }
    for (const [name, below] of byFirstName(leaves)) {
      if (top.some(({ path }) => path === name)) throw new TypeError(`two views write below ${name}`);
      const link = Array.isArray(below) ? assemble(below, profile, put) : below;
      top.push({ path: name, cid: link.cid, tsize: link.tsize });
      await afterFile?.();
    }
  }
  return assemble(top, profile, put);
}

interface FileLink {
  readonly path: string;
  readonly cid: CID;
  readonly tsize: number;
}

/** What is at the top of the portal: files, and folders as what is below them. So only one view's files are in memory. */
function byFirstName(files: readonly FileLink[]): ReadonlyMap<string, FileLink | FileLink[]> {
  const top = new Map<string, FileLink | FileLink[]>();
  for (const file of files) {
    const slash = file.path.indexOf("/");
    const name = slash < 0 ? file.path : file.path.slice(0, slash);
    const known = top.get(name);
    if (slash < 0 || (known && !Array.isArray(known))) {
      if (known) throw new TypeError(`a view writes ${file.path} twice, or as a file and a folder`);
      top.set(name, file);
      continue;
    }
    const below = { ...file, path: file.path.slice(slash + 1) };
    if (known) known.push(below);
    else top.set(name, [below]);
  }
  return top;
}

const utf8 = new TextEncoder();
const bytesOf = (file: string | Uint8Array) => (typeof file === "string" ? utf8.encode(file) : file);
