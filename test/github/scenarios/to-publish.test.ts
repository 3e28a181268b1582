/** Main, before it is published: the root that publishing must come to, planned by a job that has no secrets. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aFolder, fieldtree } from "../../commands/program.ts";
import { aStory, patience, treeWith } from "../story.ts";

it("plans for main the very root that publishing gives, against what is live, removals and all", patience, async () => {
  const { repo, gateway, leaf, planMain } = await aStory({
    tree: { "products/radar.txt": "radar", "raw/a.txt": "a", "raw/b.txt": "b" },
  });
  const first = await planMain();
  expect(first).toMatchObject({ code: 0, file: { sha: await repo.tip(), state: "ready" } });
  expect(first.file!.changes.map(({ op }) => op)).toEqual(["add", "add", "add"]);

  // What was merged was allowed, however much it takes away.
  await repo.push({ "tree.yaml": treeWith("", { "products/lidar.txt": leaf("lidar") }) });
  const { code, file, outputs } = await planMain();
  expect(code).toBe(0);
  const folder = await aFolder({
    "tree.yaml": (await repo.read("tree.yaml"))!,
    "campaign.yaml": `campaign: sea\ngateways: ["${gateway.url}"]\n`,
  });
  const published = await fieldtree(["publish", "--expect-root", file!.root.to!, "--json"], { cwd: folder });
  expect(published.code, published.stderr).toBe(0);
  expect(outputs).toContain(file!.root.to);
  expect(outputs).toContain(await repo.tip());
});

it("is red where main has errors, or data that nobody gives", patience, async () => {
  const { repo, leaf, planMain } = await aStory({ tree: { "products/radar.txt": "radar" } });
  const text = (await repo.read("tree.yaml"))!;
  await repo.push({ "tree.yaml": treeWith(text, { "products/lidar.txt": leaf("lidar", { hidden: true }) }) });
  expect(await planMain()).toMatchObject({ code: 4, file: { state: "data out of reach" } });
  await repo.push({ "tree.yaml": `${text}  broken\n` });
  expect(await planMain()).toMatchObject({ code: 1, annotations: [{ level: "error", file: "tree.yaml", line: 3 }] });
});

it("counts data whose owner sleeps, brought as a CAR by its address", patience, async () => {
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
