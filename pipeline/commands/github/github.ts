/**
 * `github`: the verbs that workflows call, with their event and inputs in the environment.
 *
 * All work that needs no GitHub has a verb of its own, so that an operator can do everything that a workflow does.
 */

import type { Call, Verb } from "../../cli/verb.ts";
import { Failure } from "../../core/failure.ts";

type Part = (call: Call) => Promise<number>;

const parts: Readonly<Record<string, () => Promise<Part>>> = {
  plan: async () => (await import("./plan.ts")).plan,
  report: async () => (await import("./report.ts")).report,
  publish: async () => (await import("./publish.ts")).publishFromWorkflow,
  record: async () => (await import("./record.ts")).record,
  revert: async () => (await import("./revert.ts")).revert,
  issues: async () => (await import("./issues.ts")).issues,
  clock: async () => (await import("./clock.ts")).clock,
};

export const github: Verb = {
  args: `<${Object.keys(parts).join("|")}>`,
  about: `Called by the actions in actions/, which document inputs and outputs. Takes the event from GITHUB_EVENT_PATH, the API's
address from GITHUB_API_URL, the token from GITHUB_TOKEN.`,
  example: "fieldtree github publish",

  async run(call) {
    const name = call.args[0]!;
    if (Object.hasOwn(parts, name)) return (await parts[name]!())(call);
    throw new Failure("input", `github ${name}: there is ${Object.keys(parts).join(", ")}`);
  },
};
