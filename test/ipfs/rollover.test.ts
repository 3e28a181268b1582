/**
 * Where one pack gives way to the next, thousands of times, under a model that knows every block.
 *
 * Packs have a few blocks and 64 kB here, so that what happens once in gigabytes happens all the time. Sessions of random
 * operations run in processes of their own, some of whose files stay in place, on a disk that takes its time (`slow-disk.ts`), with none to four threads; some
 * are killed. Two readers look on all the while.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import type { CID } from "multiformats/cid";
import { afterAll, beforeAll, expect, it } from "vitest";
import { blocksOf } from "../../pipeline/dag/build/files.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { sha256 } from "../../pipeline/dag/hash.ts";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { namesIn } from "../../pipeline/ipfs/embedded/folder-contents.ts";
import { raw } from "../contracts/node.ts";
import { testWorld } from "../fakes/world.ts";
import { noise } from "./noise.ts";
import { numbered, type Operation, type Session } from "./rollover-child.ts";

/** In memory where the system has such a folder: how long a disk takes is decided by `slow-disk.ts`. */
const scratch = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "fieldtree-rollover-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Folders that are added, with the CID of each block. */
const sources = new Map<string, { readonly root: CID; readonly blocks: readonly CID[] }>();
const [many, shared, large] = ["many", "shared", "large"].map((name) => join(scratch, name)) as [
  string,
  string,
  string,
];
const car = join(scratch, "many.car");
const elsewhere = join(scratch, "elsewhere");

beforeAll(async () => {
  for (const folder of [many, shared, large]) mkdirSync(folder);
  for (let i = 0; i < 200; i++) writeFileSync(join(many, `${i}`), noise(`many ${i}`, (i * 97) % 4000));
  for (let i = 0; i < 160; i++)
    writeFileSync(join(shared, `${i}`), noise(`${i % 2 ? "many" : "own"} ${i}`, (i * 97) % 4000));
  for (let i = 0; i < 3; i++) writeFileSync(join(large, `${i}`), noise(`large ${i}`, 9_000_000 + i));
  for (let i = 0; i < 30; i++) writeFileSync(join(large, `small ${i}`), noise(`small ${i}`, 900));
  for (const folder of [many, shared, large]) {
    const making = blocksOf(folder, { profile: "cid-v1", symlinks: "keep" }, testWorld());
    const made = [];
    for (;;) {
      const step = await making.next();
      if (step.done) {
        sources.set(folder, { root: step.value.cid, blocks: made.map(({ cid }) => cid) });
        break;
      }
      made.push(step.value);
    }
    if (folder !== many) continue;
    const parts = [];
    for await (const part of carOf([made.at(-1)!.cid], made)) parts.push(part);
    writeFileSync(car, Buffer.concat(parts));
  }
  const node = embedded(elsewhere);
  await node.add(shared, { profile: "cid-v1", symlinks: "keep" }, testWorld());
  await node.close();
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), from: fc.nat(400), count: fc.integer({ min: 1, max: 300 }) }),
  fc.record({
    kind: fc.constant("add" as const),
    path: fc.constantFrom(many, shared, large),
    pin: fc.boolean(),
    inPlace: fc.boolean(),
  }),
  fc.constant({ kind: "import" as const, car }),
  fc.constant({ kind: "fetch" as const, root: "", source: elsewhere }),
  fc.record({ kind: fc.constant("unpin" as const), path: fc.constantFrom(many, shared, large) }),
  fc.constant({ kind: "gc" as const }),
);

const session = fc.record({
  limits: fc.record({
    packBlocks: fc.integer({ min: 2, max: 12 }),
    packBytes: fc.constantFrom(16_384, 65_536),
    workers: fc.integer({ min: 0, max: 4 }),
    filesInTask: fc.constantFrom(1, 16),
    inPlaceFrom: fc.constant(1000),
    startWorkers: fc.constant({ files: 8, ranges: 0 }),
  }),
  operations: fc.array(operation, { minLength: 1, maxLength: 5 }),
  /** Part of the time that such a session takes after which it is killed; most are not. */
  killedAfter: fc.option(fc.nat(1200), { freq: 2 }),
  seed: fc.nat(1_000_000),
});

it("loses no committed block, whatever rolls over, whichever process is killed", async () => {
  let rollovers = 0;
  const seed = Number(process.env.ROLLOVER_SEED ?? Date.now() % 1_000_000_000);
  const numRuns = Number(process.env.ROLLOVER_RUNS ?? 6);
  console.log(`rollover: seed ${seed} (ROLLOVER_SEED), ${numRuns} runs (ROLLOVER_RUNS)`);
  await fc.assert(
    fc.asyncProperty(fc.array(session, { minLength: 2, maxLength: 4 }), async (sessions) => {
      const state = mkdtempSync(join(scratch, "state-"));
      const model = modelOf();
      for (const each of sessions) {
        const readers = [reading(state, model), reading(state, model)];
        try {
          await run(state, each, model);
        } finally {
          for (const stop of readers) await stop();
        }
        await assertAll(state, model);
      }
      // Where every session was killed at its very beginning there is no folder.
      const names = namesIn(join(state, "packs")).filter((name) => /^\d+\.car$/.test(name));
      rollovers += Math.max(0, ...names.map((name) => Number.parseInt(name, 10)));
      rmSync(state, { recursive: true });
    }),
    { seed, numRuns, endOnFailure: true },
  );
  console.log(`rollover: ${rollovers} packs were begun`);
}, 600_000);

