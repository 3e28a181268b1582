/** Where datasets were moved, so that a name that scripts use still leads to the data. */
import type { Draft } from "../log/release.ts";
import type { Fold } from "./view.ts";

/** For each path that a leaf was moved from, the path that it was moved to. */
export type Moves = Readonly<Record<string, string>>;

/** The sides of a merge count instead of its own changes: they are the same whichever site created it. */
export const moves: Fold<Moves> = {
  name: "moves",
  version: 1,
  empty: {},
  step: (state, { release, sides }) => (sides ?? [release]).reduce(afterChanges, state),
};

function afterChanges(state: Moves, { changes }: Pick<Draft, "changes">): Moves {
  if (!changes.some(({ op, path }) => op === "move" || Object.hasOwn(state, path))) return state;
  // Paths are user input: with a null prototype, one named __proto__ is like any other.
  const next: Record<string, string> = Object.assign(Object.create(null), state);
  for (const change of changes) {
    delete next[change.path];
    if (change.op === "move") next[change.from] = change.path;
  }
  return next;
}
