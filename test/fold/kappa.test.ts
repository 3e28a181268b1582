/** The same runs in kappa-core 7 and here, where both promise the same: one log, appends, restarts, versions, a pause that ends. */
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type FoldedView, memoryStore } from "../../pipeline/fold/folded-view.ts";
import { openViews, type Views } from "../../pipeline/fold/views.ts";
import { kappaCore } from "../servers/kappa.ts";
import { aLog, paths } from "./logs.ts";

type Operation = { readonly op: "append"; readonly values: string[] } | { readonly op: "restart" | "bump" | "pause" };

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("append" as const),
      values: fc.array(fc.uuid(), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom("restart" as const, "bump" as const, "pause" as const) }) },
);

/** What the view has after each operation. */
async function statesHere(operations: readonly Operation[]): Promise<(readonly string[])[]> {
  const log = aLog("log");
  const store = memoryStore();
  let version = 1;
  let made = 0;
  const opened = (): Views => {
    const tag = version;
    const views = openViews({ logs: [log], store });
    const view: FoldedView<string[]> = {
      name: "v",
      version,
      empty: [],
      step: (state, past) => [...state, ...paths.step([], past).map((path) => `${tag}:${path}`)],
    };
    views.use(view);
    return views;
  };
  let views = opened();
  const states = [];
  for (const operation of operations) {
    if (operation.op === "append") for (const value of operation.values) log.append(++made, [], value);
    if (operation.op === "bump") version++;
    if (operation.op === "bump" || operation.op === "restart") views = opened();
    if (operation.op === "pause") await (await views.pause())[Symbol.asyncDispose]();
    await views.ready("v");
    states.push(await views.get<readonly string[]>("v"));
  }
  return states;
}

const kappa = await kappaCore();

it.skipIf(!kappa)("has the states that kappa-core has", { timeout: 120_000 }, async () => {
  const runs = fc.sample(fc.array(anyOperation, { minLength: 1, maxLength: 12 }), 40);
  const script = join(import.meta.dirname, "kappa.cjs");
  const { stdout } = await execa("node", [script], { cwd: kappa!, input: JSON.stringify(runs) });
  const theirs = JSON.parse(stdout) as string[][][];
  for (const [i, operations] of runs.entries()) {
    expect(await statesHere(operations), JSON.stringify(operations)).toEqual(theirs[i]);
  }
});
