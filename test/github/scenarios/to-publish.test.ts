/** Main, before it is published: the root that publishing must come to, planned by a job that has no secrets. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { aFolder, fieldtree } from "../../commands/program.ts";
import { aStory, timeoutMs, treeWith } from "../story.ts";

it(
  "plans for main the very root that publishing gives, against what is live, removals and all",
  timeoutMs,
  async () => {
    const { repo, leaf, planMain } = await aStory({
      tree: { "products/radar.txt": "radar", "raw/a.txt": "a", "raw/b.txt": "b" },
      campaign: "log: { kind: git }\n",
    });
    const clone = join(await aFolder(), "clone");
    await execa("git", ["clone", "--quiet", repo.addressWith(repo.token({ contents: "write" })), clone]);
    const publish = async (root: string) => {
      await execa("git", ["-C", clone, "pull", "--quiet"]);
      return await fieldtree(["publish", "--expect-root", root], { cwd: clone });
    };
    const first = await planMain();
    expect(first).toMatchObject({ code: 0, file: { sha: await repo.tip(), state: "ready" } });
    expect(first.file!.changes.map(({ op }) => op)).toEqual(["add", "add", "add"]);
    const { code, stderr } = await publish(first.file!.root.to!);
    expect(code, stderr).toBe(0);

    // What was merged was allowed, however much it takes away.
    await repo.push({ "tree.yaml": treeWith("", { "products/lidar.txt": leaf("lidar") }) });
    const { file, outputs, ...second } = await planMain();
    expect(second.code, second.stderr).toBe(0);
    expect(file!.changes.map(({ op }) => op)).toEqual(["add", "remove", "remove", "remove"]);
    expect(file!.root.from).toBe(first.file!.root.to);
    for (const named of [file!.root.to!, await repo.tip()]) expect(outputs).toContain(named);
    expect((await publish(file!.root.to!)).code).toBe(0);
  },
);

it("is red where main has errors, or data that is on no node", timeoutMs, async () => {
  const { repo, leaf, planMain } = await aStory({ tree: { "products/radar.txt": "radar" } });
  const text = (await repo.read("tree.yaml"))!;
  await repo.push({ "tree.yaml": treeWith(text, { "products/lidar.txt": leaf("lidar", { hidden: true }) }) });
  expect(await planMain()).toMatchObject({ code: 4, file: { state: "data out of reach" } });
  await repo.push({ "tree.yaml": `${text}  broken\n` });
  expect(await planMain()).toMatchObject({ code: 1, annotations: [{ level: "error", file: "tree.yaml", line: 3 }] });
});

it("counts data whose owner sleeps, brought as a CAR by its address", timeoutMs, async () => {
  const { repo, leaf, planMain } = await aStory({ tree: { "products/radar.txt": "radar" } });
  const file = join(await aFolder(), "lidar.txt");
  await writeFile(file, "the lidar that sleeps");
  const cid = leaf("the lidar that sleeps", { hidden: true });
  const text = treeWith((await repo.read("tree.yaml"))!, { "products/lidar.txt": cid });
  await repo.push({ "tree.yaml": text });
  const home = await aFolder({ "campaign.yaml": "campaign: sea\n", "tree.yaml": "" });
  expect((await fieldtree(["add", file], { cwd: home })).stdout).toContain(cid);
  expect((await fieldtree(["car", "export", cid, "-o", "lidar.car"], { cwd: home })).code).toBe(0);

  expect(await planMain({ FIELDTREE_IMPORT: join(home, "lidar.car") })).toMatchObject({
    code: 0,
    file: { state: "ready" },
  });
});
