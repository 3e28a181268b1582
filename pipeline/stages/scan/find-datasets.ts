/**
 * Finds the datasets below a folder and reads the description of each.
 *
 * The search does not descend into a folder that a reader recognises, so it never walks a chunk directory. In any other
 * folder it descends into each subfolder, within bounds; like files in it are one dataset (`read-folder.ts`). The same search serves a leaf of the tree and a folder of this machine, because
 * both are {@link Folder}s.
 *
 * A folder with many links to it is searched once ({@link pathsIn} lists its paths). Whatever a bound leaves out is
 * reported as a finding.
 */
import { inOrder } from "../../core/concurrency.ts";
import {
  type DatasetFinding,
  type Description,
  type Folder,
  mostNames,
  TooManyNames,
} from "../../core/dataset/dataset.ts";
import { byBytes } from "../../core/text/order.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { FormatReader } from "../../formats/reader.ts";
import { bounds, type SearchBounds, TooLarge } from "./bounds.ts";
import { type FolderNode, pathsIn } from "./folder-graph.ts";
import type { Here } from "./read-file.ts";
import { folderReading, type Inside } from "./read-folder.ts";

export type Found = FoundAt & Here;

interface FoundAt {
  /** Path below the folder that was searched; "" for the folder itself. */
  readonly below: string;
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
}

export type FoundDataset = Extract<Found, { readonly description: Description }>;

export interface Search {
  /** In byte order of their paths. */
  readonly found: readonly Found[];
  /** Paths of other files, so that a search by name finds them: the first ones that were met, in byte order. Absent where there are none. */
  readonly names?: readonly string[];
  /** Reports what a bound left out. */
  readonly left?: DatasetFinding;
}

const foldersAtOnce = 8;

/** The folder or file to search. */
export interface Searched {
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  /** Opens the folder. It and the folder's methods throw TooManyNames for a folder of more than `mostNames` entries. */
  readonly open: (mostNames: number) => Promise<Folder | undefined>;
}

/**
 * Returns every dataset in a folder, within `limits`. The result does not depend on the order in which reads finish.
 *
 * Bad content of one dataset becomes a failure of that dataset.
 *
 * @throws where bytes can't be retrieved; with `orThrow`, {@link TooLarge} where a bound would leave anything out.
 */
export async function findDatasets(
  { cid, size, open }: Searched,
  readers: readonly FormatReader[],
  world: World,
  { limits = bounds, orThrow = false }: { readonly limits?: SearchBounds; readonly orThrow?: boolean } = {},
): Promise<Search> {
  const root: FolderNode<Here> = { below: "", cid, size, children: [] };
  const left: Left = { folders: 0, files: 0, from: undefined, why: new Set() };
  const leave: Leave = (path, why, files) => {
    if (orThrow) throw new TooLarge(why);
    left.from ??= path;
    if (files === undefined) left.folders++;
    else left.files += files;
    left.why.add(why);
  };
  const readFolder = folderReading(open, { limits, orThrow }, readers, world);
  const take = taking(leave, limits);
  let level: readonly FolderNode<Here>[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const next: FolderNode<Here>[] = [];
    // Results are processed in order, so that a bound always applies at the same folder.
    const reads = inOrder(level, foldersAtOnce, async (node) => (take.spent() ? undefined : readFolder(node.below)));
    let at = 0;
    for await (const inside of reads) next.push(...take.from(level[at++]!, depth, inside));
    level = next;
  }
  const searched = { ...listed(root, left, limits), ...(take.names.length > 0 && { names: take.names.sort(byBytes) }) };
  if (orThrow && searched.left) throw new TooLarge(searched.left.says);
  return searched;
}

/** Counts of what was not searched. */
interface Left {
  folders: number;
  files: number;
  /** Path of the first one. */
  from: string | undefined;
  readonly why: Set<string>;
}

/** Records that the search left out `path`: a folder, or `files` files from there on. */
type Leave = (path: string, why: string, files?: number) => void;

