/** Views that are folded from logs: whatever arrives when, wherever a run is killed, each release is folded once. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { fileStore } from "../../pipeline/fold/file-store.ts";
import { memoryStore, type ReleaseSource, type ViewStore } from "../../pipeline/fold/folded-view.ts";
import { openViews } from "../../pipeline/fold/views.ts";
import { allReleasesFrom } from "../../pipeline/log/chain.ts";
import { testWorld } from "../fakes/world.ts";
import { aLog, anyCid, type FakeLog, paths } from "./logs.ts";

/** Folds what `logs` have, with what `store` has; resolves to the state. */
async function folded(logs: readonly ReleaseSource[], store: ViewStore = memoryStore(), batch = 256) {
  const views = openViews({ logs, store, batch });
  views.use(paths);
  await views.ready(paths);
  return views.get(paths);
}

describe("one log", () => {
  it("is folded oldest first, along previous, and what a release merged comes right before it", async () => {
    const [log, other] = [aLog("log"), aLog("other")];
    const fork = log.append(1, [], "1");
    other.append(9, [], "other 1");
    const merged = other.append(9, [], "other 2");
    log.append(2, [], "2");
    const forked = aLog("forked", fork);
    forked.append(5, [], "forked 2");
    log.append(3, [merged.cid, forked.tip!.cid], "3");
    log.append(3, [], "4");
    const state = await folded([log]);
    expect([state.slice(0, 2), state.slice(-2)]).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect(state.slice(2, -2).sort()).toEqual(["forked 2", "other 1", "other 2"]);
    // The same as the log is walked elsewhere.
    const walked = await Array.fromAsync(allReleasesFrom(log.tip, log, testWorld()));
    expect(state).toEqual(walked.reverse().map(({ release }) => release.changes[0]!.path));
  });

  it("is read only as far as it is new, though its releases have one date", async () => {
    const log = aLog("log");
    for (let i = 0; i < 20; i++) log.append(7, [], `${i}`);
    const store = memoryStore();
    await folded([log], store);
    log.append(7, [], "new");
    log.reads.length = 0;
    expect((await folded([log], store)).at(-1)).toBe("new");
    expect(log.reads.length).toBe(1);
  });

  it("that was cut, replaced or is empty folds from the start", async () => {
    const log = aLog("log");
    const first = log.append(1, [], "1");
    log.append(2, [], "2");
    const store = memoryStore();
    await folded([log], store);
    log.tip = first;
    expect(await folded([log], store)).toEqual(["1"]);
    log.append(3, [], "3");
    expect(await folded([log], store)).toEqual(["1", "3"]);
    log.tip = undefined;
    expect(await folded([log], store)).toEqual([]);
    expect(await folded([aLog("another")], store)).toEqual([]);
  });

  it("has to have the release that ready is to wait for", async () => {
    const log = aLog("log");
    const { cid } = log.append(1);
    const views = openViews({ logs: [log], store: memoryStore() });
    views.use(paths);
    await views.ready(paths, { at: cid });
    await expect(views.ready(paths, { at: anyCid })).rejects.toMatchObject({ kind: "unavailable" });
    const next = log.append(2);
    await views.ready("paths", { at: next.cid.toString() });
    expect(await views.get(paths)).toHaveLength(2);
  });
});

