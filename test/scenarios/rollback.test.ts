/** An older tree made live again, and the whole log checked from one file. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aCampaign, fieldtree } from "../commands/program.ts";
import { expectSchema } from "../commands/schemas.ts";

/** A campaign of two releases, the second one wrong. */
async function twoReleases(): Promise<string> {
  const cwd = await aCampaign({ "one/dataset_meta.yaml": "attributes: { title: one }\n", "two.txt": "wrong\n" });
  for (const [what, at] of [
    ["one", "products/one"],
    ["two.txt", "products/two"],
  ] as const) {
    expect((await fieldtree(["add", what, "--at", at], { cwd })).code).toBe(0);
    expect((await fieldtree(["publish"], { cwd })).code).toBe(0);
  }
  return cwd;
}

/** Numbers of the releases in the log, newest first. */
async function releasesIn(cwd: string): Promise<number[]> {
  return (await fieldtree(["log", "--json"], { cwd })).json().map(({ release }) => release);
}

describe("rollback", { timeout: 120_000 }, () => {
  it("makes a new release of the old tree, and keeps the bad one from coming back by itself", async () => {
    const cwd = await twoReleases();
    const [two, one] = (await fieldtree(["log", "--json"], { cwd })).json();
    const rolledBack = await fieldtree(["rollback", "1", "--why", "two was wrong", "--json"], { cwd });
    expect(rolledBack.code, rolledBack.stderr).toBe(0);
    expectSchema("publish", rolledBack.json());
    const [newest] = (await fieldtree(["log", "--json"], { cwd })).json();
    expect(newest).toMatchObject({ release: 3, root: one.root, rollbackOf: 1, why: "two was wrong" });

    const again = await fieldtree(["publish"], { cwd });
    expect(again.code).toBe(3);
    expect(again.stderr).toContain("two was wrong");
    expect((await fieldtree(["plan", "--json"], { cwd })).json()[0].reason).toContain("rolled this very tree back");

    expect((await fieldtree(["publish", "--override-rollback"], { cwd })).code).toBe(0);
    const log = (await fieldtree(["log", "--json"], { cwd })).json();
    expect(log[0]).toMatchObject({ release: 4, root: two.root });
    expectSchema("log", log);
  });

  it("is refused without a reason, and for a release that is not there", async () => {
    const cwd = await twoReleases();
    const unsaid = await fieldtree(["rollback", "1"], { cwd });
    expect([unsaid.code, unsaid.stderr]).toEqual([2, expect.stringContaining("needs a reason")]);
    expect((await fieldtree(["rollback", "9", "--why", "x"], { cwd })).code).toBe(2);
    expect(await releasesIn(cwd)).toEqual([2, 1]);
  });

  it("to what is live already makes no release, whatever tree.yaml says and whichever version described it", async () => {
    const cwd = await twoReleases();
    expect((await fieldtree(["rollback", "1", "--why", "two was wrong"], { cwd })).code).toBe(0);
    await writeFile(join(cwd, "campaign.yaml"), "campaign: test\ntitle: In other words\n");
    for (const number of ["1", "3"]) {
      const again = await fieldtree(["rollback", number], { cwd });
      expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("no release is created")]);
      expect(again.stdout).toMatch(/^nothing to do: release 3/);
    }
    expect(await releasesIn(cwd)).toEqual([3, 2, 1]);
  });

  it("is what status tells of, and not of the tree.yaml that it holds back", async () => {
    const cwd = await twoReleases();
    expect((await fieldtree(["rollback", "1", "--why", "two was wrong"], { cwd })).code).toBe(0);
    const { stdout } = await fieldtree(["status", "--deadline", "20"], { cwd });
    expect(stdout).toContain("is live, rolled back to release 1\n");
    expect(stdout).toContain("nothing to do\ntree.yaml is not to be published\n");
    expect(stdout).toContain("(two was wrong)\n  → change tree.yaml");
  });
});

describe("verify --offline", { timeout: 120_000 }, () => {
  it("checks the log from one file, with no campaign around it, and sees a flipped byte and a missing end", async () => {
    const cwd = await twoReleases();
    const car = join(cwd, "log.car");
    expect((await fieldtree(["car", "export", "--scope", "log", "-o", car], { cwd })).code).toBe(0);
    const good = await fieldtree(["verify", "--offline", car, "--json"]);
    expect(good.code, good.stdout + good.stderr).toBe(0);
    expectSchema("verify", good.json());
    expect(good.json().at(-1)).toMatchObject({ ok: true, corrupt: 0 });

    const bytes = await readFile(car);
    const flipped = Uint8Array.from(bytes);
    flipped[flipped.length - 1]! ^= 1;
    await writeFile(car, flipped);
    expect((await fieldtree(["verify", "--offline", car])).code).toBe(6);
    await writeFile(car, bytes.subarray(0, bytes.length - 10));
    expect((await fieldtree(["verify", "--offline", car])).code).toBe(6);
  });
});
