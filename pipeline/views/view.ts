/**
 * A view: something readers want, derived from the releases and what they contain, and from nothing else.
 *
 * `step` folds one release into the state, `render` turns the state and the newest release's content into files.
 * Both are pure, so the same log gives the same bytes and the same CID wherever it is built. Raise `version` when the
 * meaning of the state changes: stored state of another version is thrown away and the view folds from the start.
 *
 * To add one: write it beside the others, name it in `views.ts`, and run it through `viewContract` in `test/views/`.
 */
import type { Facts } from "../core/campaign.ts";
import type { Entry } from "../core/entry.ts";
import type { Draft } from "../log/release.ts";

/** Path inside the portal to content. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

/** What the newest release contains: one entry a dataset, plain leaf or failure, in byte order of their paths. */
export interface Content {
  readonly draft: Draft;
  readonly entries: readonly Entry[];
  readonly campaign: Facts;
}

/** `State` is plain JSON, so that it can be stored and picked up again. */
export interface View<State> {
  readonly name: string;
  readonly version: number;
  readonly empty: State;
  step(state: State, release: Draft): State;
  render(state: State, content: Content): Files;
}
