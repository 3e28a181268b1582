/**
 * `history.json`: the releases, newest first, and for each path the data it had, by release.
 *
 * For the page's version menu: `paths["a/b"]` is `[[3, "bafy…"], [1, "bafy…"]]`, newest first, with `null` for the
 * release that removed the path.
 */
import { stableJson } from "../core/json.ts";
import type { Draft } from "../log/release.ts";
import type { Fold, View } from "./view.ts";

export type History = {
  readonly releases: readonly ReleaseLine[];
  readonly paths: Readonly<Record<string, readonly Version[]>>;
};

export type ReleaseLine = {
  readonly number: number;
  readonly made: string;
  readonly root: string;
  /** How many changes of each kind; kinds that did not occur are absent. */
  readonly changes: Readonly<Record<string, number>>;
  /** The earlier release whose tree this one restored, and why. */
  readonly rollbackOf?: number;
  readonly why?: string;
  /** CIDs of the releases that it merged, as `releases/CID` of the portal has them. */
  readonly merged?: readonly string[];
};

export type Version = readonly [release: number, cid: string | null];

const past: Fold<History> = {
  name: "history",
  version: 1,
  empty: { releases: [], paths: {} },
  // A merged release has the number of another one, and what it changed is among the changes of the merge.
  step: (state, { release, isMerged }) => (isMerged ? state : withRelease(state, release)),
};

export const history: View<{ readonly past: History }> = {
  name: "history",
  version: 1,
  states: { past },
  render: ({ past }) => [{ path: "history.json", content: stableJson(past) }],
};

function withRelease({ releases, paths }: History, draft: Draft): History {
  const { number, made, root, changes, rollbackOf, why, merged } = draft;
  const counts: Record<string, number> = {};
  // Paths are user input: a null prototype makes one named __proto__ a path like any other.
  const versions: Record<string, readonly Version[]> = Object.assign(Object.create(null), paths);
  const note = (path: string, cid: string | null) => {
    versions[path] = [[number, cid], ...(versions[path] ?? [])];
  };
  for (const change of changes) {
    counts[change.op] = (counts[change.op] ?? 0) + 1;
    if (change.op === "move") note(change.from, null);
    note(change.path, change.op === "remove" ? null : change.to);
  }
  const rollback = { ...(rollbackOf && { rollbackOf }), ...(why && { why }) };
  const merges = merged && { merged: merged.map(String) };
  const line = { number, made, root: root.toString(), changes: counts, ...rollback, ...merges };
  return { releases: [line, ...releases], paths: versions };
}
