/** The campaign's tree.yaml with one leaf more, and the lines that are new in it. */
import { setLeaf } from "../../pipeline/core/tree/edit.ts";

export interface TreeEdit {
  /** All of tree.yaml. */
  readonly text: string;
  /** What to put into it: the new line, with the folders above it. */
  readonly lines: string;
}

/** @throws Failure `input` for a path that can't be one, or that a leaf is in the way of. */
export function editedTree(tree: string, path: string, cid: string): TreeEdit {
  // Of a tree with nothing in it, the edit is the line with all of its folders.
  return { text: setLeaf(tree, path, cid).text, lines: setLeaf("", path, cid).text };
}
