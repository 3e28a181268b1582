/** `history`: the versions of a dataset, as the releases of a real campaign have them. */
import { writeFile } from "node:fs/promises";
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
