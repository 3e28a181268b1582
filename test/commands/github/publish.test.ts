import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { aCampaign, aFolder, fieldtree } from "../program.ts";
import { expectSchema } from "../schemas.ts";

const config = "campaign: test\nlog: { kind: git }\ngateways: [http://127.0.0.1:9]\n";

/** A campaign whose log is a branch of a repository beside it. */
async function aRepository(campaignYaml = config) {
  const cwd = await aCampaign({ "campaign.yaml": campaignYaml, "radar/.zattrs": '{"title":"radar"}' });
  const remote = await aFolder();
  await execa("git", ["init", "--quiet", "--bare", remote]);
  for (const args of [
    ["init", "--quiet"],
    ["remote", "add", "origin", remote],
  ])
    await execa("git", args, { cwd });
  await fieldtree(["add", "radar", "--at", "products/radar"], { cwd });
  const planned = (await fieldtree(["plan", "--json"], { cwd })).json()[0].root as string;

  const files = { GITHUB_OUTPUT: join(cwd, "output"), GITHUB_STEP_SUMMARY: join(cwd, "summary") };
  const publish = async (inputs: Readonly<Record<string, string>> = {}, ...flags: string[]) => {
    for (const file of Object.values(files)) await writeFile(file, "");
    // As a workflow hands over inputs that nobody gave.
    const nothing = { FIELDTREE_EXPECT_ROOT: "", FIELDTREE_IMPORT: "", FIELDTREE_ROLLBACK: "", FIELDTREE_WHY: "" };
    const ran = await fieldtree([...flags, "github", "publish"], { cwd, env: { ...files, ...nothing, ...inputs } });
    return {
      ...ran,
      outputs: outputsIn(await readFile(files.GITHUB_OUTPUT, "utf8")),
      summary: await readFile(files.GITHUB_STEP_SUMMARY, "utf8"),
    };
  };
  return { cwd, planned, publish };
}

/** As GitHub reads them. */
function outputsIn(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^([\w-]+)<<(.+)\n([\s\S]*?)\n\2\n/gm)].map(([, name, , value]) => [name!, value!]),
  );
}

