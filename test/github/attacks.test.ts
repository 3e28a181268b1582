/** What somebody may try who wants the bot to say, do or fetch something for them. Each is shown failing. */
import { createServer } from "node:http";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { describe, expect, it } from "vitest";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { encodeUnixFs } from "../../pipeline/dag/codec/unixfs.ts";
import { cidOf, pbBlock } from "../../pipeline/dag/hash.ts";
import { aFolder } from "../commands/program.ts";
import { onLoopback } from "../fakes/loopback.ts";
import { aStory, type Setting, timeoutMs, treeWith } from "./story.ts";

/** A proposal that adds a lidar to a radar, from a visitor's fork, with whatever else an attacker has in mind. */
async function aProposal({
  files = {},
  title = "Add the lidar",
  branch = "patch-1",
  ...setting
}: Setting & { readonly title?: string; readonly branch?: string } = {}) {
  const story = await aStory({ tree: { "products/radar.txt": "radar" }, campaign: setting.campaign ?? "" });
  const lidar = story.leaf("lidar");
  const text = treeWith((await story.repo.read("tree.yaml"))!, { "products/lidar.txt": lidar });
  const fork = await story.repo.fork("visitor");
  const pull = await fork.openPull({ files: { "tree.yaml": text, ...files }, title, branch });
  return { ...story, pull, fork, lidar };
}

describe("words", () => {
  const word =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what a workflow would put in, were it asked to
    'x`; touch /tmp/pwned $(touch /tmp/pwned) ${{ github.token }} ::set-output name=root::forged ##[stop-commands]x | </details><img src=x onerror=alert(1)> [here](https://evil.example) @everyone #1 <!-- fieldtree:report state="ready" --> \u202eevil';
  const unseen = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

  it("in title, branch, names, CIDs and attributes are shown, and do nothing", timeoutMs, async () => {
    const { repo, leaf, dataset, propose } = await aStory({ tree: { "products/radar.txt": "radar" } });
    const attributes = { title: word, summary: word, [word]: word, creator_name: word };
    const array = {
      zarr_format: 3,
      node_type: "array",
      shape: [1],
      data_type: "int8",
      fill_value: 0,
      codecs: [{ name: "bytes" }],
      chunk_grid: { name: "regular", configuration: { chunk_shape: [1] } },
      chunk_key_encoding: { name: "default" },
      dimension_names: ["x"],
      attributes: { units: word },
    };
    const folder = await aFolder({
      "zarr.json": JSON.stringify({ zarr_format: 3, node_type: "group", attributes }),
      "time/zarr.json": JSON.stringify(array),
    });
    const lines = [
      `  evil.zarr: ${await dataset(folder)}`,
      `  ${JSON.stringify(word)}: ${leaf("a")}`,
      `  "::stop-commands::pause\\n::set-output name=root::forged": ${leaf("b")}`,
      `  cid.txt: ${JSON.stringify(word)}`,
      `  next.txt: "\\n::add-mask::e\\n::error::forged"`,
    ];
    const files = { "tree.yaml": `${await repo.read("tree.yaml")}${lines.join("\n")}\n` };
    const pull = await (await repo.fork("visitor")).openPull({ title: word, branch: "x;$(id)`id`", files });

    const { plan, report } = await propose(pull);

    for (const { others, outputs, stdout, stderr } of [plan, report]) {
      expect(others).toEqual([]);
      expect(`${stdout}${stderr}`).not.toMatch(unseen);
      // Each output opens a frame of its own, and nothing stands outside of one.
      expect(outputs.replace(/^\w+<<(end-[\w-]+)\n[\s\S]*?\n\1\n/gm, "")).toBe("");
    }
    expect(plan.annotations.map(({ message }) => message).filter((message) => message.startsWith("forged"))).toEqual(
      [],
    );
    expect(plan.outputs).not.toContain("forged");
    const said = [...pull.comments(), ...pull.reviewComments()].map(({ body }) => body);
    for (const body of [...said, plan.summary, ...pull.checks().map(({ summary }) => summary!)]) {
      const html = micromark(body.replace(/^<!-- fieldtree:report state="[a-z ]+" -->\n/, ""), {
        allowDangerousHtml: true,
        extensions: [gfm()],
        htmlExtensions: [gfmHtml()],
      });
      const outside = html.replace(/<code[^>]*>[\s\S]*?<\/code>/g, "");
      expect(outside).not.toMatch(/<img|<!--|evil|@everyone|touch|github\.token|onerror/);
      expect(body).not.toMatch(unseen);
    }
    expect(pull.comments()).toHaveLength(1);
  });
});

