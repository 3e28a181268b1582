/** What GitHub is told of a release. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Change } from "../../../pipeline/core/tree/changes.ts";
import type { ReleaseFacts } from "../../../pipeline/github/release/notes.ts";
import { type RecordOptions, record } from "../../../pipeline/github/release/record.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { Repository } from "../repository.ts";
import { hangUp } from "../trouble.ts";

const tree = "products:\n";
const cid = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
const change: Change = { op: "add", path: "products/radar.zarr", to: cid };
const release: ReleaseFacts = {
  number: 1,
  head: "bafyhead1",
  root: "bafyroot1",
  portal: "bafyportal1",
  changes: [change],
};
const bytes = new TextEncoder();

let github: Box;
let repo: Repository;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": tree } });
});
afterEach(() => github.close());

const may = { contents: "write", deployments: "write", "pull-requests": "write" } as const;
const options = async (): Promise<RecordOptions> => ({
  page: `${github.origin}/${repo.fullName}`,
  gateway: "https://ipfs.example",
  sha: await repo.tip(),
  environment: "production",
  run: `${github.origin}/${repo.fullName}/actions/runs/7`,
  assets: [
    { name: "tree.yaml", type: "application/yaml", bytes: async () => bytes.encode(tree) },
    { name: "release-1.car", type: "application/vnd.ipld.car", bytes: async () => Uint8Array.of(0, 255, 10) },
  ],
});
const run = async (one = release, more: Partial<RecordOptions> = {}) =>
  record(one, { ...(await options()), ...more }, plainly(github, repo, may), testWorld());

/** A pull request of a visitor's that was merged. */
async function merged(files: Readonly<Record<string, string>>, branch = "patch-1", method?: "squash"): Promise<number> {
  const fork = await repo.fork("visitor");
  // A person's fork follows before they branch off it.
  const pull = await fork.openPull({ files, branch, title: branch, parent: await repo.tip() });
  await pull.merge({ ...(method && { method }) });
  return pull.number;
}

