/**
 * Surprising results of kappa-core 7, each with the result here.
 *
 * Titles name the better result; kappa-core's own is in the comment above each.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type FoldedView, memoryStore, type ViewStore } from "../../pipeline/fold/folded-view.ts";
import { openViews } from "../../pipeline/fold/views.ts";
import { aLog, paths } from "./logs.ts";

/** A log with that many releases, paths `a1`, `a2`, … */
function aLogOf(count: number, name = "a") {
  const log = aLog(name);
  for (let i = 1; i <= count; i++) log.append(i, [], `${name}${i}`);
  return log;
}

/** A view whose steps take a turn or more, and count what is under way. */
function slow(): FoldedView<string[]> & { underWay: number; most: number } {
  const view = {
    name: "slow",
    version: 1,
    empty: [] as string[],
    underWay: 0,
    most: 0,
    async step(state: string[], past: Parameters<FoldedView<string[]>["step"]>[1]) {
      view.most = Math.max(view.most, ++view.underWay);
      await sleep(2);
      view.underWay--;
      return [...state, ...paths.step([], past)];
    },
  };
  return view;
}

describe("a view of another version", () => {
  // clearState | after version bump v1:1,v1:2,v1:3: the old state stays, and nothing is folded again.
  it("folds from the start, and has nothing of the old state", async () => {
    const log = aLogOf(3);
    const store = memoryStore();
    const tagged = (version: number): FoldedView<string[]> => ({
      ...paths,
      version,
      empty: [],
      step: (state, past) => [...state, ...paths.step([], past).map((path) => `v${version}:${path}`)],
    });
    for (const version of [1, 2, 1]) {
      const views = openViews({ logs: [log], store });
      views.use(tagged(version));
      // Not even before it is ready.
      expect(await views.get("paths")).toEqual([]);
      await views.ready("paths");
      expect(await views.get("paths")).toEqual([`v${version}:a1`, `v${version}:a2`, `v${version}:a3`]);
    }
  });
});

describe("an error", () => {
  // ready after map error: NEVER · resume after error: NEVER
  it("of a step rejects ready with it, and the next call goes on", async () => {
    const log = aLogOf(3);
    let broken = true;
    const views = openViews({ logs: [log], store: memoryStore(), batch: 1 });
    const steps: string[] = [];
    views.use({
      ...paths,
      step(state: readonly string[], past) {
        const [path] = paths.step([], past);
        if (path === "a2" && broken) throw new Error("boom");
        steps.push(path!);
        return [...state, path!];
      },
    });
    await expect(views.ready("paths")).rejects.toThrow("boom");
    expect(views.progress("paths")).toMatchObject({ state: "failed", done: 1, total: 3, error: new Error("boom") });
    expect(await views.get("paths")).toEqual(["a1"]);
    broken = false;
    await views.ready("paths");
    expect([steps, views.progress("paths")]).toEqual([["a1", "a2", "a3"], { state: "idle", done: 3, total: 3 }]);
  });

  it("of a log or of the store rejects ready with it, and the next call goes on", async () => {
    const log = aLogOf(2);
    const inner = memoryStore();
    let full = true;
    const store: ViewStore = {
      ...inner,
      async put(name, bytes) {
        if (full) throw new Error("disk full");
        await inner.put(name, bytes);
      },
    };
    const views = openViews({ logs: [log], store });
    views.use(paths);
    log.failure = new Error("offline");
    await expect(views.ready("paths")).rejects.toThrow("offline");
    log.failure = undefined;
    // map applied, state not stored: 1,2 → next run maps them again (at-least-once)
    await expect(views.ready("paths")).rejects.toThrow("disk full");
    expect(await views.get("paths")).toEqual([]);
    full = false;
    await views.ready("paths");
    expect(await views.get("paths")).toEqual(["a1", "a2"]);
  });

  it("of a step that had changed the state in place leaves nothing of the change", async () => {
    let broken = true;
    const views = openViews({ logs: [aLogOf(2)], store: memoryStore() });
    views.use<string[]>({
      name: "mutating",
      version: 1,
      empty: [],
      step(state, past) {
        state.push(...paths.step([], past));
        if (broken && state.length === 2) throw new Error("boom");
        return state;
      },
    });
    await expect(views.ready("mutating")).rejects.toThrow("boom");
    broken = false;
    await views.ready("mutating");
    expect(await views.get("mutating")).toEqual(["a1", "a2"]);
  });
});

