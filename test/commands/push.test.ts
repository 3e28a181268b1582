/** `push`, as a user runs it, with a key of `key new`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startRouting } from "../servers/routing.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

it("points a key at data, remembers it, and prints what moved", async () => {
  const routing = await startRouting();
  onTestFinished(() => routing.close());
  const [cwd, files] = [await aCampaign(), await aFolder({ "a.txt": "one", "b.txt": "two" })];
  const run = async (...args: string[]) => {
    const ran = await fieldtree([...args, "--json"], { cwd });
    return { ...ran, line: ran.json().at(-1) };
  };
  const { line: made } = await run("key", "new", "--to", join(files, "campaign.key"));
  const { line: one } = await run("add", join(files, "a.txt"), "--at", "data.txt");
  const where = ["--to", `ipns://${made.name}`, "--key", join(files, "campaign.key"), "--routing", routing.url];
  const first = await run("push", "data.txt", ...where);
  expect(first.code, first.stderr).toBe(0);
  expectSchema("push", first.json());
  expect(first.line).toEqual({
    name: "data.txt",
    key: made.name,
    value: `/ipfs/${one.cid}`,
    relation: null,
    sequence: 1,
  });
  const { line: two } = await run("add", join(files, "b.txt"), "--at", "data.txt");
  const { stdout } = await fieldtree(["push", "data.txt"], { cwd });
  expect(stdout).toBe(`data.txt: ipns://${made.name} moved from /ipfs/${one.cid}\n  /ipfs/${two.cid}\n`);
  expect(JSON.parse(await readFile(join(cwd, "remotes.json"), "utf8")).pushed["data.txt"]).toMatchObject({
    to: `ipns://${made.name}`,
    value: `/ipfs/${two.cid}`,
  });
  // A record is put again without the key.
  routing.records.clear();
  const again = await run("republish");
  expect(again.line).toEqual({ name: made.name, ok: true });
  expect(routing.records.has(made.name)).toBe(true);
  routing.break({ answers: 503, body: "later" });
  const down = await run("push", "data.txt");
  expect([down.code, down.line.error.kind]).toEqual([4, "unavailable"]);
  const unknown = await run("push", "other");
  expect([unknown.code, unknown.line.error.hint]).toEqual([2, expect.stringContaining("--to ipns://KEY")]);
});
