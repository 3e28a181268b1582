/**
 * Views folded from release logs, stored with how far they are, so that each release is folded into each view once.
 *
 * State and position are one file, replaced atomically after each batch: wherever a run is killed, the next one goes on from
 * the last batch. A view of another version, and one whose logs were cut or replaced, folds from the start.
 *
 * ```ts
 * const views = openViews({ logs: [log], store: fileStore("folded"), signal });
 * views.use(counts);
 * await views.ready("counts");
 * await views.get(counts);
 * ```
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { FoldedView, Progress, ReleaseSource, ViewStore } from "./folded-view.ts";
import { type FoldOptions, folding } from "./folding.ts";
import { gate } from "./gate.ts";

export interface ViewsOptions {
  readonly logs: readonly ReleaseSource[];
  readonly store: ViewStore;
  /** Ends all work; promises then reject with its reason. */
  readonly signal?: AbortSignal;
  /** Releases folded between two writes. Default: 256. */
  readonly batch?: number;
  /** What logs are read with. Default: this machine's network and clock, and no log. */
  readonly world?: World;
}

/** A view, or its name. */
type Named<State> = FoldedView<State> | string;

export interface Views {
  /** Folds `view` from now on, when `ready` asks for it. @throws Failure `input` where there is one of that name. */
  use<State>(view: FoldedView<State>): void;
  /**
   * Resolves when everything that the logs have at the time of the call is folded and stored, and `at` is among it. Waits while
   * views are paused. Rejects with the error of a step, a log or the store; the next call goes on from the last batch.
   *
   * @throws Failure `unavailable` where no log has the release `at`.
   */
  ready<State>(view: Named<State>, options?: { readonly at?: CID | string }): Promise<void>;
  /** The state that is stored; `empty` where nothing is. */
  get<State>(view: Named<State>): Promise<State>;
  progress<State>(view: Named<State>): Progress;
  /**
   * Stops all folding until the result is disposed of, as `await using` does; resolves when no step is under way. Of several
   * pauses, each has to end.
   */
  pause(): Promise<AsyncDisposable>;
  /** Discards what was folded: the next `ready` folds from the start. */
  clear<State>(view: Named<State>): Promise<void>;
}

/** @throws Failure `input` where two logs have one name. */
export function openViews({ logs, store, signal, batch = 256, world }: ViewsOptions): Views {
  const names = logs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Failure("input", `two logs are named ${twice}`);
  const ending = signal ?? world?.signal ?? new AbortController().signal;
  const using: FoldOptions = { logs, store, batch, gate: gate(), world: { ...(world ?? ownWorld), signal: ending } };
  const foldings = new Map<string, ReturnType<typeof folding>>();
  const of = <State>(view: Named<State>) => {
    const name = typeof view === "string" ? view : view.name;
    const found = foldings.get(name);
    if (found) return found;
    const known = [...foldings.keys()].join(", ") || "none";
    throw new Failure("input", `there is no view named ${name}; those in use: ${known}`);
  };

  return {
    use(view) {
      if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(view.name)) {
        throw new Failure("input", `a view can't be named ${JSON.stringify(view.name)}`, {
          hint: "letters, digits, ., _ and -",
        });
      }
      if (foldings.has(view.name)) throw new Failure("input", `there are two views named ${view.name}`);
      foldings.set(view.name, folding(view as FoldedView<unknown>, using));
    },
    ready: async (view, { at } = {}) => of(view).ready(at?.toString()),
    get: async <State>(view: Named<State>) => (await of(view).get()) as State,
    progress: (view) => of(view).progress(),
    pause: () => using.gate.close(),
    clear: async (view) => of(view).clear(),
  };
}

/** The network and clock of this machine, and no log. */
export const ownWorld: Omit<World, "signal"> = {
  fetch: (request) => fetch(request),
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
  log: () => undefined,
  progress: () => undefined,
};