// Every line of a story is a program of its own.
describe("github publish", { timeout: 240_000 }, () => {
  it("publishes what was planned, says where it is, and finds nothing to do when run again", async () => {
    const { planned, publish } = await aRepository();
    const first = await publish({ FIELDTREE_EXPECT_ROOT: planned });
    expect(first.code, first.stderr).toBe(0);
    expect(first.outputs).toMatchObject({ release: "1", root: planned });
    expect(first.outputs.url).toBe(`http://127.0.0.1:9/ipfs/${first.outputs.portal}/`);
    expect(first.summary).toContain(`Release 1 is live`);
    expect(first.summary).toContain(first.outputs.url);

    const second = await publish({ FIELDTREE_EXPECT_ROOT: planned }, "--json");
    expectSchema("publish", second.json());
    expect(second.json()).toMatchObject([{ event: "published", changed: false }]);
    expect(second).toMatchObject({ code: 0, outputs: first.outputs });
  });

  it("refuses what was not planned", async () => {
    const { publish } = await aRepository();
    const other = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
    expect(await publish({ FIELDTREE_EXPECT_ROOT: other })).toMatchObject({ code: 5, outputs: {} });
  });

  it("does not undo a release that went live before the job was run again, and asks for a new plan", async () => {
    const { cwd, planned, publish } = await aRepository();
    const git = (...args: string[]) => execa("git", ["-c", "user.name=x", "-c", "user.email=x@x", ...args], { cwd });
    const commit = async (tree: string) => {
      await writeFile(join(cwd, "tree.yaml"), tree);
      await git("add", "tree.yaml", "campaign.yaml");
      await git("commit", "--quiet", "-m", "tree");
      await git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    };
    const first = await readFile(join(cwd, "tree.yaml"), "utf8");
    await commit(first);
    const env = { GITHUB_REF_NAME: "main", FIELDTREE_EXPECT_ROOT: planned };
    // A later commit that nobody published yet keeps no earlier one from it: each push has its turn.
    await commit("");
    await git("checkout", "--quiet", "HEAD^");
    expect((await publish(env)).outputs).toMatchObject({ release: "1", root: planned });

    await git("checkout", "--quiet", "origin/main");
    expect((await publish({ GITHUB_REF_NAME: "main" })).outputs.release).toBe("2");
    await git("checkout", "--quiet", "HEAD^");
    expect(await publish(env)).toMatchObject({ code: 5, outputs: {}, stderr: expect.stringContaining("later commit") });

    // Taken back on purpose, by a commit.
    await git("checkout", "--quiet", "origin/main");
    await commit(first);
    expect((await publish(env)).outputs).toMatchObject({ release: "3", root: planned });
  });

  it("makes an older release live again, with the reason", async () => {
    const { cwd, planned, publish } = await aRepository();
    await publish();
    await writeFile(join(cwd, "tree.yaml"), "products: {}\n");
    expect((await publish()).outputs.release).toBe("2");
    const back = await publish({ FIELDTREE_ROLLBACK: "1", FIELDTREE_WHY: "the radar was right after all" });
    expect(back.code, back.stderr).toBe(0);
    expect(back.outputs).toMatchObject({ release: "3", root: planned });
    expect((await fieldtree(["log"], { cwd })).stdout).toContain("the radar was right after all");
  });

  it("imports what no other node has before it publishes", async () => {
    const { cwd, planned, publish } = await aRepository();
    await fieldtree(["car", "export", "products/radar", "-o", "radar.car"], { cwd });
    await rename(join(cwd, ".fieldtree"), join(cwd, "asleep"));
    expect((await publish({ FIELDTREE_EXPECT_ROOT: planned })).code).toBe(4);
    const run = await publish({ FIELDTREE_EXPECT_ROOT: planned, FIELDTREE_IMPORT: "radar.car" });
    expect(run.code, run.stderr).toBe(0);
  });

  it("was planned with it, though the campaign's node is closed to a job without secrets", async () => {
    const { cwd, planned } = await aRepository();
    await fieldtree(["car", "export", "products/radar", "-o", "radar.car"], { cwd });
    await rename(join(cwd, ".fieldtree"), join(cwd, "asleep"));
    await writeFile(
      join(cwd, "campaign.yaml"),
      `${config}node: { kind: kubo, api: "http://127.0.0.1:1", token: TOKEN }\n`,
    );
    const none = "0".repeat(40);
    await writeFile(join(cwd, "event.json"), JSON.stringify({ before: none, after: none, ref: "refs/heads/main" }));
    const env = {
      GITHUB_EVENT_NAME: "push",
      GITHUB_EVENT_PATH: join(cwd, "event.json"),
      GITHUB_OUTPUT: join(cwd, "output"),
      FIELDTREE_IMPORT: "radar.car",
    };
    const plan = await fieldtree(["github", "plan"], { cwd, env });
    expect(plan.code, plan.stderr).toBe(0);
    expect(outputsIn(await readFile(env.GITHUB_OUTPUT, "utf8"))).toMatchObject({ root: planned });
  });

  it("lets nothing it prints be a command to the runner, and draws the word that ends this anew", async () => {
    const { cwd, publish } = await aRepository();
    await writeFile(join(cwd, "tree.yaml"), `"::set-output name=root::bafy": ${await aLeaf(cwd)}\n`);
    const words = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const lines = (await publish({ GITHUB_ACTIONS: "true" })).stdout.trimEnd().split("\n");
      const word = /^::stop-commands::([0-9a-f-]{36})$/.exec(lines[0]!)![1]!;
      expect(lines.at(-1)).toBe(`::${word}::`);
      words.add(word);
    }
    expect(words.size).toBe(2);
  });

  it("begins nothing on a machine that would forget the log", async () => {
    const { publish } = await aRepository("campaign: test\n");
    expect(await publish()).toMatchObject({ code: 2, stderr: expect.stringContaining("log: { kind: git }") });
  });

  it("names every secret that the environment lacks, and where to add it", async () => {
    const secrets = `${config}names:
  - { domain: example.test, to: portal, provider: { kind: cloudflare, token: CLOUD_TOKEN } }
  - { domain: latest.example.test, to: tree, provider: { kind: ionos, token: IONOS_KEY } }
`;
    const { publish } = await aRepository(secrets);
    const canary = randomUUID();
    const run = await publish({ CLOUD_TOKEN: canary, IONOS_KEY: "" });
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/^fieldtree: IONOS_KEY is a secret that campaign\.yaml names and this job has not\n/);
    expect(run.stderr).toContain("environment production");
    expect(run.stdout + run.stderr).not.toContain(canary);
    expect((await publish()).stderr).toContain("CLOUD_TOKEN, IONOS_KEY are secrets");
  });
});

async function aLeaf(cwd: string): Promise<string> {
  return (await fieldtree(["add", "radar", "--json"], { cwd })).json()[0].cid;
}