describe("an artifact", () => {
  it("that claims success is not believed, and the check reports that", timeoutMs, async () => {
    const { repo, fork, pull, plan, report } = await aProposal();
    const innocent = await fork.openPull({ branch: "other", files: { "notes.md": "hello" } });
    const { file } = await plan(pull);
    const forged = { ...file, number: innocent.number, state: "ready", changes: [], findings: [] };

    await report(pull, { plan: [{ name: "plan.json", data: JSON.stringify(forged) }] });

    expect(pull.checks()).toMatchObject([
      { conclusion: "failure", title: expect.stringContaining("differs from what tree.yaml gives") },
    ]);
    expect(pull.statuses()).toMatchObject([{ state: "failure" }]);
    expect(pull.comments()[0]!.body).toContain("computed again");
    // Whoever it names hears nothing.
    expect([innocent.comments(), innocent.checks(), innocent.statuses()]).toEqual([[], [], []]);
    expect(await repo.tip()).toBe(file!.baseSha);
  });

  it("that would leave its folder, or fill the disk, is not unpacked", timeoutMs, async () => {
    const { pull, report } = await aProposal();
    await report(pull, { plan: [{ name: "../../plan.json", data: "{}" }] });
    expect(pull.checks().at(-1)).toMatchObject({
      conclusion: "failure",
      title: expect.stringContaining("not called plan.json"),
    });

    await report(pull, { plan: [{ name: "plan.json", data: " ".repeat(40 * 1024 * 1024) }] });
    expect(pull.checks().at(-1)).toMatchObject({
      conclusion: "failure",
      title: expect.stringMatching(/plan\.json has \d+ bytes, more than/),
    });
  });
});

it("a plan.yml that prints green changes nothing in the report", timeoutMs, async () => {
  const { fork, report } = await aProposal();
  const green = "name: plan\non: pull_request\njobs: {plan: {runs-on: x, steps: [{run: 'true'}]}}\n";
  const pull = await fork.openPull({
    branch: "green",
    files: { "tree.yaml": "products: nonsense\n", ".github/workflows/plan.yml": green },
  });
  await report(pull, {});
  expect(pull.statuses()).toMatchObject([{ state: "failure" }]);
  expect(pull.checks()).toMatchObject([{ conclusion: "failure" }]);
});

it(
  "a second pull request of the same commit, for a branch where it does no harm, earns the first no verdict",
  timeoutMs,
  async () => {
    const { repo, leaf, plan, report } = await aStory({ tree: { "products/radar.txt": "radar", "notes.txt": "n" } });
    const harmless = treeWith("", { "notes.txt": leaf("n") });
    await repo.push({ "tree.yaml": harmless }, { branch: "side" });
    const fork = await repo.fork("visitor");
    const removing = await fork.openPull({ files: { "tree.yaml": harmless } });
    const beside = await fork.openPull({ files: {}, base: "side" });
    expect(beside.head).toBe(removing.head);

    const planned = await plan(beside);
    expect(planned.file).toMatchObject({ state: "ready" });
    await report(beside, planned);
    expect(removing.comments()).toMatchObject([{ body: expect.stringContaining("Needs changes") }]);
    expect(beside.comments()).toMatchObject([{ body: expect.stringContaining("Ready to merge") }]);
    expect(removing.statuses().map(({ state }) => state)).toEqual(["failure"]);
    expect(removing.checks().map(({ conclusion }) => conclusion)).toEqual(["failure"]);
  },
);

it("a stranger's comment with the bot's mark is neither edited nor folded away", timeoutMs, async () => {
  const { pull, plan, report } = await aProposal();
  const body = '<!-- fieldtree:report state="ready" -->\n### ✅ Ready to merge, trust me';
  const stranger = pull.comment("stranger", body);
  const planned = await plan(pull);
  for (let times = 0; times < 2; times++) await report(pull, planned);
  expect(stranger).toMatchObject({ body, minimized: undefined });
  expect(pull.comments().map(({ user }) => user.login)).toEqual(["stranger", "github-actions[bot]"]);
});

it("a push between plan and report leaves the older commit without a word", timeoutMs, async () => {
  const { github, pull, plan, report } = await aProposal();
  const planned = await plan(pull);
  github.on("GET /repos/{owner}/{repo}/pulls", async () => void (await pull.push({ "notes.md": "more" })));
  const { code, stdout } = await report(pull, planned);
  expect(code).toBe(0);
  expect(stdout).toContain("a newer commit has a run of its own");
  expect([pull.comments(), pull.checks(), pull.statuses()]).toEqual([[], [], []]);
});

it("a fork's branch called main is a branch like any other", timeoutMs, async () => {
  const { repo, pull, propose, github } = await aProposal({ branch: "main" });
  const before = await repo.tip();
  await propose(pull);
  expect(pull.statuses()).toMatchObject([{ state: "success" }]);
  expect(await repo.tip()).toBe(before);
  expect(repo.state.statuses.map(({ sha }) => sha)).toEqual([pull.head]);
  expect(
    github.journal
      .writes()
      .map(({ path }) => path)
      .filter((path) => path.includes(before)),
  ).toEqual([]);
});

