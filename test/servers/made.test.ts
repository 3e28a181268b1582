import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeEach, expect, it } from "vitest";
import { temporaryFolder } from "../fakes/parts.ts";

let home: string;
beforeEach(async () => {
  home = await temporaryFolder();
});

/** A process that makes `thing`, noting each making in a file, and prints where it stands. */
const maker = (during: string) => {
  const script = `
    import { appendFileSync, writeFileSync } from "node:fs";
    import { installOnce } from ${JSON.stringify(join(import.meta.dirname, "made.ts"))};
    console.log(await installOnce("thing-1", "no time", async (folder) => {
      appendFileSync(${JSON.stringify(join(home, "makings"))}, "x");
      writeFileSync(folder + "/half", "");
      ${during}
      writeFileSync(folder + "/whole", "");
    }));`;
  return ["--input-type=module", "-e", script];
};
const env = () => ({ XDG_CACHE_HOME: home });
const makings = () => readFileSync(join(home, "makings"), "utf8").length;
const slowly = "await new Promise((resolve) => setTimeout(resolve, 700));";

it("is made once when two processes want it", async () => {
  const both = [1, 2].map(() => execa("node", maker(slowly), { env: env() }));
  const [one, two] = await Promise.all(both);
  expect(one!.stdout).toBe(join(home, "fieldtree-test", "thing-1"));
  expect(two!.stdout).toBe(one!.stdout);
  expect(makings()).toBe(1);
});

it("is made again after the process that made it was killed", async () => {
  const killed = spawn("node", maker("process.kill(process.pid, 'SIGKILL');"), { env: { ...process.env, ...env() } });
  await new Promise((resolve) => killed.once("exit", resolve));
  const { stdout } = await execa("node", maker(""), { env: env() });
  expect(makings()).toBe(2);
  expect(readFileSync(join(stdout, "whole"), "utf8")).toBe("");
});

it("is nothing when making it fails, and is tried again", async () => {
  const failed = await execa("node", maker("throw new Error('no network');"), { env: env(), reject: false });
  expect(failed.stderr).toContain("no network");
  writeFileSync(join(home, "makings"), "");
  await execa("node", maker(""), { env: env() });
  expect(makings()).toBe(1);
});
