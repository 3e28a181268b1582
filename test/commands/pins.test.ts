import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { readCampaign } from "../../pipeline/core/campaign/campaign.ts";
import { v0, v1 } from "../core/cids.ts";
import { kuboBinary } from "../servers/kubo.ts";
import { useKubo } from "../servers/use-kubo.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const kubo = await useKubo();

async function aRelease() {
  const cwd = await aCampaign({ "radar/a": "a", "camera/b": "b", "far/c": "c" });
  const cids: Record<string, string> = {};
  for (const name of ["radar", "camera", "far"]) {
    const at = name === "far" ? [] : ["--at", `products/${name}`];
    const added = await fieldtree(["--json", "add", name, ...at], { cwd });
    expect(added.code, added.stderr).toBe(0);
    cids[name] = added.json()[0].cid;
  }
  await appendFile(join(cwd, "tree.yaml"), `copy: ${cids.radar}\nempty:\n`);
  await appendFile(join(cwd, "campaign.yaml"), `pins: { extra: [{ name: far away, cid: ${cids.far} }] }\n`);
  const published = await fieldtree(["--json", "publish"], { cwd });
  expect(published.code, published.stderr).toBe(0);
  const { root, portal } = (await fieldtree(["--json", "log"], { cwd })).json()[0];
  return { cwd, root, portal, ...(cids as { radar: string; camera: string; far: string }) };
}

describe("pins export", () => {
  it("prints the tree, the portal, each dataset once and what campaign.yaml adds: CIDs and nothing else", async () => {
    const { cwd, root, portal, radar, camera, far } = await aRelease();
    const listed = await fieldtree(["pins", "export"], { cwd });
    expect(listed.stdout.split("\n").sort()).toEqual(["", root, portal, radar, camera, far].sort());
    expect(listed.stdout.split("\n").slice(0, 2)).toEqual([root, portal]);

    const told = await fieldtree(["--json", "pins", "export"], { cwd });
    expectSchema("pins", told.json());
    expect(told.json()).toContainEqual({ cid: root, label: "test/tree@1" });
    expect(told.json()).toContainEqual({ cid: camera, label: "test/products/camera@1" });
    expect(told.json()).toContainEqual({ cid: far, label: "test/far away" });
  });

  it("is about the newest release, not about tree.yaml as it is now", async () => {
    const { cwd } = await aRelease();
    const before = await fieldtree(["pins", "export"], { cwd });
    await appendFile(join(cwd, "tree.yaml"), `later: ${v1(1)}\n`);
    expect((await fieldtree(["pins", "export"], { cwd })).stdout).toBe(before.stdout);
  });

  it("has nothing to print before the first release", async () => {
    const run = await fieldtree(["pins", "export"], { cwd: await aCampaign() });
    expect(run).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("nothing has been published yet"),
    });
  });

  it.skipIf(!kubo.there)("is what `ipfs pin add` on a mirror reads", { timeout: 120_000 }, async () => {
    const mirror = await kubo.started();
    const { cwd, root, portal, radar, camera, far } = await aRelease();
    for (const cid of [portal, far]) {
      await fieldtree(["car", "export", cid, "-o", `${cid}.car`], { cwd });
      await mirror.ipfs("dag", "import", "--pin-roots=false", join(cwd, `${cid}.car`));
    }
    const { stdout: list } = await fieldtree(["pins", "export"], { cwd });
    await execa((await kuboBinary())!, ["pin", "add"], { env: { IPFS_PATH: mirror.repo }, input: list });
    const kept = (await mirror.ipfs("pin", "ls", "--type=recursive", "--quiet")).split("\n");
    expect(kept).toEqual(expect.arrayContaining([root, portal, radar, camera, far]));
  });
});

const pinlist = `- cid: ${v0(1)}
  name: 'HEAD "v1": first'
  meta:
    tags: [all, aux]
- cid: ${v0(2)}
  name: HEAD v2
  meta:
    prev: ${v0(1)}
    tags: [all]
`;

describe("pins import", () => {
  it("prints what campaign.yaml can hold as it is", async () => {
    const cwd = await aFolder({ "pinlist.yaml": pinlist });
    const { code, stdout, stderr } = await fieldtree(["pins", "import", "pinlist.yaml"], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    const { campaign, findings } = readCampaign(`campaign: test\n${stdout}`);
    expect(findings).toEqual([]);
    expect(campaign!.pins.extra).toEqual([
      { name: 'HEAD "v1": first', cid: v0(1) },
      { name: "HEAD v2", cid: v0(2) },
    ]);
  });

  it("tells a program all there is, a line each", async () => {
    const cwd = await aFolder({ "pinlist.yaml": `${pinlist}- cid: ${v0(3)}\n  name: HEAD v2\n` });
    const run = await fieldtree(["--json", "pins", "import", "pinlist.yaml"], { cwd });
    expectSchema("pins", run.json());
    expect(run.json()).toMatchObject([
      { finding: { rule: "duplicate-name", line: 11 } },
      { name: 'HEAD "v1": first', meta: { tags: "all,aux" }, line: 1 },
      { name: "HEAD v2", cid: v0(2), previous: v0(1), line: 5 },
      { cid: v0(3), line: 10 },
    ]);
    expect(run.code).toBe(0);
  });

  it("says on stderr what is wrong, with its line, prints the rest, and exits with 1", async () => {
    const cwd = await aFolder({ "pinlist.yaml": `${pinlist}- cid: foo\n  name: "bad\\e[2Jname"\n` });
    const { code, stdout, stderr } = await fieldtree(["pins", "import", "pinlist.yaml"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('pinlist.yaml:10:8  error  not-a-cid  "foo" is not a CID');
    expect(stdout.match(/cid: Qm/g)).toHaveLength(2);
  });

  it.each([
    [["pins", "import"], "pins import needs a file"],
    [["pins", "import", "nothing.yaml"], "nothing.yaml can't be read: ENOENT"],
    [["pins", "list"], "pins list: there is only export and import"],
    [["pins", "export", "x"], "pins export takes no file"],
  ])("refuses %j with exit 2", async (args, says) => {
    const run = await fieldtree(args, { cwd: await aCampaign() });
    expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(says) });
  });

  it("prints names that close nothing and steer nothing", async () => {
    const name = '}, cid: x }\\n- "\\u2028\\e[2J';
    const cwd = await aFolder({ "pinlist.yaml": `- { name: "${name.replaceAll('"', '\\"')}", cid: ${v0(1)} }\n` });
    const { stdout } = await fieldtree(["pins", "import", "pinlist.yaml"], { cwd });
    const { campaign } = readCampaign(`campaign: test\n${stdout}`);
    expect(campaign!.pins.extra).toEqual([{ name: '}, cid: x }\n- "\u2028\u001b[2J', cid: v0(1) }]);
    expect(stdout).not.toMatch(/\u001b|\u2028/);
  });
});
