/** `history`: the versions of a dataset, as the releases of a real campaign have them. */
import { cp, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

it("lists versions newest first, follows moves, and finds a dataset by the path that it had", async () => {
  const cwd = await aCampaign({ "radar/a": "1", "radar2/a": "2" });
  const cids: string[] = [];
  for (const folder of ["radar", "radar2"]) {
    const added = await fieldtree(["--json", "add", folder, "--at", "HALO/radar"], { cwd });
    cids.push(added.json()[0].cid);
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
  }
  for (const tree of [`HALO:\n  lidar: ${cids[1]}\n`, `RV:\n  lidar: ${cids[0]}\n`]) {
    await writeFile(join(cwd, "tree.yaml"), tree);
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
  }

  const ran = await fieldtree(["history", "HALO/radar/", "--json"], { cwd });
  expectSchema("versions", ran.json());
  const [{ path, versions }] = ran.json();
  expect(path).toBe("HALO/lidar");
  expect(versions.map(({ release, op, path, cid }: never) => [release, op, path, cids.indexOf(cid) + 1])).toEqual([
    [4, "removed", "HALO/lidar", 2],
    [3, "moved", "HALO/lidar", 2],
    [2, "updated", "HALO/radar", 2],
    [1, "added", "HALO/radar", 1],
  ]);
  const inside = await fieldtree(["history", "HALO/lidar/a"], { cwd });
  expect(inside.stdout).toMatch(/^HALO\/lidar\n {2}release 4 .* removed .*\n.*moved.*\(from HALO\/radar\)\n/);
  expect((await fieldtree(["history", "HALO"], { cwd })).stdout).toBe(inside.stdout);

  const none = await fieldtree(["history", "no/such"], { cwd });
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("no release has, or had, no/such")]);
});

it("tells with --datasets what each version changed in data users' words, and which values did", async () => {
  const cwd = await aCampaign();
  const sample = join(import.meta.dirname, "../../sample/products/KITE/KITE-20260126a/track.zarr");
  const copy = join(cwd, "track.zarr");
  await cp(sample, copy, { recursive: true });
  const publish = async () => {
    expect((await fieldtree(["add", copy, "--at", "track"], { cwd })).code).toBe(0);
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
  };
  await publish();
  await rename(join(copy, "air_temperature"), join(copy, "ta"));
  const metadata = join(copy, "zarr.json");
  const text = await readFile(metadata, "utf8");
  await writeFile(metadata, text.replaceAll('"air_temperature": {', '"ta": {').replaceAll('"Pa"', '"hPa"'));
  await publish();
  await writeFile(join(cwd, "tree.yaml"), "");
  expect((await fieldtree(["publish"], { cwd })).code).toBe(0);

  const ran = await fieldtree(["history", "track", "--datasets", "--json"], { cwd });
  expect(ran.code).toBe(0);
  expectSchema("versions", ran.json());
  const [{ versions }] = ran.json();
  expect(versions.map(({ op, datasets }: never) => [op, datasets])).toMatchObject([
    ["removed", undefined],
    ["updated", [{ path: "track", op: "changed", difference: { arrays: expect.any(Array) } }]],
    ["added", undefined],
  ]);
  expect(versions[1].datasets[0].difference.variables).toEqual(
    expect.arrayContaining([{ op: "renamed", name: "ta", from: "air_temperature" }]),
  );
  const { stdout } = await fieldtree(["history", "track", "--datasets"], { cwd });
  expect(stdout).toContain("      variable air_temperature is called ta now\n");
  expect((await fieldtree(["history", "track"], { cwd })).stdout).not.toContain("variable");
});