it("rolls over thousands of times in a row, and has every block afterwards", async () => {
  const world = testWorld();
  for (let store = 0; store < 10; store++) {
    const state = join(scratch, `many-${store}`);
    const blocks = Array.from({ length: 500 }, (_, i) => raw(`block ${store} ${i}`));
    const node = embedded(state, { packBlocks: 2 });
    await node.put(blocks, world);
    await node.close();
    const reader = embedded(state);
    for (const { cid } of blocks) expect(await reader.get(cid, world), `${cid}`).toBeDefined();
    await reader.close();
    expect(readdirSync(join(state, "packs")).filter((name) => name.endsWith(".car")).length).toBe(250);
    rmSync(state, { recursive: true });
  }
});

/** What has to be there, by what was promised. */
interface Model {
  /** Blocks that no pin keeps, since the last collection began. */
  readonly loose: Map<string, CID>;
  readonly pins: Map<string, readonly CID[]>;
}

const modelOf = (): Model => ({ loose: new Map(), pins: new Map() });

function* expectedIn({ loose, pins }: Model): Generator<CID> {
  yield* loose.values();
  for (const blocks of pins.values()) yield* blocks;
}

function promise(operation: Operation, { loose, pins }: Model): void {
  const keep = (cids: readonly CID[]): void => {
    for (const cid of cids) loose.set(`${cid}`, cid);
  };
  switch (operation.kind) {
    case "put":
      keep(Array.from({ length: operation.count }, (_, i) => numbered(operation.from + i).cid));
      return;
    case "add": {
      const { blocks } = sources.get(operation.path)!;
      if (operation.pin) pins.set(operation.path, blocks);
      keep(blocks);
      return;
    }
    case "import":
      keep(sources.get(many)!.blocks);
      return;
    case "fetch":
      pins.set("fetched", sources.get(shared)!.blocks);
  }
}

/** From the moment it begins, nothing may be expected of what it takes away. */
function expectLess(operation: Operation, { loose, pins }: Model): void {
  if (operation.kind === "gc") loose.clear();
  if (operation.kind === "unpin") pins.delete(operation.path);
}

async function run(
  state: string,
  {
    limits,
    operations,
    killedAfter,
    seed,
  }: Omit<Session, "state"> & { readonly killedAfter: number | null; readonly seed: number },
  model: Model,
): Promise<void> {
  const file = join(scratch, "session.json");
  const all = operations.map((each) =>
    each.kind === "fetch" ? { ...each, root: `${sources.get(shared)!.root}` } : each,
  );
  writeFileSync(file, JSON.stringify({ state, limits, operations: all } satisfies Session));
  const args = [
    "--import",
    join(import.meta.dirname, "slow-disk.ts"),
    join(import.meta.dirname, "rollover-child.ts"),
    file,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, SLOW_DISK: `${seed}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const gone = once(child, "close");
  let stderr = "";
  child.stderr.on("data", (part) => {
    stderr += part;
  });
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  for await (const line of createInterface(child.stdout)) {
    if ("begun" in (JSON.parse(line) as object)) {
      if (next === 0 && killedAfter !== null) timer = setTimeout(() => child.kill("SIGKILL"), killedAfter);
      expectLess(all[next]!, model);
    } else promise(all[next++]!, model);
  }
  const [code, signal] = await gone;
  clearTimeout(timer);
  if (signal !== "SIGKILL") expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

/** Read what has to be there, over and over, as another process would. Call what is returned to stop, and to hear what was wrong. */
function reading(state: string, model: Model): () => Promise<void> {
  const node = embedded(state);
  let going = true;
  const done = (async () => {
    while (going) {
      for (const cid of [...expectedIn(model)].filter(() => Math.random() < 0.1)) {
        if (!going) break;
        if ((await node.get(cid, testWorld())) || !going) continue;
        // What is taken away while we look is no longer expected: time to hear of it.
        await new Promise((resolve) => setTimeout(resolve, 1000));
        if ([...expectedIn(model)].some((each) => each.equals(cid))) expect.fail(`a reader misses ${cid}`);
        await new Promise(setImmediate);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  done.catch(() => undefined);
  return async () => {
    going = false;
    await done.finally(() => node.close());
  };
}

async function assertAll(state: string, model: Model): Promise<void> {
  const node = embedded(state);
  for (const cid of expectedIn(model)) {
    const bytes = await node.get(cid, testWorld());
    expect(bytes && Buffer.compare(sha256(bytes), cid.multihash.digest), `${cid}`).toBe(0);
  }
  const wrong = [];
  for await (const { level, says } of node.fsck({ repair: false }, testWorld()))
    if (level === "error") wrong.push(says);
  expect(wrong).toEqual([]);
  await node.close();
}