/** Adds the results of reading folders to the graph, in order, within the bounds; calls `leave` for everything beyond. */
function taking(leave: Leave, limits: SearchBounds) {
  // By CID, because equal CIDs have equal content. A folder of this machine has no CID.
  const known = new Map<string, FolderNode<Here>>();
  let [folders, entries, links, files, descriptions, characters] = [0, 0, 0, 0, 0, 0];
  const names: string[] = [];

  const spent = (): string | undefined => {
    if (entries > limits.entries) return `${limits.entries} entries`;
    if (files > limits.files) return `${limits.files} files`;
    return descriptions > limits.descriptions ? `${limits.descriptions} bytes of descriptions` : undefined;
  };

  /** The bound that forbids following another link to a folder. `before`: whether the folder was already found. */
  const whyNot = (depth: number, before: boolean): string | undefined => {
    if (links >= limits.links) return `${limits.links} links to folders`;
    if (before) return undefined;
    if (depth >= limits.depth) return `${limits.depth} folders one in another`;
    return folders >= limits.folders ? `${limits.folders} folders` : undefined;
  };

  const found = (node: FolderNode<Here>, here: Here): void => {
    node.here = here;
    if ("description" in here) descriptions += JSON.stringify(here.description).length;
  };

  const name = (path: string): void => {
    if (names.length >= limits.names || characters + path.length > limits.nameCharacters) return;
    names.push(path);
    characters += path.length;
  };

  return {
    /** The bound that ended the search, if any. */
    spent,

    /** Paths of the files that are no part of any dataset, the first ones. */
    names,

    /** Returns the folders in `node` that still have to be read, each one only the first time. */
    from(node: FolderNode<Here>, depth: number, inside: Inside | TooManyNames | undefined): FolderNode<Here>[] {
      if (spent() !== undefined || inside === undefined || inside instanceof TooManyNames) {
        leave(node.below, spent() ?? `a folder of more than ${mostNames} entries`);
        return [];
      }
      entries += inside.entries;
      files += inside.files;
      if (inside.unread) leave(pathBelow(node, inside.unread.from), `${limits.files} files`, inside.unread.count);
      if (inside.here) found(node, inside.here);
      for (const other of inside.others ?? []) name(pathBelow(node, other));
      const fresh: FolderNode<Here>[] = [];
      for (const { name, cid, size, here, hasSidecar } of inside.inner) {
        const path = pathBelow(node, name);
        const key = hasSidecar ? "" : cid;
        const before = key === "" ? undefined : known.get(key);
        const why = whyNot(depth, before !== undefined);
        if (why !== undefined) {
          leave(path, why);
          continue;
        }
        links++;
        const child: FolderNode<Here> = before ?? { below: path, cid, size, children: [] };
        node.children.push({ name, node: child });
        if (before) continue;
        folders++;
        if (key !== "") known.set(key, child);
        if (here) found(child, here);
        else fresh.push(child);
      }
      return fresh;
    },
  };
}

const pathBelow = ({ below }: FolderNode<Here>, name: string) => (below === "" ? name : `${below}/${name}`);

function listed(root: FolderNode<Here>, left: Left, limits: SearchBounds): Search {
  const paths = pathsIn(root, { most: limits.datasets, depth: limits.depth });
  const found = paths.listed.map(({ below, node: { here, cid, size } }): Found => ({ below, cid, size, ...here! }));
  found.sort((a, b) => byBytes(a.below, b.below));
  const says: string[] = [];
  if (left.from !== undefined) {
    const folders = left.folders === 1 ? "1 folder" : `at least ${left.folders} folders`;
    const files = left.files === 1 ? "1 file" : `${left.files} files`;
    const rest = [left.folders > 0 && folders, left.files > 0 && files].filter(Boolean).join(" and ");
    const why = [...left.why].join(", and at ");
    says.push(`the search for datasets ended at ${why}: ${rest} from “${shown(left.from, 200)}” on are unsearched`);
  }
  if (paths.count > found.length) {
    const last = shown(found.at(-1)?.below ?? "", 200);
    says.push(`it contains ${paths.count} datasets, of which ${found.length} are listed, up to “${last}”`);
  }
  return says.length === 0 ? { found } : { found, left: notSearched(says) };
}

function notSearched(says: readonly string[]): DatasetFinding {
  return {
    level: "warning",
    rule: "not-searched",
    says: `${says.join("; ")}; the rest is published and not listed`,
    fix: "give the folders in it lines of their own in tree.yaml",
  };
}
