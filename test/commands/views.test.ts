/** `fieldtree views`: code of the campaign's repository, run by those who say so. */
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const campaign = "campaign: sea\nviews: views.mjs\n";
const counting = (version: number) => `export default [{
  name: "counts", version: ${version}, empty: 0,
  step: (state, { release }) => { console.error("step"); return state + release.changes.length * ${version}; },
}];\n`;

it("folds them from the log, each release once, and again for another version", { timeout: 300_000 }, async () => {
  const cwd = await aCampaign({ "campaign.yaml": campaign, "views.mjs": counting(1), "a.txt": "a", "b.txt": "b" });
  const run = async (...args: string[]) =>
    fieldtree([...args, "--json"], { cwd, env: { SOURCE_DATE_EPOCH: "1723000000" } });
  const views = async () => {
    const { code, stderr, json } = await run("views", "--run-code", "counts");
    expect(code, stderr).toBe(0);
    return { line: json()[0], steps: stderr.match(/^step$/gm)?.length ?? 0 };
  };
  for (const name of ["a", "b"]) {
    await run("add", `${name}.txt`, "--at", `raw/${name}.txt`);
    await run("publish");
  }
  const first = await views();
  expect(first).toEqual({ line: { view: "counts", version: 1, releases: 2, state: 2 }, steps: 2 });
  expectSchema("views", [first.line]);
  expect(await views()).toEqual({ ...first, steps: 0 });
  await writeFile(join(cwd, "views.mjs"), counting(2));
  expect(await views()).toEqual({ line: { view: "counts", version: 2, releases: 2, state: 4 }, steps: 2 });
});

it("runs nothing that it is not told to, for nobody who proposes it, and nothing from elsewhere", async () => {
  const marker = 'console.log("ran"); export default [];\n';
  const cwd = await aCampaign({ "campaign.yaml": campaign, "views.mjs": marker });
  const elsewhere = await aFolder({ "stranger.mjs": marker });
  await symlink(join(elsewhere, "stranger.mjs"), join(cwd, "link.mjs"));
  const attempt = async (args: readonly string[], env: Record<string, string> = {}, text = campaign) => {
    await writeFile(join(cwd, "campaign.yaml"), text);
    const { code, stdout } = await fieldtree([...args, "--json"], { cwd, env });
    expect(stdout).not.toMatch(/^ran$/m);
    return [code, JSON.parse(stdout.split("\n")[0]!).error?.message];
  };
  expect(await attempt(["views"])).toEqual([2, "views.mjs is code, which would run with your rights"]);
  expect(await attempt(["views", "--run-code"], { GITHUB_EVENT_NAME: "pull_request_target" })).toEqual([
    3,
    "views.mjs is not run in a job for a pull request",
  ]);
  expect(await attempt(["views", "--run-code"], {}, campaign.replace("views.mjs", "link.mjs"))).toEqual([
    2,
    "link.mjs leads out of the campaign's folder",
  ]);
  expect(await attempt(["views", "--run-code"], {}, campaign.replace("views.mjs", "../x.mjs"))).toEqual([
    2,
    expect.stringContaining("must be a file of this repository"),
  ]);
  for (const verb of ["check", "plan", "publish", "status"]) await attempt([verb]);
});

it("names what is wrong with the file", async () => {
  const cwd = await aCampaign({ "campaign.yaml": campaign });
  const failure = async (text?: string, ...names: string[]) => {
    if (text !== undefined) await writeFile(join(cwd, "views.mjs"), text);
    return (await fieldtree(["views", "--run-code", ...names, "--json"], { cwd })).json().at(-1).error.message;
  };
  expect(await failure()).toBe("views.mjs, which campaign.yaml names as views:, is not there");
  expect(await failure("export const a = 1;")).toBe("views.mjs: its default export is no list of views");
  expect(await failure('export default [{ name: "a", version: 1, empty: 0 }];')).toBe(
    "views.mjs: its default export has a bad 0.step",
  );
  expect(await failure(counting(1), "nope")).toBe("views.mjs has no view named nope");
});
