/** Stored states of which a release changes little: what is read is what was written, and what is written is little. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { fileStore } from "../../pipeline/fold/file-store.ts";
import { type FoldedView, memoryStore, type ViewStore } from "../../pipeline/fold/folded-view.ts";
import { linesOf, piecesOf, valueIn } from "../../pipeline/fold/pieces.ts";
import { openViews } from "../../pipeline/fold/views.ts";
import { aLog, type FakeLog } from "./logs.ts";

it("lines of any value are read as that value, whatever its keys are", () => {
  const json = fc.object({
    key: fc.oneof(fc.string(), fc.constantFrom("__proto__", "0", "length", "toJSON")),
    maxKeys: 40,
    maxDepth: 8,
    withDate: true,
    values: [fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined)],
  });
  fc.assert(
    fc.property(json, (value) => {
      expect(JSON.stringify(valueIn(linesOf(value)))).toBe(JSON.stringify(value));
    }),
  );
  expect(JSON.stringify(valueIn(linesOf(JSON.parse('{"__proto__": {"a": [1]}}'))))).toBe('{"__proto__":{"a":[1]}}');
});

it("a member more, fewer or changed is a piece or two, wherever it is", () => {
  const members: unknown[][] = Array.from({ length: 20_000 }, (_, i) => [
    `path/${i}`,
    { release: i % 9, cid: `bafy${i * 7919}` },
  ]);
  const state = (some: unknown[][]) => ({ datasets: Object.fromEntries(some), list: some.map(([path]) => path) });
  const piecesIn = (some: unknown[][]) => new Set(piecesOf(linesOf(state(some))));
  const before = piecesIn(members);
  expect(before.size).toBeGreaterThan(20);
  for (const at of [0, 9000, 19_999]) {
    for (const put of [[], [members[at]!, ["path/new", 1]], [[members[at]![0], "other"]]]) {
      const after = piecesIn(members.toSpliced(at, 1, ...put));
      expect([...after].filter((piece) => !before.has(piece)).length).toBeLessThanOrEqual(4);
    }
  }
});

let steps = 0;

/** A large state, of which a step changes one member. */
const large: FoldedView<Record<string, string>> = {
  name: "large",
  version: 1,
  empty: {},
  step(state, { release }) {
    steps++;
    const members = Array.from({ length: 6000 }, (_, i) => [`member ${i}`, "x".repeat(170)]);
    const before = release.number === 1 ? Object.fromEntries(members) : state;
    return { ...before, [`member ${release.number * 7}`]: release.changes[0]!.path };
  },
};

async function folded(log: FakeLog, store: ViewStore) {
  const views = openViews({ logs: [log], store });
  views.use(large);
  await views.ready(large);
  return views.get(large);
}

/** Counts what is put into a store. `failAfter`: puts until one fails. */
function counting(inner: ViewStore, failAfter = Number.POSITIVE_INFINITY) {
  const put: { name: string; bytes: number }[] = [];
  const store: ViewStore = {
    ...inner,
    async put(name, bytes) {
      if (put.length >= failAfter) throw new Error("killed");
      put.push({ name, bytes: bytes.length });
      await inner.put(name, bytes);
    },
  };
  return { store, put, bytes: () => put.reduce((sum, { bytes }) => sum + bytes, 0) };
}

describe("a large state", () => {
  it("writes few of its bytes for a release, and deletes what no state names", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const log = aLog("log");
    log.append(1);
    const first = counting(fileStore(folder));
    const before = await folded(log, first.store);
    expect(first.bytes()).toBeGreaterThan(1_000_000);
    const path = "changed";
    log.append(2, [], path);
    const second = counting(fileStore(folder));
    expect(await folded(log, second.store)).toEqual({ ...before, "member 14": path });
    expect(second.bytes()).toBeLessThan(first.bytes() / 5);
    expect((await readdir(join(folder, "large.pieces"))).length).toBe(first.put.length - 1);
    steps = 0;
    expect(await folded(log, fileStore(folder))).toEqual({ ...before, "member 14": path });
    expect(steps).toBe(0);
  });

  it("is the old or the new one, wherever a run is killed", async () => {
    const log = aLog("log");
    log.append(1);
    const inner = memoryStore();
    const before = await folded(log, inner);
    log.append(2, [], "changed");
    const after = { ...before, "member 14": "changed" };
    let isWhole = false;
    for (let puts = 0; !isWhole; puts++) {
      isWhole = await folded(log, counting(inner, puts).store).then(
        () => true,
        () => false,
      );
      const views = openViews({ logs: [log], store: inner });
      views.use(large);
      expect(await views.get(large)).toEqual(isWhole ? after : before);
    }
  });

  it("is folded again where a piece is missing or damaged, and cleared whole", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const pieces = join(folder, "large.pieces");
    const log = aLog("log");
    log.append(1);
    const state = await folded(log, fileStore(folder));
    const [one, other] = await readdir(pieces);
    for (const damage of [() => rm(join(pieces, one!)), () => writeFile(join(pieces, other!), "[0,0,{}]\n")]) {
      await damage();
      steps = 0;
      expect(await folded(log, fileStore(folder))).toEqual(state);
      expect(steps).toBe(1);
    }
    const views = openViews({ logs: [log], store: fileStore(folder) });
    views.use(large);
    await views.clear(large);
    expect(await readdir(pieces)).toEqual([]);
  });
});