describe("a state", () => {
  it("is folded again after clear, and two calls of ready fold nothing twice", async () => {
    const log = aLog("log");
    for (let i = 0; i < 5; i++) log.append(i, [], `${i}`);
    const views = openViews({ logs: [log], store: memoryStore() });
    let steps = 0;
    views.use({
      ...paths,
      step(state: readonly string[], past) {
        steps++;
        return paths.step(state, past);
      },
    });
    await Promise.all([views.ready("paths"), views.ready("paths")]);
    expect(steps).toBe(5);
    await views.clear("paths");
    expect(await views.get("paths")).toEqual([]);
    await views.ready("paths");
    expect([steps, await views.get("paths")]).toEqual([10, ["0", "1", "2", "3", "4"]]);
  });

  it("that nobody returned, and what JSON has no word for, show at once", async () => {
    const log = aLog("log");
    log.append(1);
    const views = openViews({ logs: [log], store: memoryStore() });
    views.use({ name: "nothing", version: 1, empty: 0, step: () => undefined as unknown as number });
    await expect(views.ready("nothing")).rejects.toMatchObject({ kind: "input", message: /returned nothing/ });
    views.use({ name: "dated", version: 1, empty: {} as object, step: () => ({ at: new Date(0) }) });
    await views.ready("dated");
    expect(await views.get("dated")).toEqual({ at: "1970-01-01T00:00:00.000Z" });
  });

  it("is what its reader may change without an effect", async () => {
    const log = aLog("log");
    log.append(1, [], "1");
    const views = openViews({ logs: [log], store: memoryStore() });
    views.use(paths);
    await views.ready(paths);
    ((await views.get(paths)) as string[]).push("mine");
    expect(await views.get(paths)).toEqual(["1"]);
  });

  it("is one file in a folder, damaged or of another form as good as none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const store = fileStore(join(folder, "views"));
    const log = aLog("log");
    log.append(1, [], "1");
    expect(await folded([log], store)).toEqual(["1"]);
    expect(await readdir(join(folder, "views"))).toEqual(["paths.json"]);
    for (const text of ["", "{", "null", '{"version":1,"state":["x"]}', '{"version":1,"position":{},"state":[]}']) {
      await store.put("paths", new TextEncoder().encode(text));
      expect(await folded([log], store)).toEqual(["1"]);
    }
    await store.delete("paths");
    await store.delete("paths");
    expect(await store.get("paths")).toBeUndefined();
  });
});

it("is stored in batches, and progress has how many are done", async () => {
  const log = aLog("log");
  for (let i = 0; i < 10; i++) log.append(i);
  const inner = memoryStore();
  const seen: object[] = [];
  const views = openViews({
    logs: [log],
    batch: 4,
    store: {
      ...inner,
      async put(name, bytes) {
        await inner.put(name, bytes);
        seen.push(views.progress("paths"));
      },
    },
  });
  views.use(paths);
  await views.ready(paths);
  expect(seen).toEqual([0, 4, 8].map((done) => ({ state: "folding", done, total: 10 })));
});

/** What happens to three logs, in any order: releases with dates of their own, merges, mirrors that lag, folds that are killed. */
type Event =
  | { readonly do: "append"; readonly log: number; readonly made: number; readonly merge: number | undefined }
  | { readonly do: "mirror"; readonly log: number; readonly of: number }
  | { readonly do: "fold"; readonly puts: number; readonly logs: number };

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    do: fc.constant("append" as const),
    log: fc.nat(2),
    made: fc.nat(12),
    merge: fc.option(fc.nat(2), { nil: undefined, freq: 4 }),
  }),
  fc.record({ do: fc.constant("mirror" as const), log: fc.constant(3), of: fc.nat(2) }),
  // `puts`: writes until the run is killed. `logs`: how many of them this run has.
  fc.record({ do: fc.constant("fold" as const), puts: fc.nat(4), logs: fc.integer({ min: 1, max: 4 }) }),
);

it("gives the state of a fold from the start, after any arrivals and any kills", { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(
    fc.array(anyEvent, { maxLength: 30 }),
    fc.integer({ min: 1, max: 4 }),
    async (events, batch) => {
      const logs = ["a", "b", "c", "mirror"].map((name) => aLog(name)) as [FakeLog, FakeLog, FakeLog, FakeLog];
      const store = memoryStore();
      for (const event of events) {
        if (event.do === "append") {
          const merged = event.merge === undefined ? undefined : logs[event.merge as 0].tip?.cid;
          logs[event.log as 0].append(event.made, merged ? [merged] : []);
        } else if (event.do === "mirror") logs[3].tip = logs[event.of as 0].tip;
        else {
          let puts = event.puts;
          const dying: ViewStore = {
            ...store,
            async put(name, bytes) {
              if (puts-- === 0) throw new Error("killed");
              await store.put(name, bytes);
            },
          };
          await folded(logs.slice(0, event.logs), dying, batch).catch((error: Error) => {
            if (error.message !== "killed") throw error;
          });
        }
      }
      const state = await folded(logs, store, batch);
      expect(state).toEqual(await folded(logs.toReversed()));
      expect(new Set(state).size).toBe(state.length);
    },
  );
  await fc.assert(property, { numRuns: 150 });
});
