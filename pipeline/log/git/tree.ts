/** Entries of a git tree, parsed from its bytes. */
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import type { GitObject } from "./objects.ts";

export interface TreeEntry {
  readonly kind: "file" | "folder" | "other";
  readonly oid: string;
}

/**
 * Entries by name.
 *
 * @throws Failure `corrupt` where `object` is no tree.
 * @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
 */
export function entriesOf(object: GitObject, where: string): ReadonlyMap<string, TreeEntry> {
  const { type, bytes } = object;
  const entries = new Map<string, TreeEntry>();
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; type === "tree" && at < view.length; ) {
    const [space, zero] = [view.indexOf(0x20, at), view.indexOf(0, at)];
    const end = zero + 1 + idLength;
    if (space < 0 || zero < space || end > view.length) break;
    const mode = view.toString("latin1", at, space);
    entries.set(view.toString("utf8", space + 1, zero), {
      kind: kinds.get(mode) ?? "other",
      oid: view.toString("hex", zero + 1, end),
    });
    at = end;
    if (at === view.length) return entries;
  }
  if (type === "tree" && view.length === 0) return entries;
  throw new Failure("corrupt", `${where} is no folder`);
}

/** Bytes of an object's id: SHA-1. */
const idLength = 20;

/** By mode. A program, a link or another repository is never ours. */
const kinds: ReadonlyMap<string, TreeEntry["kind"]> = new Map([
  ["100644", "file"],
  ["40000", "folder"],
]);

/** The tree of a commit. */
export function treeOf(commit: GitObject, where: string): string {
  const [, tree] = /^tree ([0-9a-f]{40})\n/.exec(Buffer.from(commit.bytes).toString("latin1", 0, 46)) ?? [];
  if (commit.type === "commit" && tree !== undefined) return tree;
  throw new Failure("corrupt", `${where} is no commit`);
}

/** The entry of that name where it is of that kind; `undefined` where there is none. */
export function entryOf(
  entries: ReadonlyMap<string, TreeEntry>,
  name: string,
  kind: "file" | "folder",
  where: string,
): TreeEntry | undefined {
  const entry = entries.get(name);
  if (entry && entry.kind !== kind) {
    throw new Failure("corrupt", `${shown(name)} on ${where} is no plain ${kind}, as it should be`, {
      hint: "fieldtree writes only plain files there: another program has written to that branch",
    });
  }
  return entry;
}
