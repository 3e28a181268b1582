/** Old releases given up, so that the room they took is free again: on this machine, by the real program. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const bytesIn = (folder: string): number =>
  readdirSync(join(folder, ".fieldtree/packs")).reduce(
    (sum, name) => sum + statSync(join(folder, ".fieldtree/packs", name)).size,
    0,
  );

/** A campaign that released a mistake of two megabytes beside something small, and then took the mistake out. */
async function aMistake() {
  const noise = Buffer.alloc(2_000_000);
  for (let i = 0; i < noise.length; i += 4) noise.writeUInt32LE(Math.imul(i + 1, 2_654_435_761) >>> 0, i);
  const data = await aFolder({ "mistake/large.bin": noise, "good.txt": "good data" });
  const folder = await aCampaign();
  const run = (...args: string[]) => fieldtree(args, { cwd: folder });
  const treeFile = join(folder, "tree.yaml");
  await run("add", join(data, "good.txt"), "--at", "products/good");
  const withoutMistake = readFileSync(treeFile, "utf8");
  await run("add", join(data, "mistake"), "--at", "products/mistake");
  const withMistake = readFileSync(treeFile, "utf8");
  expect((await run("publish")).code).toBe(0);
  writeFileSync(treeFile, withoutMistake);
  expect((await run("publish")).code).toBe(0);
  const keep = (rule: string) =>
    writeFileSync(join(folder, "campaign.yaml"), `campaign: test\npins: { keep: ${rule} }\n`);
  return { folder, run, keep, treeFile, withMistake };
}

describe("a mistake that was released and taken out again", () => {
  it("is shown by a dry run, which changes nothing; pruned and collected, its bytes are free and all else is good", async () => {
    const { folder, run, keep } = await aMistake();
    keep("1 release");
    const dry = await run("prune", "--dry-run", "--json");
    expect(dry.code).toBe(0);
    expectSchema("prune", dry.json());
    const [would] = dry.json();
    expect(would).toMatchObject({ releases: 1, pins: 3 });
    expect(would.bytes).toBeGreaterThan(2_000_000);
    expect(would.bytes).toBeLessThan(2_100_000);
    await run("gc");
    const before = bytesIn(folder);

    const pruned = await run("prune");
    expect(pruned).toMatchObject({ code: 0, stdout: expect.stringContaining("stopped 3 pins of 1 old release") });
    expect(pruned.stderr).toContain("release 1: 3 pins at embedded");
    const [collected] = (await run("gc", "--json")).json();
    expect(collected.removed.bytes).toBeGreaterThanOrEqual(would.bytes);
    expect(bytesIn(folder)).toBeLessThan(before - 2_000_000);

    expect((await run("prune", "--json")).json()).toEqual([{ releases: 0, pins: 0, bytes: 0 }]);
    expect((await run("publish")).stdout).toContain("live and pinned");
    expect(await run("verify", "--deep")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        "2 of 2 roots follow from their tree.yaml, and from the changes listed; 2 by what the log carries",
      ),
    });
    expect((await run("fsck")).code).toBe(0);
    expect((await run("log", "--json")).json()).toHaveLength(2);
  });

  it("stays where campaign.yaml retains all releases, or as many as there are, and the reason is given", async () => {
    const { run, keep } = await aMistake();
    const all = await run("prune");
    expect(all).toMatchObject({ code: 0, stdout: expect.stringContaining("retains all releases") });
    keep("2 releases");
    expect((await run("prune", "--json")).json()).toEqual([{ releases: 0, pins: 0, bytes: 0 }]);
    keep("30 d");
    expect((await run("prune", "--json")).json()).toEqual([{ releases: 0, pins: 0, bytes: 0 }]);
  });

  it("stays where tree.yaml has it again, though that is not released yet", async () => {
    const { run, keep, treeFile, withMistake } = await aMistake();
    keep("1 release");
    writeFileSync(treeFile, withMistake);
    // The directories and the portal of release 1 go; the data stay.
    const [gone] = (await run("prune", "--json")).json();
    expect(gone.bytes).toBeLessThan(100_000);
    await run("gc");
    expect((await run("publish")).code).toBe(0);
    expect((await run("verify", "--deep")).code).toBe(0);
  });
});

it("without a release, or with mistakes in tree.yaml, nothing is pruned", async () => {
  const folder = await aCampaign({ "campaign.yaml": "campaign: test\npins: { keep: 1 release }\n" });
  expect((await fieldtree(["prune"], { cwd: folder })).code).toBe(2);
  const { run, keep, treeFile, folder: published } = await aMistake();
  keep("1 release");
  writeFileSync(treeFile, "products: { good: nonsense }\n");
  expect((await run("prune")).code).toBe(1);
  expect(readFileSync(join(published, ".fieldtree/pins.json"), "utf8")).toContain("test/tree@1");
});
