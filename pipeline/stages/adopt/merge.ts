/** What tree.yaml becomes when the releases of another copy of the log are adopted. */
import { Failure } from "../../core/failure.ts";
import { editTree } from "../../core/tree/edit.ts";
import { type Conflict, mergeTrees } from "../../core/tree/merge.ts";
import { maxDepth, readTree } from "../../core/tree/tree.ts";
import { leavesIn } from "../../core/tree/written-leaves.ts";
import { readYaml } from "../../core/yaml/yaml.ts";

export type Side = "ours" | "theirs";

/** Texts of tree.yaml: of the newest release that both have ("" for none), of either side, and as it is in the folder. */
export interface Texts {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  readonly folder: string;
}

export interface MergedText {
  readonly text: string;
  /** Where there are any, `text` is no merge. */
  readonly conflicts: readonly Conflict[];
}

/**
 * The merge of both sides, with the comments and the order of the file in the folder. `take`: the side that counts at paths
 * that both changed differently.
 *
 * @throws Failure `input` where the file in the folder has changes that are in no release; `findings` where it has errors.
 */
export function mergedText({ base, ours, theirs, folder }: Texts, take: Side | undefined): MergedText {
  const merged = merge(base, ours, theirs, take);
  if (merged.conflicts.length > 0) return merged;
  // As after a run that was ended between writing the file and moving the head.
  if (isSameTree(folder, merged.text)) return { text: folder, conflicts: [] };
  if (isSameTree(folder, ours)) return mergeTrees(ours, folder, merged.text);
  throw new Failure("input", "tree.yaml has changes that are in no release yet", {
    hint: "publish them first, or put tree.yaml back as it was published",
  });
}

function merge(base: string, ours: string, theirs: string, take: Side | undefined): MergedText {
  const first = mergeTrees(base, ours, theirs);
  if (first.conflicts.length === 0 || take === undefined) return first;
  const paths = first.conflicts.map(({ path }) => path);
  const [mine, yours] =
    take === "ours" ? [ours, withPathsOf(ours, theirs, paths)] : [withPathsOf(theirs, ours, paths), theirs];
  return mergeTrees(base, mine, yours);
}

/** `text` with everything at and below these paths as `from` has it. */
function withPathsOf(from: string, text: string, paths: readonly string[]): string {
  const isMeant = (leaf: string) => paths.some((path) => leaf === path || leaf.startsWith(`${path}/`));
  const [chosen, there] = [leavesOf(from), leavesOf(text)];
  const gone = [...there.keys()].filter((path) => isMeant(path) && !chosen.has(path)).map((path) => ({ path }));
  const set = [...chosen].filter(([path, written]) => isMeant(path) && there.get(path) !== written);
  return editTree(text, [...gone, ...set.map(([path, written]) => ({ path, written }))]);
}

const leavesOf = (text: string) => leavesIn(readYaml(text, { maxDepth }).documents[0]);

/** Whether two texts are the same tree: the same leaves, each as it is written. */
function isSameTree(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [one, other].map((text) => readTree(text).tree);
  const written = (leaf: { readonly kind: string; readonly cid: unknown }) => ("written" in leaf ? leaf.written : "");
  return (
    a!.size === b!.size && [...a!].every(([path, leaf]) => b!.has(path) && written(b!.get(path)!) === written(leaf))
  );
}
