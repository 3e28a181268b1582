/** GitHub's API as our jobs use it: what a refusal says, where a redirect may lead, and what is never said. */
import { createServer } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fetching, openGitHub } from "../../../pipeline/github/run/client.ts";
import { commitsOf, mergeCommits } from "../../../pipeline/github/run/commits.ts";
import { onLoopback } from "../../fakes/loopback.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Box, openBox } from "../box.ts";
import type { Repository } from "../repository.ts";
import { rateLimit, serverError } from "../trouble.ts";

let github: Box;
let repo: Repository;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": "\ufeffcaf\u00e9:\r\n" } });
});
afterEach(() => github.close());

const env = (grants: Parameters<Repository["token"]>[0] = {}) => ({
  ...github.env,
  GITHUB_REPOSITORY: repo.fullName,
  GITHUB_TOKEN: repo.token(grants),
});
const status = async (given: Readonly<Record<string, string>>, world = testWorld()) => {
  const opened = await openGitHub(given, world);
  const sha = await repo.tip();
  return opened.ask("setting the status", (rest, place) =>
    rest.repos.createCommitStatus({ ...place, sha, state: "success" }),
  );
};

it("names the permission that a job lacks, in the words of a workflow", async () => {
  await expect(status(env({ contents: "read" }))).rejects.toMatchObject({
    kind: "refused",
    message: "GitHub, setting the status: 403 Resource not accessible by integration",
    hint: "the token lacks a permission; the job needs `statuses: write`",
  });
});

it("asks once where it is refused, and again where asking can help", async () => {
  await status(env()).catch(() => {});
  expect(github.journal.calls()).toHaveLength(1);
  github.journal.clear();
  github.on("GET /repos/{owner}/{repo}", serverError(502), { times: 2 });
  const opened = await openGitHub(env({ contents: "read" }), testWorld());
  await opened.ask("reading the repository", (rest, place) => rest.repos.get({ ...place }));
  expect(github.journal.calls()).toHaveLength(3);
});

it("does not repeat what may have taken effect", async () => {
  github.on("POST /repos/{owner}/{repo}/statuses/{sha}", serverError(502));
  await expect(status(env({ statuses: "write" }))).rejects.toMatchObject({ kind: "unavailable" });
  expect(github.journal.calls()).toHaveLength(1);
});

it("says when the hour's calls are used up, and does not sit there waiting", async () => {
  github.on("POST /repos/{owner}/{repo}/statuses/{sha}", rateLimit(1800));
  await expect(status(env({ statuses: "write" }))).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("rate limit exceeded"),
  });
});

it("works in a repository that was renamed, and does not make a GET of a POST", async () => {
  const given = env({ statuses: "write" });
  repo.rename("elsewhere");
  await status(given);
  expect(repo.state.statuses).toHaveLength(1);
});

it("reads a file's bytes as they are, byte order mark and line ends too", async () => {
  const opened = await openGitHub(env({ contents: "read" }), testWorld());
  const commits = commitsOf(opened);
  const tip = await repo.tip();
  const entries = (await commits.entries(tip, ["tree.yaml", "nothing"]))!;
  expect([...entries.keys()]).toEqual(["tree.yaml"]);
  const bytes = await commits.read(tip, "tree.yaml", entries.get("tree.yaml")!);
  expect(Buffer.from(bytes).toString()).toBe("\ufeffcaf\u00e9:\r\n");
  const lie = { ...entries.get("tree.yaml")!, id: "0".repeat(40) };
  await expect(commits.read(tip, "tree.yaml", lie)).rejects.toMatchObject({ kind: "corrupt" });
  expect(await commits.entries("1".repeat(40), ["tree.yaml"])).toBeUndefined();
});

it("knows where two branches parted", async () => {
  const mergeBase = await repo.tip();
  const head = await repo.push({ a: "a" }, { branch: "side/way" });
  const base = await repo.push({ b: "b" });
  const opened = await openGitHub(env({ contents: "read" }), testWorld());
  expect(await mergeCommits("main", head, opened)).toEqual({ base, head, mergeBase });
  expect(await mergeCommits("side/way", base, opened)).toEqual({ base: head, head: base, mergeBase });
});

