/**
 * The states of several views: each is folded once, whichever views name it.
 *
 * ```ts
 * const states = releases.reduce((before, next) => withRelease(folds, before, next), emptyStates(folds));
 * rendered(view, states, content);
 * ```
 */
import { Failure } from "../core/failure.ts";
import type { Json } from "../core/json.ts";
import type { Content, Fold, Folded, Memory, PortalFile, States, View } from "./view.ts";

/** Without repetition. @throws Failure `input` where two of one name are not the same. */
export function foldsOf(views: readonly View<States>[]): readonly Fold<Json>[] {
  const byName = new Map<string, Fold<Json>>();
  for (const fold of views.flatMap(({ states }) => Object.values(states))) {
    if ((byName.get(fold.name) ?? fold) !== fold)
      throw new Failure("input", `two states of views are named ${fold.name}`);
    byName.set(fold.name, fold);
  }
  return [...byName.values()];
}

/** By the names of the folds. */
export function emptyStates(folds: readonly Fold<Json>[]): States {
  return Object.fromEntries(folds.map(({ name, empty }) => [name, empty]));
}

/** `states` with one release more. */
export function withRelease(folds: readonly Fold<Json>[], states: States, next: Folded): States {
  return Object.fromEntries(folds.map((fold) => [fold.name, fold.step(states[fold.name]!, next)]));
}

/** The files of a view. @param states by the names of folds, with the release in `content`. */
export function rendered(view: View<States>, states: States, content: Content, memory?: Memory): Iterable<PortalFile> {
  const own = Object.entries(view.states).map(([name, fold]) => [name, states[fold.name]!]);
  return view.render(Object.fromEntries(own), content, memory);
}
