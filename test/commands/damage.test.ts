/** What an operator sees whose disk damaged a block of what is published, and what brings it back. */
import { cpSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const text = (name: string) => `${name} `.repeat(500);

/** A published campaign of two datasets, one of which was added from a folder that is still there. */
async function aPublished() {
  const data = await aFolder({
    "radar/one.txt": text("one"),
    "radar/two.txt": text("two"),
    "sonde.txt": text("sonde"),
  });
  const folder = await aCampaign();
  const run = (...args: string[]) => fieldtree(args, { cwd: folder });
  for (const [path, at] of [
    ["radar", "products/radar"],
    ["sonde.txt", "products/sonde"],
  ] as const) {
    expect((await run("add", join(data, path), "--at", at)).code).toBe(0);
  }
  expect((await run("publish")).code).toBe(0);
  const pack = join(folder, ".fieldtree/packs/00000001.car");
  return { data, folder, run, pack };
}

/** Another byte in the block that holds `words`. `quietly`: the file's time does not tell. */
function damage(pack: string, words: string, quietly = false): void {
  const bytes = readFileSync(pack);
  const at = bytes.indexOf(words);
  expect(at).toBeGreaterThan(0);
  bytes[at]! ^= 1;
  const { atime, mtime } = statSync(pack);
  writeFileSync(pack, bytes);
  if (quietly) utimesSync(pack, atime, mtime);
}

type Published = Awaited<ReturnType<typeof aPublished>>;

async function expectGreen({ run }: Published): Promise<void> {
  const publish = await run("publish");
  expect(publish.stdout).toContain("live and pinned");
  expect([publish.code, publish.stderr]).toEqual([0, ""]);
  expect((await run("status")).stdout).toContain("nothing to do");
  expect(await run("verify", "--deep")).toMatchObject({ code: 0, stdout: expect.stringContaining("read and hashed") });
  expect(await run("fsck")).toMatchObject({ code: 0, stdout: expect.stringContaining("all is well") });
}

describe.each([
  ["fsck --repair", false, ["fsck", "--repair"]],
  ["reading it", true, ["cat", "products/radar/two.txt"]],
  ["nobody, but something wrote to the pack", false, undefined],
] as const)("a damaged block that was found by %s", (_, quietly, found) => {
  it("is never reported as pinned: publish, status and verify name it, and adding the data again repairs it", async () => {
    const campaign = await aPublished();
    const { run, data, pack } = campaign;
    damage(pack, "two two", quietly);
    if (found) expect((await run(...found)).code).toBe(6);

    const publish = await run("publish");
    expect([publish.code, publish.stdout]).toEqual([4, ""]);
    expect(publish.stderr).toContain("tree.yaml:2: products/radar");
    const status = await run("status");
    expect(status.stdout).not.toContain("nothing to do");
    expect(status.stdout).toContain("products/radar/two.txt lacks 1 block");
    expect(status.stdout).toContain("fetch products/radar");
    expect(status.stdout).not.toContain("fetch products/sonde");
    expect((await run("verify")).code).toBe(7);
    expect((await run("verify", "--deep")).code).toBe(7);
    const json = await run("status", "--json");
    expectSchema("status", json.json());
    expect(json.json()[0].incomplete).toContainEqual(
      expect.objectContaining({
        label: "test/tree@1",
        missing: [expect.objectContaining({ path: "products/radar/two.txt" })],
      }),
    );

    expect((await run("add", join(data, "radar"), "--at", "products/radar")).code).toBe(0);
    await expectGreen(campaign);
  });
});

it("a lost block comes back by importing a CAR that has it", async () => {
  const campaign = await aPublished();
  const { run, folder, pack } = campaign;
  expect((await run("car", "export", "products/radar", "-o", join(folder, "radar.car"))).code).toBe(0);
  damage(pack, "two two");
  expect((await run("publish")).code).toBe(4);
  expect((await run("car", "import", join(folder, "radar.car"))).code).toBe(0);
  await expectGreen(campaign);
});

it("fsck names what to add again: by the line in tree.yaml, by the older release, by where it was added from", async () => {
  const { run, data, folder, pack } = await aPublished();
  writeFileSync(join(data, "radar/two.txt"), text("three"));
  expect((await run("add", join(data, "radar"), "--at", "products/radar")).code).toBe(0);
  writeFileSync(join(data, "other.txt"), text("other"));
  expect((await run("publish")).code).toBe(0);
  expect((await run("add", join(data, "other.txt"))).code).toBe(0);
  for (const words of ["one one", "two two", "other other"]) damage(pack, words);
  const { code, stdout } = await run("fsck", "--json");
  expect(code).toBe(6);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const summary = lines.find(({ packs }) => packs !== undefined);
  expectSchema("fsck", [summary]);
  expect(summary.missing).toEqual(
    [
      {
        path: "products/radar",
        line: 2,
        cid: expect.any(String),
        from: join(data, "radar"),
        files: ["one.txt"],
      },
      { path: join(data, "other.txt"), from: join(data, "other.txt"), files: [] },
      { path: "products/radar/two.txt", release: 1, files: [] },
    ].sort((a, b) => (a.line ?? 9) - (b.line ?? 9) || (a.path < b.path ? -1 : 1)),
  );
  const words = await run("fsck");
  expect(words.stdout).toContain(`tree.yaml:2: products/radar`);
  expect(words.stdout).toContain(`one.txt; it was added from ${join(data, "radar")}`);
  expect(words.stdout).toContain("products/radar/two.txt, which release 1 has and tree.yaml no longer");
  expect(readFileSync(join(folder, "tree.yaml"), "utf8")).toContain("products");
});

it("only an older release lacking a block is reported, and the live one stays complete", async () => {
  const { run, data, pack } = await aPublished();
  writeFileSync(join(data, "radar/two.txt"), text("three"));
  expect((await run("add", join(data, "radar"), "--at", "products/radar")).code).toBe(0);
  expect((await run("publish")).code).toBe(0);
  damage(pack, "two two");
  const publish = await run("publish");
  expect(publish.stdout).toContain("live and pinned");
  expect(publish.stderr).toContain("test/tree@1");
  const status = await run("status");
  expect(status.stdout).not.toContain("nothing to do");
  expect(status.stdout).toContain("products/radar/two.txt lacks 1 block");
  expect(await run("verify")).toMatchObject({ code: 7, stdout: expect.stringContaining("test/tree@1") });
  expect((await run("fsck")).code).toBe(6);
});

it("a store that was copied elsewhere, with other times, is as good as it was", async () => {
  const campaign = await aPublished();
  const { folder, pack } = campaign;
  const index = pack.replace(/car$/, "index");
  cpSync(pack, `${folder}/copy`);
  rmSync(pack);
  cpSync(`${folder}/copy`, pack);
  utimesSync(index, new Date(0), new Date(0));
  await expectGreen(campaign);
});