it.each([
  ["no token", { GITHUB_TOKEN: "" }, /GITHUB_TOKEN is not set/],
  ["a token with a line break", { GITHUB_TOKEN: "ghs_x\ny" }, /characters that no header may/],
  ["no repository", { GITHUB_REPOSITORY: "" }, /OWNER\/NAME/],
  ["a repository that leads elsewhere", { GITHUB_REPOSITORY: "a/../b" }, /OWNER\/NAME/],
  ["an address that is none", { GITHUB_API_URL: "file:///etc" }, /no address/],
])("refuses %s before it asks anything", async (_, wrong, says) => {
  await expect(openGitHub({ ...env(), ...wrong }, testWorld())).rejects.toMatchObject({
    kind: "input",
    message: expect.stringMatching(says),
  });
  expect(github.journal.all).toEqual([]);
});

it("keeps the token to the API's own origin, and out of every message", async () => {
  const token = "ghs_canary_5e1f_0123456789";
  const heard: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization);
    if (request.url!.includes("/repos/a/leak"))
      return void response
        .writeHead(403, { "content-type": "application/json" })
        .end(JSON.stringify({ message: `no, ${token}` }));
    if (request.url!.includes("/repos/a/away"))
      return void response.writeHead(302, { location: "http://127.0.0.1:1/elsewhere" }).end();
    response.socket?.destroy();
  });
  const api = await onLoopback(server);
  const world = testWorld();
  for (const [name, kind, says] of [
    ["leak", "refused", "403 no, …"],
    ["away", "unavailable", "redirects to http://127.0.0.1:1, which is not followed"],
  ] as const) {
    const opened = await openGitHub(
      { GITHUB_API_URL: api, GITHUB_REPOSITORY: `a/${name}`, GITHUB_TOKEN: token },
      world,
    );
    const failed = await opened
      .ask("posting", (rest, place) => rest.issues.create({ ...place, title: "x" }))
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ kind, message: expect.stringContaining(says) });
    expect(inspectAll(failed)).not.toContain(token);
  }
  expect(heard.every((said) => said === `token ${token}`)).toBe(true);
  expect(world.lines.join()).not.toContain(token);
});

it("follows a file to where GitHub keeps it, without the token, and only over https", async () => {
  const seen: [string, string | null][] = [];
  const answers = [
    new Response(null, { status: 302, headers: { location: "https://blobs.example/plan.zip" } }),
    new Response("bytes"),
    new Response(null, { status: 302, headers: { location: "http://blobs.example/plan.zip" } }),
  ];
  const world = testWorld({
    fetch: async (request) => {
      seen.push([request.url, request.headers.get("authorization")]);
      return answers.shift()!;
    },
  });
  const ask = fetching("https://api.github.example", world);
  const init = { method: "GET", headers: { authorization: "token canary" } };
  expect(await (await ask("https://api.github.example/zip", init)).text()).toBe("bytes");
  await expect(ask("https://api.github.example/zip", init)).rejects.toThrow("which is not followed");
  expect(seen).toEqual([
    ["https://api.github.example/zip", "token canary"],
    ["https://blobs.example/plan.zip", null],
    ["https://api.github.example/zip", "token canary"],
  ]);
});

/** Everything an error holds, its causes too. */
function inspectAll(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    parts.push(String(at), at.stack ?? "", JSON.stringify(Object.getOwnPropertyDescriptors(at)));
  }
  return parts.join("\n");
}

it("goes on to the next page where one is short, and stops where GitHub names no next one", async () => {
  const world = testWorld();
  const pages = [[1, 2], [3], [], [4]];
  const opened = await openGitHub(env(), world);
  const listed = (upTo: number, most?: number) =>
    opened.all(
      "listing",
      async (_, { page }) => ({
        data: pages[page - 1]!,
        headers: { link: page < upTo ? `<https://x?page=${page + 1}>; rel="next"` : '<https://x>; rel="first"' },
      }),
      most,
    );
  expect(await listed(4)).toEqual([1, 2, 3, 4]);
  expect(await listed(2)).toEqual([1, 2, 3]);
  expect(await listed(99, 200), "as many pages as that takes").toEqual([1, 2, 3]);
});
