/** One view being folded: what is stored of it, and the work of bringing it up to the heads of the logs. */
import * as v from "valibot";
import { atMost } from "../core/concurrency.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { releaseBlock } from "../log/release.ts";
import type { FoldedView, Progress, ReleaseSource, ViewStore } from "./folded-view.ts";
import type { Gate } from "./gate.ts";
import { atStart, type Fresh, freshLines, inDateOrder, type Position, withMerged } from "./order.ts";

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

interface Stored {
  readonly position: Position;
  readonly state: unknown;
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
  const load = async (): Promise<Stored> => (stored ??= (await readStored(view, store)) ?? start);
  const copy = (state: unknown): unknown => (view.isPure ? state : structuredClone(state));
  const commit = async ({ position, state }: Stored): Promise<void> => {
    const text = textOf(view, { position, state });
    await gate.pass(() => store.put(name, new TextEncoder().encode(text)), signal);
    // As the next process will read it: what JSON has no word for is missing at once, and not only after a restart.
    stored = { position, state: view.isPure ? state : (JSON.parse(text) as Stored).state };
  };

  const fold = async (): Promise<void> => {
    let from = await load();
    let lines = await freshLines(logs, from.position, world);
    if (!lines) {
      from = start;
      lines = (await freshLines(logs, atStart, world)) ?? [];
    }
    total = sizeOf(from.position) + lines.reduce((sum, line) => sum + line.length, 0);
    await foldLines(from, lines);
    total = sizeOf((await load()).position);
  };

  const foldLines = async (from: Stored, lines: readonly (readonly Fresh[])[]): Promise<void> => {
    // A step may change the state in place, and then throw: what is stored is never handed out.
    const progress = begun(from.position);
    let state = copy(from.state);
    let since = 0;
    for (const same of inDateOrder(lines)) {
      const [first] = same;
      for await (const { cid, release } of progress.without(first!, world)) {
        const past = { cid, size: releaseBlock(release).bytes.length, release };
        state = await gate.pass(() => view.step(state, past), signal);
        progress.note(cid.toString(), cid.equals(first!.cid));
        since++;
      }
      for (const fresh of same) progress.reach(fresh);
      // Between main lines only: what a release merged is never stored without it.
      if (since < batch) continue;
      await commit({ position: progress.position(), state });
      since = 0;
    }
    const position = progress.position();
    const isNew = from !== stored || JSON.stringify(position.lines) !== JSON.stringify(from.position.lines);
    if (since > 0 || isNew) await commit({ position, state });
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
        await store.delete(name);
        stored = start;
        total = 0;
        failed = undefined;
      }),
  };
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

function textOf({ name, version }: FoldedView<unknown>, { position, state }: Stored): string {
  if (state !== undefined) return JSON.stringify({ version, position, state });
  throw new Failure("input", `a step of the view ${name} returned nothing`, {
    hint: "it returns the state after the release",
  });
}

/** `undefined` where nothing is stored, or by another version of the view, or in another form. */
async function readStored(view: FoldedView<unknown>, store: ViewStore): Promise<Stored | undefined> {
  const bytes = await store.get(view.name);
  if (!bytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { success, output } = v.safeParse(storedForm, value);
  return success && output.version === view.version ? output : undefined;
}

const cids = v.array(v.string());
const storedForm = v.object({
  version: v.union([v.number(), v.string()]),
  position: v.object({
    main: cids,
    merged: cids,
    lines: v.record(v.string(), v.object({ cid: v.string(), date: v.string() })),
  }),
  // What is in a state is its view's own business.
  state: v.custom<unknown>((state) => state !== undefined),
});
