/**
 * Sources of a release, which the log stores alongside its block: the tree.yaml that it published, and sizes of its leaves.
 *
 * Machines may share a log and no blocks: two laptops, or a laptop and a job in the cloud. With these two each of them can
 * plan, compare and roll back without the blocks of anything that was published before. Both are small, and neither is
 * believed: the text is checked against the CID that the release names, and the sizes against its root by the caller.
 *
 * ```
 * trees/54/bafk…54/tree.yaml    as it was published
 * trees/54/bafk…54/sizes        of each leaf that names data, in the order of tree.yaml: bytes of all blocks below it
 * ```
 */
import type { CID } from "multiformats/cid";
import { fileOf } from "../dag/build/file.ts";
import { profiles } from "../dag/profile.ts";

export interface Source {
  /** The bytes of tree.yaml. */
  readonly text: Uint8Array;
  /** Tsize in bytes of each leaf that names data, in the order of the text; absent where they were not known. Unverified. */
  readonly sizes?: readonly number[];
}

/** Bytes of either file. A tree.yaml of half a million leaves. */
export const largestSource = 64 << 20;

/** A source, and the CID of its text as its release names it. */
export interface Carried extends Source {
  readonly tree: CID;
}

/** Where a log has the parts of a source, by the CID of its text. The end of a CID is hash: 256 folders and no more. */
export function sourcePlaces(tree: CID): { readonly text: readonly string[]; readonly sizes: readonly string[] } {
  const text = tree.toString();
  const folder = ["trees", text.slice(-2), text];
  return { text: [...folder, "tree.yaml"], sizes: [...folder, "sizes"] };
}

/** The files of `sources` by their paths. One that is too large for a log is left out. */
export function sourceFiles(sources: readonly Carried[]): Readonly<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const { tree, text, sizes } of sources) {
    const places = sourcePlaces(tree);
    const lines = sizes && utf8.encode(sizes.map((size) => `${size}\n`).join(""));
    if (text.length > largestSource) continue;
    files[places.text.join("/")] = text;
    if (lines && lines.length <= largestSource) files[places.sizes.join("/")] = lines;
  }
  return files;
}

/** Whether `text` is the tree.yaml that a release names as `tree`. */
export function isSource(tree: CID, text: Uint8Array): boolean {
  return fileOf(text, profiles["cid-v1"], () => undefined).cid.equals(tree);
}

/** Sizes as a log has them; `undefined` where the bytes are something else. */
export function readSizes(bytes: Uint8Array): readonly number[] | undefined {
  const text = new TextDecoder("latin1").decode(bytes);
  if (!/^(\d{1,16}\n)*$/.test(text)) return undefined;
  const sizes = text.split("\n").slice(0, -1).map(Number);
  return sizes.every(Number.isSafeInteger) ? sizes : undefined;
}

const utf8 = new TextEncoder();