describe("record", () => {
  it("makes a release with its files, a deployment with its address, and tells the pull request", async () => {
    const number = await merged({ "tree.yaml": `${tree}  radar.zarr: ${cid}\n` });
    const done = await run();

    const [made] = repo.releases();
    expect(made).toMatchObject({
      tag: "release/1",
      target: await repo.tip(),
      draft: false,
      name: "Release 1: 1 added",
    });
    expect(made!.body).toContain("https://ipfs.example/ipfs/bafyportal1/");
    expect([...made!.assets.values()].map(({ name, bytes }) => [name, [...bytes]])).toEqual([
      ["tree.yaml", [...bytes.encode(tree)]],
      ["release-1.car", [0, 255, 10]],
    ]);
    expect(await repo.state.git.resolve("refs/tags/release/1")).toBe(await repo.tip());
    const [deployment] = repo.deployments();
    expect(deployment).toMatchObject({ environment: "production", sha: await repo.tip(), payload: { release: 1 } });
    expect(deployment!.statuses).toMatchObject([
      { state: "success", environmentUrl: "https://ipfs.example/ipfs/bafyportal1/" },
    ]);
    expect(repo.comments(number).map(({ body }) => body)).toEqual([
      expect.stringContaining(`Live as [release 1](${done.page})`),
    ]);
    expect(done.told).toEqual([number]);
  });

  it("does nothing more when it is run again", async () => {
    await merged({ "tree.yaml": `${tree}  radar.zarr: ${cid}\n` });
    const first = await run();
    github.journal.clear();
    expect(await run()).toEqual(first);
    expect(github.journal.writes().filter(({ face }) => face === "rest")).toEqual([]);
  });

  it("takes the place of the release before, though it was stopped there", async () => {
    const states = () => repo.deployments().map(({ statuses }) => statuses.at(-1)?.state);
    await run();
    await repo.push({ "tree.yaml": `${tree}  a: ${cid}\n` });
    const next = { ...release, number: 2, head: "bafyhead2" };
    let posts = 0;
    const route = "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses";
    github.on(route, () => (posts++ === 1 ? hangUp : undefined), { times: 2 });
    await expect(run(next)).rejects.toMatchObject({ kind: "unavailable" });
    expect(states()).toEqual(["success", "success"]);
    await run(next);
    expect(states()).toEqual(["inactive", "success"]);
    github.journal.clear();
    await run(next);
    expect(github.journal.writes().filter(({ face }) => face === "rest")).toEqual([]);
  });

  it("tells the pull requests that came in since the release before, and of those only who changed what is published", async () => {
    const old = await merged({ "tree.yaml": `${tree}  a: ${cid}\n` }, "a");
    await run();
    const squashed = await merged({ "tree.yaml": `${tree}  a: ${cid}\n  b: ${cid}\n` }, "b", "squash");
    const other = await merged({ "notes.md": "hello\n" }, "notes");
    const last = await merged({ "tree.yaml": `${tree}  a: ${cid}\n  b: ${cid}\n  c: ${cid}\n` }, "c");
    const open = await (await repo.fork("visitor")).openPull({ files: { "tree.yaml": "" }, branch: "d", title: "d" });
    expect((await run({ ...release, number: 2, head: "bafyhead2" })).told).toEqual([squashed, last]);
    expect(repo.comments(old)).toHaveLength(1);
    for (const number of [other, open.number]) expect(repo.comments(number)).toEqual([]);
  });

  it("tells no pull request that is not merged into main, though its commits are there", async () => {
    await repo.push({ "notes.md": "old\n" }, { branch: "old" });
    await repo.push({ "tree.yaml": `${tree}  a: ${cid}\n` });
    const port = await repo.openPull({
      files: { "more.md": "" },
      branch: "port",
      base: "old",
      parent: await repo.tip(),
    });
    expect((await run()).told).toEqual([]);
    expect(repo.comments(port.number)).toEqual([]);
  });

  it("comments on no pull request after a rollback", async () => {
    const number = await merged({ "tree.yaml": `${tree}  a: ${cid}\n` });
    await run({ ...release, number: 3, rollbackOf: 1, why: "radar was `wrong` @everyone" });
    expect(repo.comments(number)).toEqual([]);
    expect(repo.releases()[0]!.body).toContain("``radar was `wrong` @everyone``");
  });

  it("shows hostile paths and hundreds of them as what they are", async () => {
    const changes: Change[] = Array.from({ length: 2000 }, (_, i) => ({
      op: "add",
      path: `products/<img src=x>|@team ${"\u202e"}${i}`,
      to: cid,
    }));
    await run({ ...release, changes });
    const body = repo.releases()[0]!.body!;
    expect(body).toContain("`products/<img src=x>\\u{7c}@team \\u{202e}0`");
    expect(body).toMatch(/and \d+ more/);
    expect(body).not.toContain("\u202e");
    expect(repo.deployments()[0]!.description).toBe("release 1: 2000 added");
  });

  it("refuses a tag that belongs to another release", async () => {
    const { place } = plainly(github, repo, may);
    await github.octokit(repo.token(may)).repos.createRelease({ ...place, tag_name: "release/1", name: "mine" });
    await expect(run()).rejects.toMatchObject({ kind: "conflict", hint: expect.stringContaining("release/1") });
  });

  it("names who may tag a commit whose workflows have changed since, and goes on once it is tagged", async () => {
    const sha = await repo.tip();
    await repo.push({ ".github/workflows/plan.yml": "name: plan\n" });
    const hint = expect.stringContaining(`git push origin ${sha}:refs/tags/release/1`);
    await expect(run(release, { sha })).rejects.toMatchObject({ kind: "refused", hint });
    await repo.state.git.setRef("refs/tags/release/1", sha);
    expect(await run(release, { sha })).toMatchObject({ told: [] });
    expect(await repo.state.git.resolve("refs/tags/release/1")).toBe(sha);
  });

  it("finds the release before among more than a page of them, in one call", async () => {
    const tags = Array.from({ length: 120 }, (_, i) => `refs/heads/main:refs/tags/release/${i + 1}`);
    await repo.state.git.text(["fetch", "--quiet", ".", ...tags]);
    const number = await merged({ "tree.yaml": `${tree}  a: ${cid}\n` });
    github.journal.clear();
    expect((await run({ ...release, number: 121, head: "bafyhead121" })).told).toEqual([number]);
    const listing = github.journal.calls().filter(({ route }) => route.includes("matching-refs"));
    expect(listing).toHaveLength(1);
  });

  it("goes on with a draft that is there, and takes away half an upload", async () => {
    const { place } = plainly(github, repo, may);
    await run();
    const [made] = repo.releases();
    const [asset] = made!.assets.values();
    Object.assign(asset!, { bytes: new Uint8Array(0), name: "tree.yaml" });
    Object.assign(made!, { draft: true });
    expect(place.owner).toBe("campaign");
    await run();
    expect(repo.releases()).toHaveLength(1);
    expect(repo.releases()[0]!.draft).toBe(false);
  });
});
