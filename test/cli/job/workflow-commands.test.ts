/** While other people's words may be printed, no line of a job is a command to its runner. */
import { expect, it } from "vitest";
import { withoutCommands } from "../../../pipeline/cli/job/workflow-commands.ts";
import type { Call } from "../../../pipeline/cli/verb.ts";
import { testWorld } from "../../fakes/world.ts";
import { readOutput } from "../../github/runner.ts";

function aCall(env: Call["env"] = { GITHUB_ACTIONS: "true" }) {
  const printed: string[] = [];
  const world = testWorld();
  const out = {
    json: false,
    result: (_: object, text?: string) => void printed.push(text ?? ""),
    bytes: async () => {},
    taken: async () => {},
  };
  return { call: { env, world, out } as unknown as Call, printed, world };
}

const forged = [
  "::error file=x::forged",
  "  ::set-output name=root::forged",
  "see ##[add-mask]e",
  "a\n::debug::forged",
];

it("turns commands off for as long as the work takes, and keeps them out of the log besides", async () => {
  const { call, printed, world } = aCall();
  const done = await withoutCommands(call, async ({ out, world }) => {
    for (const line of forged) {
      out.result({}, line);
      world.log(line);
    }
    return "done";
  });
  printed.push("::error::ours");
  expect(done).toBe("done");
  expect(readOutput(printed.join("\n"))).toEqual({ annotations: [{ level: "error", message: "ours" }], others: [] });
  expect(readOutput(world.lines.join("\n"))).toEqual({ annotations: [], others: [] });
  expect(world.lines).toHaveLength(forged.length);
});

it("leaves them off where the work fails, because the failure is printed afterwards", async () => {
  const { call, printed } = aCall();
  await expect(withoutCommands(call, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(readOutput([...printed, ...forged].join("\n"))).toEqual({ annotations: [], others: [] });
});

it("prints nothing where no runner reads along", async () => {
  const { call, printed } = aCall({});
  await withoutCommands(call, async () => 1);
  expect(printed).toEqual([]);
});
