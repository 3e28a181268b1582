/** A record that is stopped anywhere is finished by the next run, with nothing made or said twice. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ReleaseFacts } from "../../../pipeline/github/release/notes.ts";
import { type RecordOptions, record } from "../../../pipeline/github/release/record.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { Repository } from "../repository.ts";
import { hangUp } from "../trouble.ts";

const release: ReleaseFacts = { number: 1, head: "bafyhead1", root: "bafyroot1", portal: "bafyportal1", changes: [] };
const may = { contents: "write", deployments: "write", "pull-requests": "write" } as const;

let github: Box;
let repo: Repository;
let pull: number;
let options: RecordOptions;
const run = (world = testWorld()) => record(release, options, plainly(github, repo, may, world), world);

beforeAll(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": "" } });
  const opened = await repo.openPull({ files: { "tree.yaml": "products:\n" } });
  await opened.merge();
  pull = opened.number;
  options = {
    page: `${github.origin}/${repo.fullName}`,
    sha: await repo.tip(),
    environment: "production",
    assets: ["tree.yaml", "release-1.car"].map((name) => ({
      name,
      type: "application/octet-stream",
      bytes: async () => Uint8Array.of(0, 255, 10),
    })),
  };
});
afterAll(() => github.close());
beforeEach(() => {
  for (const all of [repo.state.releases, repo.state.deployments, repo.state.comments]) all.clear();
});

/** Everything there once, and nothing else. */
function expectWhole(): void {
  expect(repo.releases().map(({ draft }) => draft)).toEqual([false]);
  expect([...repo.releases()[0]!.assets.values()].map(({ name }) => name)).toEqual(["tree.yaml", "release-1.car"]);
  expect(repo.deployments().map(({ statuses }) => statuses.map(({ state }) => state))).toEqual([["success"]]);
  expect(repo.comments(pull)).toHaveLength(1);
}

/** Every call of a run that changes something. */
const writes = [
  "POST /repos/{owner}/{repo}/releases",
  "POST /repos/{owner}/{repo}/releases/{release_id}/assets",
  "PATCH /repos/{owner}/{repo}/releases/{release_id}",
  "POST /repos/{owner}/{repo}/deployments",
  "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
];

it("knows every call that changes something", async () => {
  github.journal.clear();
  await run();
  expectWhole();
  const made = github.journal.writes().filter(({ face }) => face === "rest");
  expect([...new Set(made.map(({ route }) => route))]).toEqual(writes);
});

describe.each([
  { moment: "before", after: false },
  { moment: "after", after: true },
])("killed $moment it takes effect", ({ after }) => {
  it.each(writes)("%s", async (route) => {
    const stop = new AbortController();
    const killed = () => {
      stop.abort(new Error("killed"));
      return hangUp;
    };
    github.on(route, killed, { after });
    await expect(run(testWorld({ signal: stop.signal }))).rejects.toThrow("killed");
    await run();
    expectWhole();
  });
});

describe("an answer that is lost", () => {
  it.each(writes.filter((route) => route.startsWith("POST")))("is looked for: %s", async (route) => {
    github.on(route, hangUp, { after: true });
    expect((await run()).told).toEqual([pull]);
    expectWhole();
  });
});
