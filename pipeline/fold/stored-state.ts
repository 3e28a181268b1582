/**
 * What is stored of a view: its state with how far it is, of which only the changed pieces are written.
 *
 * A small one is one entry of the store. Of a large one, pieces are entries of their own, named after their hash, and the entry of
 * the view names them. They are put before it, and those of the state before are deleted after it: wherever a run is
 * killed, the entry of the view names pieces that exist. What such a run leaves behind is put again by the next one.
 */

import { createHash } from "node:crypto";
import * as v from "valibot";
import { Failure } from "../core/failure.ts";
import { jsonIn } from "../core/json.ts";
import type { FoldedView, ViewStore } from "./folded-view.ts";
import type { Position } from "./order.ts";
import { linesOf, piecesOf, valueIn } from "./pieces.ts";

export interface Stored {
  readonly position: Position;
  readonly state: unknown;
}

export interface StateStore {
  /** `undefined` where nothing is stored, or by another version of the view, or in another form. */
  read(): Promise<Stored | undefined>;
  /** Atomic and durable. Returns it as the next process will read it. @throws Failure `input` for a state that is none. */
  write(stored: Stored): Promise<Stored>;
  delete(): Promise<void>;
}

const utf8 = { encode: new TextEncoder(), decode: new TextDecoder() };

export function stateStore(view: FoldedView<unknown>, store: ViewStore): StateStore {
  const { name, version } = view;
  const nameOf = (piece: string) => `${name}~${piece}`;
  /** Of what is stored now; `undefined` before it is known. */
  let pieces: readonly string[] | undefined;

  const entry = async (): Promise<Entry | undefined> => {
    const found = entryIn(await store.get(name));
    pieces = found && "pieces" in found ? found.pieces : [];
    return found;
  };
  const deleteOthers = async (before: readonly string[], now: ReadonlySet<string>): Promise<void> => {
    for (const piece of before) if (!now.has(piece)) await store.delete(nameOf(piece));
  };
  /** @throws SyntaxError for a piece that is missing or damaged. */
  async function* linesIn(names: readonly string[]): AsyncGenerator<string> {
    for (const piece of names) {
      const bytes = await store.get(nameOf(piece));
      if (!bytes || hashOf(bytes) !== piece) throw new SyntaxError(`${nameOf(piece)} is missing or damaged`);
      yield* utf8.decode.decode(bytes).split("\n").slice(0, -1);
    }
  }

  return {
    async read() {
      const found = await entry();
      if (!found || found.version !== version) return undefined;
      if (!("pieces" in found)) return found;
      try {
        const { success, output } = v.safeParse(storedForm, valueIn(await Array.fromAsync(linesIn(found.pieces))));
        return success ? output : undefined;
      } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        throw error;
      }
    },

    async write({ position, state }) {
      const plain = plainState(state, view);
      if (pieces === undefined) await entry();
      const before = pieces ?? [];
      const now = new Set<string>();
      const order: string[] = [];
      const put = async (text: string): Promise<void> => {
        const bytes = utf8.encode.encode(text);
        const piece = hashOf(bytes);
        if (!now.has(piece) && !before.includes(piece)) await store.put(nameOf(piece), bytes);
        now.add(piece);
        order.push(piece);
      };
      let first: string | undefined;
      for (const text of piecesOf(linesOf({ position, state: plain }))) {
        if (first === undefined) {
          first = text;
          continue;
        }
        if (order.length === 0) await put(first);
        await put(text);
      }
      const whole = order.length === 0 ? { version, position, state: plain } : { version, pieces: order };
      await store.put(name, utf8.encode.encode(JSON.stringify(whole)));
      pieces = order;
      await deleteOthers(before, now);
      return { position, state: plain };
    },

    async delete() {
      if (pieces === undefined) await entry();
      const before = pieces ?? [];
      await store.delete(name);
      pieces = [];
      await deleteOthers(before, new Set());
    },
  };
}

/** As the next process will read it: what JSON has no word for is missing at once, and not only after a restart. */
function plainState(state: unknown, { name, isPure }: FoldedView<unknown>): unknown {
  if (state === undefined) {
    throw new Failure("input", `a step of the view ${name} returned nothing`, {
      hint: "it returns the state after the release",
    });
  }
  return isPure ? state : (JSON.parse(JSON.stringify({ state })) as { state: unknown }).state;
}

/** 32 hexadecimal digits. Two pieces of a state have no hash in common. */
const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 32);

function entryIn(bytes: Uint8Array | undefined): Entry | undefined {
  if (!bytes) return undefined;
  const { success, output } = v.safeParse(entryForm, jsonIn(utf8.decode.decode(bytes)));
  return success ? output : undefined;
}

const cids = v.array(v.string());
const storedForm = v.object({
  position: v.object({
    main: cids,
    merged: cids,
    lines: v.record(v.string(), v.object({ cid: v.string(), date: v.string() })),
  }),
  // What is in a state is its view's own business.
  state: v.custom<unknown>((state) => state !== undefined),
});
const version = { version: v.union([v.number(), v.string()]) };
const entryForm = v.union([
  v.object({ ...version, pieces: v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))) }),
  v.object({ ...version, ...storedForm.entries }),
]);
type Entry = v.InferOutput<typeof entryForm>;
