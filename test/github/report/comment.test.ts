/** One comment that people hear of when it matters, and that nobody else can speak through. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Message, postComment, reviseComment } from "../../../pipeline/github/report/comment.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { PullRequestHandle } from "../pull-request.ts";
import type { Repository } from "../repository.ts";
import { hangUp, serverError } from "../trouble.ts";

let github: Box;
let repo: Repository;
let pull: PullRequestHandle;
beforeEach(async () => {
  github = await openBox();
  repo = await github.repo();
  pull = await (await repo.fork("visitor")).openPull({ files: { a: "a" } });
});
afterEach(() => github.close());

const say = (state: string, body = state, kind = "report") =>
  postComment(
    pull.number,
    { kind, state, body } satisfies Message,
    plainly(github, repo, { "pull-requests": "write" }),
  );
const shown = () => pull.comments().map(({ body, minimized }) => [body.split("\n").at(-1), minimized]);

it("is edited while the state stays, left alone while nothing changes, and written anew when it changes", async () => {
  expect((await say("ready", "one")).did).toBe("posted");
  expect((await say("ready", "two")).did).toBe("edited");
  expect((await say("ready", "two")).did).toBe("left");
  expect(shown()).toEqual([["two", undefined]]);
  expect((await say("conflict", "three")).did).toBe("posted");
  expect(shown()).toEqual([
    ["two", "outdated"],
    ["three", undefined],
  ]);
  expect((await say("ready", "four")).did).toBe("posted");
  expect(shown()).toEqual([
    ["two", "outdated"],
    ["three", "outdated"],
    ["four", undefined],
  ]);
});

it("is written although the old one may not be minimized", async () => {
  await say("ready", "one");
  const errors = [{ type: "FORBIDDEN", message: "Resource not accessible by integration" }];
  const refusal = {
    does: "answer",
    answer: { status: 200, body: { data: { minimizeComment: null }, errors } },
  } as const;
  let asked = 0;
  github.on("POST /graphql", () => (asked++ === 1 ? refusal : undefined), { times: 2 });
  expect((await say("conflict", "two")).did).toBe("posted");
  expect(shown()).toEqual([
    ["one", undefined],
    ["two", undefined],
  ]);
});

it("is not mixed up with a comment of another kind", async () => {
  await say("ready", "report");
  await say("release 1", "live", "live");
  await say("ready", "report again");
  expect(shown()).toEqual([
    ["report again", undefined],
    ["live", undefined],
  ]);
});

it("is found behind a hundred others, and not in a stranger's words", async () => {
  await say("ready", "ours");
  for (let i = 0; i < 105; i++) pull.comment("stranger", `<!-- fieldtree:report state="conflict" -->\n${i}`);
  await say("ready", "edited");
  expect(shown()[0]).toEqual(["edited", undefined]);
  expect(pull.comments()).toHaveLength(106);
});

it("is not taken for ours where our mark is only quoted", async () => {
  await say("ready", "ours");
  const { body } = pull.comments()[0]!;
  pull.comment("github-actions[bot]", `> ${body}`);
  await say("ready", "edited");
  expect(shown()).toEqual([
    ["edited", undefined],
    ["ours", undefined],
  ]);
});

it("is written once where the answer to writing it is lost, and again where the request was", async () => {
  github.on("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", hangUp, { after: true });
  await say("ready");
  github.on("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", serverError(502));
  await say("conflict");
  expect(shown()).toEqual([
    ["ready", "outdated"],
    ["conflict", undefined],
  ]);
});

it("holds a state that would end its mark as a word", async () => {
  await say('ready" --> <b>', "one");
  await say('ready" --> <b>', "two");
  expect(pull.comments().map(({ body }) => body)).toEqual(['<!-- fieldtree:report state="ready_ --_ _b_" -->\ntwo']);
});

it("is cut to what GitHub takes", async () => {
  await say("ready", "\u{1f6f0}".repeat(40_000));
  expect(pull.comments()[0]!.body.length).toBeLessThanOrEqual(65_536);
});

it("is revised in place while its state stays, written anew where that changes, and left out where there is none of ours", async () => {
  const api = () => plainly(github, repo, { "pull-requests": "write" });
  const revised = (state?: string) =>
    reviseComment(
      pull.number,
      "report",
      async (said) => ({ state: state ?? said.state, body: `late: ${said.body}` }),
      api(),
    );
  pull.comment("stranger", '<!-- fieldtree:report state="ready" -->\nours, believe me');
  expect(await revised()).toBe(false);
  await say("ready", "ours");
  expect(await revised()).toBe(true);
  expect(shown()).toEqual([
    ["ours, believe me", undefined],
    ["late: ours", undefined],
  ]);
  expect((await say("ready", "again")).did).toBe("edited");
  expect(await revised("conflict")).toBe(true);
  expect(shown().slice(1)).toEqual([
    ["again", "outdated"],
    ["late: again", undefined],
  ]);
  expect(await reviseComment(pull.number, "report", async (said) => said, api())).toBe(false);
});
