/**
 * A view that is folded from release logs, and the store that its state is in.
 *
 * ```ts
 * const counts: FoldedView<Record<string, number>> = {
 *   name: "counts", version: 1, empty: {},
 *   step: (state, { release }) => ({ ...state, [release.made.slice(0, 4)]: (state[release.made.slice(0, 4)] ?? 0) + 1 }),
 * };
 * ```
 */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import type { Head } from "../log/log.ts";
import type { Release } from "../log/release.ts";
import type { Past } from "../views/view.ts";

/** `State` is plain JSON, so that it can be stored and loaded again. */
export interface FoldedView<State> {
  /** Letters, digits, `.`, `_` and `-`: its state is stored under it. */
  readonly name: string;
  /** Raise it when the meaning of the state changes: what was folded before is then discarded. */
  readonly version: number | string;
  readonly empty: State;
  /**
   * The state after `past`. The same state and release must give the same result. It may change `state` in place: a step that
   * throws is undone.
   */
  step(state: State, past: Past): State | Promise<State>;
  /** Present where neither `step` nor a caller of `get` changes a state in place: large states are then not copied. */
  readonly isPure?: true;
}

export interface Progress {
  /** `paused`: work is left, and a pause has not ended. `failed`: the last attempt failed; `ready` tries again. */
  readonly state: "idle" | "folding" | "paused" | "failed";
  /** Releases in the state that is stored. */
  readonly done: number;
  /** Releases there are to fold, as far as it is known; what they merge is counted when they are reached. */
  readonly total: number;
  /** Why it failed. */
  readonly error?: unknown;
}

/** A log of releases: of one campaign, of a sister campaign, or a mirror of either. */
export interface ReleaseSource {
  /** Distinct among the logs that are folded together; stored with the state. */
  readonly name: string;
  head(world: World): Promise<Head | undefined>;
  read(cid: CID, world: World): Promise<Release>;
}

/**
 * Where states are, under the names of their views; pieces of a large state under that name, a `~` and a hash. Every method is durable
 * and atomic: a reader finds the old bytes or the new ones.
 */
export interface ViewStore {
  get(name: string): Promise<Uint8Array | undefined>;
  put(name: string, bytes: Uint8Array): Promise<void>;
  delete(name: string): Promise<void>;
}

/** For tests, and for views that are folded anew each time. */
export function memoryStore(): ViewStore {
  const stored = new Map<string, Uint8Array>();
  return {
    get: async (name) => stored.get(name),
    async put(name, bytes) {
      stored.set(name, bytes);
    },
    async delete(name) {
      stored.delete(name);
    },
  };
}
