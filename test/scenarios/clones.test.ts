/** Machines that share a log on git and no blocks: each has an embedded node of its own, and no gateway reaches the others. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { plain } from "../../pipeline/cli/print/colour.ts";
import { publishTree } from "../../pipeline/cli/publishing/publish-tree.ts";
import { releasesFrom } from "../../pipeline/log/chain.ts";
import { gitLog } from "../../pipeline/log/git-ref.ts";
import { observe, whyNoRoot } from "../../pipeline/stages/publish/observe.ts";
import { stepData } from "../../pipeline/stages/publish/plan.ts";
import { sourceOf } from "../../pipeline/stages/tree/past.ts";
import type { Check } from "../../pipeline/stages/verify/check.ts";
import { verify } from "../../pipeline/stages/verify/verify.ts";
import { aFolder, fieldtree } from "../commands/program.ts";
import { commitTo } from "../fakes/git-log.ts";
import { fakeHome } from "../fakes/home.ts";
import { aDataset, aFile, campaignOf, someParts, temporaryFolder } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";

const branch = "campaign/state";

async function aRemote(): Promise<string> {
  const remote = await temporaryFolder();
  await execa("git", ["init", "--quiet", "--bare", "--initial-branch=main", remote]);
  return remote;
}

async function aMachine(remote: string) {
  const home = fakeHome();
  const parts = await someParts({ home });
  const { folder, state } = parts;
  const log = gitLog({ folder, remote, branch, state, blocks: home, holder: "anna@laptop" });
  const campaign = campaignOf({ ...parts, log });
  const world = testWorld({ now: () => new Date() });
  const publish = async (tree: string) => {
    const events: object[] = [];
    const out = {
      json: true,
      paint: plain,
      result: (event: object) => void events.push(event),
      bytes: async () => {},
      taken: async () => {},
    };
    await writeFile(join(folder, "tree.yaml"), tree);
    await publishTree(campaign, { strict: false }, out, world);
    return events.at(-1) as { release: number; root: string; portal: string; head: string; changed: boolean };
  };
  return {
    home,
    campaign,
    log,
    world,
    publish,
    observe: (tree: string) => observe(Buffer.from(tree), campaign, world),
  };
}

describe("a clone that has the log and git, and no blocks", { timeout: 120_000 }, () => {
  it("answers what is live, what would change and what can't be reached, at its line", async () => {
    const remote = await aRemote();
    const campaignYaml = `campaign: test\nlog: { kind: git, remote: "${remote}" }\n`;
    const files = { "campaign.yaml": campaignYaml, "tree.yaml": "# ours\n", ".gitignore": ".fieldtree/\ndata/\n" };
    const here = await aFolder({ ...files, "data/dataset_meta.yaml": "attributes: { title: data }\n" });
    const git = (cwd: string, ...args: string[]) =>
      execa("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd });
    await git(here, "init", "--quiet", "--initial-branch=main");
    const run = async (cwd: string, ...args: string[]) => {
      const ran = await fieldtree([...args, "--json"], { cwd });
      return { code: ran.code, last: ran.json().at(-1), stderr: ran.stderr };
    };
    const verifyIn = async (cwd: string, ...flags: string[]) => {
      const { stdout } = await fieldtree(["verify", ...flags], { cwd });
      const ran = await fieldtree(["verify", ...flags, "--json"], { cwd });
      return { code: ran.code, json: ran.json(), stdout };
    };
    expect((await run(here, "add", "data", "--at", "products/data")).code).toBe(0);
    await git(here, "add", ".");
    await git(here, "commit", "--quiet", "-m", "data");
    await git(here, "push", "--quiet", remote, "main");
    const { last: published } = await run(here, "publish");

    const clone = join(await aFolder(), "clone");
    await execa("git", ["clone", "--quiet", remote, clone]);
    const { release, root, portal } = published;
    const line =
      (await readFile(join(clone, "tree.yaml"), "utf8")).split("\n").findIndex((text) => text.includes("baf")) + 1;
    const outOfReach = [{ path: "products/data", cid: expect.stringMatching(/^baf/), line }];
    const status = await run(clone, "status", "--deadline", "60");
    expect([status.code, status.last], status.stderr).toMatchObject([0, { release, root, portal, outOfReach }]);
    expect(await run(clone, "plan")).toMatchObject({ code: 0, last: { root, base: root, changes: [], outOfReach } });
    expect(await run(clone, "diff", "git:HEAD")).toMatchObject({ code: 0, last: { changes: [] } });
    expect(await run(clone, "check", "--base", "git:HEAD")).toMatchObject({ code: 0 });
    const both = { state: "ready", root: { from: root, to: root } };
    expect(await run(clone, "report")).toMatchObject({ code: 0, last: both });
    const fresh = join(await aFolder(), "clone");
    await execa("git", ["clone", "--quiet", remote, fresh]);
    expect(await run(fresh, "report", "--base", "git:HEAD")).toMatchObject({ code: 0, last: both });
    expect(await run(clone, "log")).toMatchObject({ code: 0, last: { release: 1, root } });

    // What the log has is checked, what only blocks could tell is named, and neither is an alarm nor a pass.
    for (const deep of [[], ["--deep"]]) {
      const { code, json, stdout } = await verifyIn(clone, ...deep);
      const unmade = ["index", ...(deep.length > 0 ? ["portal"] : []), "node"];
      expect([deep, code, json.at(-1)]).toEqual([
        deep,
        4,
        { event: "verified", ok: false, corrupt: 0, drift: 0, unchecked: unmade.length },
      ]);
      expect(json.filter(({ ok, check }) => ok && check).map(({ check }) => check)).toEqual([
        "log",
        "signature",
        "tree",
      ]);
      const unchecked = json.filter(({ problem }) => problem === "unchecked");
      expect(unchecked.map(({ check }) => check)).toEqual(unmade);
      expect(unchecked.at(-1).says).toContain("can't be checked from here");
      for (const { mend } of unchecked) expect(mend).toEqual(expect.any(String));
      expect(stdout).toContain(`${unmade.length} of ${3 + unmade.length} checks could not be run from here, 0 failed`);
    }

    for (const verb of [["publish"], ["rollback", "1"]]) {
      const refused = await run(clone, ...verb);
      expect([verb, refused.code, refused.last.error.kind]).toEqual([verb, 4, "unavailable"]);
      expect(refused.last.error.message).toContain(`tree.yaml:${line}: products/data`);
    }
    await execa("cp", ["-r", join(here, "data"), clone]);
    expect((await run(clone, "add", "data")).code).toBe(0);
    expect((await run(clone, "plan")).last).not.toHaveProperty("outOfReach");
    expect(await run(clone, "publish")).toMatchObject({ code: 0, last: { ...published, changed: true } });
    expect(await run(clone, "publish")).toMatchObject({ code: 0, last: { ...published, changed: false } });
    expect(await run(clone, "verify", "--deep")).toMatchObject({ code: 0, last: { ok: true } });
  });

  it("plans the root of a tree of which it has the new leaf alone", async () => {
    const remote = await aRemote();
    const [one, other] = [await aMachine(remote), await aMachine(remote)];
    const old = `a: ${(await aDataset(one.home, "old")).cid}\n`;
    const { root } = await one.publish(old);
    expect((await other.observe(old)).root?.cid.toString()).toBe(root);

    const both = `${old}b: ${(await aDataset(other.home, "new")).cid}\n`;
    await aDataset(one.home, "new");
    const planned = await other.observe(both);
    expect(planned.changes).toMatchObject([{ op: "add", path: "b" }]);
    expect(planned.root?.cid.toString()).toBe((await one.publish(both)).root);
  });

  it("still can't plan a tree with a leaf that was never published, and names its line", async () => {
    const remote = await aRemote();
    const [one, other] = [await aMachine(remote), await aMachine(remote)];
    const old = `a: ${(await aFile(one.home, "old")).cid}\n`;
    await one.publish(old);
    const why = whyNoRoot(await other.observe(`${old}b: ${(await aFile(one.home, "new")).cid}\n`));
    expect(why).toMatchObject({ kind: "unavailable", message: expect.stringContaining("tree.yaml:2: b") });
    expect(why!.message).not.toContain("tree.yaml:1");
  });
});

describe("two machines that have the same data", { timeout: 120_000 }, () => {
  it("publish in turn, ten times, and each continues what the other made", async () => {
    const remote = await aRemote();
    const machines = [await aMachine(remote), await aMachine(remote)];
    let tree = "";
    for (let round = 1; round <= 10; round++) {
      const name = `data${round}`;
      const [{ cid }] = [await aDataset(machines[0]!.home, name), await aDataset(machines[1]!.home, name)];
      tree += `${name}: ${cid}\n`;
      const [first, second] = round % 2 ? machines : machines.toReversed();
      const made = await first!.publish(tree);
      expect(made).toMatchObject({ release: round, changed: true });
      // The second finds the release made, and keeps what the first does: the very same bytes.
      expect(await second!.publish(tree)).toMatchObject({ ...made, changed: true });
      expect(await second!.publish(tree)).toMatchObject({ ...made, changed: false });
    }
  });

  it("and race for each of ten releases make ten, without gaps", async () => {
    const remote = await aRemote();
    const machines = [await aMachine(remote), await aMachine(remote)];
    const { log, world } = machines[0]!;
    for (let round = 1; round <= 10; round++) {
      const trees = await Promise.all(machines.map(async ({ home }) => `a: ${(await aFile(home, `${round}`)).cid}\n`));
      const outcomes = await Promise.allSettled(machines.map(({ publish }, i) => publish(trees[i]!)));
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason, `round ${round}`).toMatchObject({ kind: "refused" });
      }
      expect((await log.head(world))!.release.number, `round ${round}`).toBe(round);
    }
    const numbers: number[] = [];
    for await (const { release } of releasesFrom(await log.head(world), log, world)) numbers.push(release.number);
    expect(numbers).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });
});

describe("verifying by what the log carries", { timeout: 60_000 }, () => {
  /** Two releases, and a machine that has the log alone. */
  async function twoReleases() {
    const remote = await aRemote();
    const [one, other] = [await aMachine(remote), await aMachine(remote)];
    for (const text of ["first", "second"]) await one.publish(`a: ${(await aFile(one.home, text)).cid}\n`);
    const treeChecks = async () => {
      const checks: Check[] = [];
      for await (const check of verify(other.campaign, { deep: false }, other.world)) checks.push(check);
      return checks.filter(({ check }) => check === "tree");
    };
    return { remote, other, treeChecks };
  }

  it("proves each root by the sizes of its leaves, without a directory", async () => {
    const { treeChecks } = await twoReleases();
    expect(await treeChecks()).toMatchObject([{ ok: true, says: expect.stringMatching(/^2 of 2 roots.*; 2 by what/) }]);
  });

  it("says that a root is unchecked where the sizes there do not give it", async () => {
    const { remote, treeChecks } = await twoReleases();
    const { stdout } = await execa("git", ["-C", remote, "ls-tree", "-r", "--name-only", branch]);
    const sizes = stdout.split("\n").filter((path) => path.endsWith("/sizes"));
    await commitTo(remote, branch, Object.fromEntries(sizes.map((path) => [path, "999\n"])));
    const red = { ok: false, problem: "unchecked", mend: expect.stringContaining("blocks") };
    expect(await treeChecks()).toMatchObject([red, red]);
  });
});