describe("a pause", () => {
  // second pause calls back after 0 ms, state indexing, map in flight
  it("begins when no step is under way, the second one too", async () => {
    const view = slow();
    const views = openViews({ logs: [aLogOf(5)], store: memoryStore(), batch: 1 });
    views.use(view);
    const ready = views.ready(view);
    while (view.underWay === 0) await sleep(1);
    const pauses = [views.pause(), views.pause()];
    for (const pause of pauses) {
      const paused = await pause;
      expect(view.underWay).toBe(0);
      await paused[Symbol.asyncDispose]();
    }
    await ready;
    expect(await views.get(view)).toHaveLength(5);
  });

  // one resume undoes two pauses · ready while paused with work left: fired
  it("ends with the last of several, and ready waits for that", async () => {
    const views = openViews({ logs: [aLogOf(3)], store: memoryStore() });
    views.use(paths);
    let isReady = false;
    const first = await views.pause();
    const ready = (async () => {
      {
        await using _second = await views.pause();
        void views.ready(paths).then(() => {
          isReady = true;
        });
        await sleep(5);
      }
      await sleep(5);
    })();
    await ready;
    expect([isReady, await views.get(paths), views.progress(paths).state]).toEqual([false, [], "paused"]);
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await views.ready(paths);
    expect([isReady, await views.get(paths)]).toEqual([true, ["a1", "a2", "a3"]]);
  });

  // pause();resume() while busy -> state paused (resume lost)
  it("that ends before it began is none", async () => {
    const view = slow();
    const views = openViews({ logs: [aLogOf(5)], store: memoryStore() });
    views.use(view);
    const ready = views.ready(view);
    while (view.underWay === 0) await sleep(1);
    void views.pause().then((paused) => paused[Symbol.asyncDispose]());
    await ready;
    expect([(await views.get(view)).length, view.most]).toEqual([5, 1]);
  });

  it("ends for ready when the signal is aborted", async () => {
    const stop = new AbortController();
    const views = openViews({ logs: [aLogOf(3)], store: memoryStore(), signal: stop.signal });
    views.use(paths);
    await using _paused = await views.pause();
    const ready = views.ready(paths);
    stop.abort(new Error("stopped"));
    await expect(ready).rejects.toThrow("stopped");
  });
});

describe("a name", () => {
  // ready("nope") -> TypeError Cannot read properties of undefined
  it("of no view is a failure that names those there are", async () => {
    const views = openViews({ logs: [], store: memoryStore() });
    views.use(paths);
    const says = "there is no view named nope; those in use: paths";
    await expect(views.ready("nope")).rejects.toMatchObject({ kind: "input", message: says });
    await expect(views.get("nope")).rejects.toThrow(says);
    await expect(views.clear("nope")).rejects.toThrow(says);
    expect(() => views.progress("nope")).toThrow(says);
  });

  it("of two views, of two logs, or that is a path is refused", () => {
    const views = openViews({ logs: [], store: memoryStore() });
    views.use(paths);
    expect(() => views.use(paths)).toThrow("two views named paths");
    expect(() => views.use({ ...paths, name: "../up" })).toThrow("can't be named");
    expect(() => openViews({ logs: [aLog("a"), aLog("a")], store: memoryStore() })).toThrow("two logs are named a");
  });
});

// replicated: feeds at b 2 sum 13: the order across feeds is that of arrival.
it("two logs give one state, whichever came first", async () => {
  const [a, b] = [aLogOf(3), aLogOf(3, "b")];
  const states = await Promise.all(
    [[a, b], [b, a], [a], [b]].map(async (first) => {
      const store = memoryStore();
      const views = openViews({ logs: first, store });
      views.use(paths);
      await views.ready(paths);
      const all = openViews({ logs: [b, a], store });
      all.use(paths);
      await all.ready(paths);
      return all.get(paths);
    }),
  );
  expect(new Set(states.map((state) => JSON.stringify(state))).size).toBe(1);
  expect(states[0]).toHaveLength(6);
});