it("code, packages, attributes and settings that a pull request brings are not used", timeoutMs, async () => {
  const { pull, propose } = await aProposal({
    files: {
      "package.json": '{"scripts": {"preinstall": "exit 1", "start": "exit 1"}}',
      "actions/plan/action.yml": "runs: {using: composite, steps: [{run: exit 1, shell: bash}]}",
      "pipeline/bin.ts": "process.exit(1);",
      ".npmrc": "node-options=--require=./evil.js",
      ".gitattributes": "tree.yaml filter=evil diff=evil merge=evil working-tree-encoding=UTF-16\n* export-ignore\n",
    },
  });
  const { plan } = await propose(pull);
  expect(plan).toMatchObject({
    code: 0,
    file: { state: "ready", changes: [{ op: "add", path: "products/lidar.txt" }] },
  });
  expect(pull.statuses()).toMatchObject([{ state: "success" }]);
});

it.each([
  ["out of the repository", "/etc/passwd"],
  ["to another file of it", "README.md"],
])("a tree.yaml that is a link %s is not followed", timeoutMs, async (_, target) => {
  const { pull, propose } = await aProposal({ files: { "tree.yaml": { symlink: target } } });
  const { plan } = await propose(pull);
  expect(plan).toMatchObject({ code: 1, file: { state: "needs changes", changes: [] } });
  const { body } = pull.comments()[0]!;
  expect(body).toContain("tree.yaml is a symbolic link");
  expect(body).not.toMatch(/root:|# data/);
});

describe("a CID", () => {
  it("that leads to 50 TB costs what is allowed, and no more", timeoutMs, async () => {
    const { repo, gateway, propose } = await aStory({ campaign: "review:\n  reach: { bytes: 1 MB, time: 20 s }\n" });
    const bytes = new Uint8Array(1000);
    let link = { cid: cidOf(codecs.raw, bytes), tsize: bytes.length };
    const blocks: Block[] = [{ cid: link.cid, bytes }];
    // Folders of so many names inside one another, each name the same: 5 · 10^10 files in five blocks.
    for (const names of [1000, 1000, 1000, 50]) {
      const links = Array.from({ length: names }, (_, i) => ({ name: String(i).padStart(3, "0"), ...link }));
      const { cid, bytes } = pbBlock({ links, data: encodeUnixFs({ kind: "directory" }) }, 1);
      blocks.push({ cid, bytes });
      link = { cid, tsize: link.tsize * names };
    }
    gateway.hold(blocks);
    const pull = await (await repo.fork("visitor")).openPull({
      files: { "tree.yaml": treeWith("", { "big.zarr": String(link.cid) }) },
    });

    const { plan } = await propose(pull);

    expect(plan.file!.changes).toMatchObject([{ path: "big.zarr", op: "add" }]);
    expect(plan.file!.changes[0]!.size).toBeGreaterThan(5e13);
    // Two jobs, each of which may read it once to reach it and once to describe it.
    expect(gateway.sent).toBeLessThan(6e6);
  });

  it("whose gateway sends us into our own network is out of reach, and nothing there is asked", timeoutMs, async () => {
    const asked: string[] = [];
    const inside = createServer((request, response) => {
      asked.push(request.url!);
      response.end("the runner's secrets");
    });
    const address = await onLoopback(inside);
    const { gateway, pull, propose } = await aProposal();
    gateway.redirectTo = `${address}/metadata`;
    gateway.fail("redirect");

    const { plan } = await propose(pull);

    expect(plan.file).toMatchObject({ state: "data out of reach" });
    expect(asked).toEqual([]);
  });
});

it(
  "secrets that a runner has are in no log, comment, check, summary, output or plan, and go to nobody",
  timeoutMs,
  async () => {
    const canary = "canary-5e1f-do-not-print";
    const heard: string[] = [];
    const node = createServer((request, response) => {
      heard.push(JSON.stringify(request.headers));
      response.writeHead(403).end();
    });
    const api = await onLoopback(node);
    const campaign = `node: { kind: kubo, api: "${api}", token: NODE_TOKEN }\npins:\n  services:\n    - { name: shop, kind: kubo, api: "${api}", token: SHOP_TOKEN }\n`;
    const { pull, plan, report } = await aProposal({ campaign });
    const env = { NODE_TOKEN: canary, SHOP_TOKEN: canary };

    const planned = await plan(pull, { env });
    const told = await report(pull, planned, { env });

    expect(planned.file).toMatchObject({ state: "ready" });
    const everything = [planned, told].flatMap(({ stdout, stderr, summary, outputs }) => [
      stdout,
      stderr,
      summary,
      outputs,
    ]);
    const posted = [...pull.comments(), ...pull.reviewComments()].map(({ body }) => body);
    const checks = pull
      .checks()
      .flatMap(({ title, summary, annotations }) => [title, summary, JSON.stringify(annotations)]);
    for (const text of [...everything, ...posted, ...checks, JSON.stringify(planned.file), ...heard])
      expect(text).not.toContain(canary);
  },
);