describe("a log that an older fieldtree wrote", { timeout: 60_000 }, () => {
  /** Two releases whose tree.yaml are blocks of `one` alone. */
  async function anOldLog() {
    const remote = await aRemote();
    const [one, other] = [await aMachine(remote), await aMachine(remote)];
    const trees = await Promise.all(
      ["first", "second"].map(async (text) => `a: ${(await aFile(one.home, text)).cid}\n`),
    );
    const { append } = one.log;
    one.campaign.log = { ...one.log, append: (release, expected, world) => append(release, expected, world) };
    for (const tree of trees) await one.publish(tree);
    one.campaign.log = one.log;
    return { remote, one, other, trees };
  }

  it("goes on: with the next release it carries what the machine that made the earlier ones has of them", async () => {
    const { one, other, trees } = await anOldLog();
    for (const text of ["first", "second", "third"]) await aFile(other.home, text);
    const third = `a: ${(await aFile(one.home, "third")).cid}\n`;
    await one.publish(third);
    const found: string[] = [];
    for await (const { release } of releasesFrom(await other.log.head(other.world), other.log, other.world)) {
      found.unshift(Buffer.from(await sourceOf(release, other.campaign, other.world)).toString());
    }
    expect(found).toEqual([...trees, third]);
    expect(await other.publish(third)).toMatchObject({ release: 3 });
  });

  it("is reported to lack a tree.yaml where no source has it, and is read from the node that has it", async () => {
    const { one, other, trees } = await anOldLog();
    await expect(other.observe(trees[1]!)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("tree.yaml of release 2 is out of reach"),
      hint: expect.stringContaining("the next publish"),
    });
    expect((await one.observe(trees[1]!)).steps.flatMap(stepData)).toEqual([]);
  });
});

it("sizes that were changed on the branch are not used", { timeout: 60_000 }, async () => {
  const remote = await aRemote();
  const [one, other] = [await aMachine(remote), await aMachine(remote)];
  const tree = `a: ${(await aFile(one.home, "data")).cid}\n`;
  await one.publish(tree);
  const { stdout } = await execa("git", ["-C", remote, "ls-tree", "-r", "--name-only", branch]);
  const sizes = stdout.split("\n").find((path) => path.endsWith("/sizes"))!;
  await commitTo(remote, branch, { [sizes]: "999\n" });
  expect(whyNoRoot(await other.observe(tree))).toMatchObject({ kind: "unavailable" });
  expect(other.world.lines).toEqual([expect.stringContaining("sizes of release 1 do not give its root")]);
});
