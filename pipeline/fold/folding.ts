/** One view being folded: what is stored of it, and the work of bringing it up to the heads of the logs. */
import { atMost } from "../core/concurrency.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { releaseBlock } from "../log/release.ts";
import type { Past } from "../views/view.ts";
import type { FoldedView, Progress, ReleaseSource, ViewStore } from "./folded-view.ts";
import type { Gate } from "./gate.ts";
import { atStart, type Fresh, freshLines, inDateOrder, type Position, withMerged } from "./order.ts";
import { type Stored, stateStore } from "./stored-state.ts";

export interface FoldOptions {
  readonly logs: readonly ReleaseSource[];
  readonly store: ViewStore;
  /** Releases between two writes. */
  readonly batch: number;
  readonly gate: Gate;
  readonly world: World;
}

export interface Folding {
  ready(at: string | undefined): Promise<void>;
  get(): Promise<unknown>;
  progress(): Progress;
  clear(): Promise<void>;
}

export function folding(view: FoldedView<unknown>, { logs, store, batch, gate, world }: FoldOptions): Folding {
  const { name } = view;
  const { signal } = world;
  const start: Stored = { position: atStart, state: view.empty };
  let stored: Stored | undefined;
  let total = 0;
  let isFolding = false;
  let failed: { readonly error: unknown } | undefined;

  /** One after the other: two calls of `ready` fold nothing twice, and `clear` waits for both. */
  const inTurn = atMost(1);
  const states = stateStore(view, store);
  const load = async (): Promise<Stored> => (stored ??= (await states.read()) ?? start);
  const copy = (state: unknown): unknown => (view.isPure ? state : structuredClone(state));
  const commit = async (next: Stored): Promise<void> => {
    stored = await gate.pass(() => states.write(next), signal);
  };

  const fold = async (): Promise<void> => {
    let from = await load();
    let lines = await freshLines(logs, from.position, world);
    if (!lines) {
      from = start;
      lines = (await freshLines(logs, atStart, world)) ?? [];
    }
    total = sizeOf(from.position) + lines.reduce((sum, line) => sum + line.length, 0);
    const step: LineFold["step"] = (state, past) => gate.pass(() => view.step(state, past), signal);
    // A step may change the state in place, and then throw: what is stored is never handed out.
    const last = await foldLines({ ...from, state: copy(from.state) }, lines, { step, commit, batch, world });
    const isNew = from !== stored || JSON.stringify(last.position.lines) !== JSON.stringify(from.position.lines);
    if (last.since > 0 || isNew) await commit(last);
    total = sizeOf((await load()).position);
  };

  return {
    ready: (at) =>
      inTurn(async () => {
        signal.throwIfAborted();
        isFolding = true;
        failed = undefined;
        try {
          await fold();
        } catch (error) {
          failed = { error };
          throw error;
        } finally {
          isFolding = false;
        }
        const { main, merged } = (await load()).position;
        if (at === undefined || main.includes(at) || merged.includes(at)) return;
        throw new Failure(
          "unavailable",
          `${name}: none of ${logs.map((log) => log.name).join(", ")} has the release ${at}`,
        );
      }),
    // A copy, so that a change by the caller has no effect here.
    get: async () => copy((await load()).state),
    progress() {
      const done = stored ? sizeOf(stored.position) : 0;
      const state = isFolding ? (gate.isClosed ? "paused" : "folding") : failed ? "failed" : "idle";
      return { state, done, total: Math.max(done, total), ...(failed && { error: failed.error }) };
    },
    clear: () =>
      inTurn(async () => {
        await states.delete();
        stored = start;
        total = 0;
        failed = undefined;
      }),
  };
}

interface LineFold {
  readonly step: (state: unknown, past: Past) => Promise<unknown>;
  readonly commit: (stored: Stored) => Promise<void>;
  /** Releases between two commits. */
  readonly batch: number;
  readonly world: World;
}

/** Folds the lines into `from`. Returns what is to be committed, with the number of releases since the last commit. */
async function foldLines(
  from: Stored,
  lines: readonly (readonly Fresh[])[],
  { step, commit, batch, world }: LineFold,
): Promise<Stored & { readonly since: number }> {
  const progress = begun(from.position);
  let { state } = from;
  let since = 0;
  for (const same of inDateOrder(lines)) {
    const [first] = same;
    for await (const { cid, release } of progress.without(first!, world)) {
      state = await step(state, { cid, size: releaseBlock(release).bytes.length, release });
      progress.note(cid.toString(), cid.equals(first!.cid));
      since++;
    }
    for (const fresh of same) progress.reach(fresh);
    // Between main lines only: what a release merged is never stored without it.
    if (since < batch) continue;
    await commit({ position: progress.position(), state });
    since = 0;
  }
  return { position: progress.position(), state, since };
}

/** A position that goes on. */
function begun(from: Position) {
  const main = [...from.main];
  const merged = [...from.merged];
  const known = new Set([...main, ...merged]);
  const lines = { ...from.lines };
  return {
    /** The release with what it merged, as far as it was not folded before. */
    async *without(fresh: Fresh, world: World) {
      if (!known.has(fresh.cid.toString())) yield* withMerged(fresh, fresh.log, (cid) => known.has(cid), world);
    },
    note(cid: string, isMain: boolean) {
      known.add(cid);
      (isMain ? main : merged).push(cid);
    },
    reach({ cid, date, log }: Fresh) {
      lines[log.name] = { cid: cid.toString(), date };
    },
    position: (): Position => ({ main: [...main], merged: [...merged], lines: { ...lines } }),
  };
}

const sizeOf = ({ main, merged }: Position) => main.length + merged.length;
