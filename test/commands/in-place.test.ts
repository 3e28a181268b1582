/** `add --in-place` as its user meets it: what depends on files is named, by its line in tree.yaml, from the first day on. */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { noise } from "../ipfs/noise.ts";
import { aCampaign, fieldtree } from "./program.ts";

async function inPlaceCampaign(config = "campaign: test\n") {
  const cwd = await aCampaign({ "campaign.yaml": config, "flights/radar.bin": noise("radar", 600_000) });
  const run = (...args: string[]) => fieldtree(args, { cwd });
  const added = await run("add", "flights", "--in-place", "--at", "flights", "--json");
  return { cwd, run, added, file: join(cwd, "flights", "radar.bin") };
}

it("publishes a dataset that lies in its files, names it in `status`, and whoever changes it", async () => {
  const { cwd, run, added, file } = await inPlaceCampaign();
  expect(added.json()[0]).toMatchObject({ inPlace: true, at: "flights", bytes: 600_000 });
  expect(await run("publish")).toMatchObject({ code: 0 });
  const before = await run("status", "--deadline", "30");
  expect(before.stdout).toContain(
    `in place only: on this machine there is no copy but the files themselves\n  tree.yaml:1: flights, in ${join(cwd, "flights")}\n`,
  );
  expect((await run("status", "--json", "--deadline", "30")).json()[0].inPlace).toEqual([
    { path: "flights", cid: added.json()[0].cid, added: join(cwd, "flights") },
  ]);
  expect((await run("car", "export", added.json()[0].cid, "--output", "all.car")).code).toBe(0);
  expect(readFileSync(join(cwd, "all.car")).length).toBeGreaterThan(600_000);

  renameSync(file, `${file}.away`);
  const lost = await run("status", "--deadline", "30");
  expect(lost.stdout).toContain(`tree.yaml:1: flights lacks block `);
  expect(lost.stdout).toContain(`(${file} is gone)`);
  const checked = await run("fsck");
  expect(checked.code).toBe(6);
  expect(checked.stdout).toContain(`${file}, added in place as a part of ${join(cwd, "flights")}, is gone`);
  expect(checked.stdout).toMatch(/tree\.yaml:1: flights \(.*\): radar\.bin; it was added from .*flights/);
  const read = await run("cat", `${added.json()[0].cid}/radar.bin`);
  expect(read.code).toBe(6);
  expect(read.stderr).toContain(`${file} is gone`);

  // Added without the flag, from where it was copied to: real copies, and nothing depends on files any more.
  renameSync(`${file}.away`, file);
  expect((await run("add", "flights", "--at", "flights")).code).toBe(0);
  rmSync(join(cwd, "flights"), { recursive: true });
  const after = await run("status", "--deadline", "30");
  expect(after.stdout).not.toContain("in place only");
  expect(after.stdout).toContain("nothing to do");
  expect((await run("gc")).code).toBe(0);
  expect(readdirSync(join(cwd, ".fieldtree", "in-place"))).toEqual([]);
}, 120_000);

it("never counts what is in place for `pins.require`", async () => {
  const { run, cwd } = await inPlaceCampaign(
    [
      "campaign: test",
      "pins:",
      "  require: all",
      "  deadline: 1 s",
      "  services:",
      '    - { name: mirror, kind: kubo, api: "http://127.0.0.1:9" }',
      "",
    ].join("\n"),
  );
  const published = await run("publish");
  expect(published.code).toBe(4);
  expect(published.stderr).toContain("not pinned where it is required (1 of mirror)");
  expect((await run("status", "--json", "--deadline", "30")).json()[0]).toMatchObject({
    release: null,
    inPlace: [{ path: "flights" }],
  });
  expect(readFileSync(join(cwd, "tree.yaml"), "utf8")).toContain("flights");
}, 60_000);

it("says that a Kubo has its own way", async () => {
  const cwd = await aCampaign({ "campaign.yaml": "campaign: test\nnode: { kind: kubo, api: 'http://127.0.0.1:9' }\n" });
  writeFileSync(join(cwd, "data"), "data");
  const added = await fieldtree(["add", "data", "--in-place"], { cwd });
  expect(added.code).toBe(2);
  expect(added.stderr).toContain("ipfs add --nocopy");
});
