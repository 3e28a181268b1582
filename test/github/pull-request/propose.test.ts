/** A proposal is one pull request, wherever making it was stopped, and stands on what was proposed. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { branchFor, filledIn, proposalBase, propose } from "../../../pipeline/github/pull-request/propose.ts";
import { testWorld } from "../../fakes/world.ts";
import { type Box, openBox } from "../box.ts";
import { plainly } from "../plainly.ts";
import type { Repository } from "../repository.ts";
import { hangUp } from "../trouble.ts";

let github: Box;
let repo: Repository;
beforeAll(async () => {
  github = await openBox();
  repo = await github.repo({ files: { "tree.yaml": "products:\n" } });
});
afterAll(() => github.close());

let proposals = 0;
beforeEach(() => void proposals++);

async function proposed(login = "visitor") {
  const token = github.user(login).token();
  const at = plainly(github, repo, token);
  const branch = branchFor([`proposal ${proposals}`]);
  const proposal = { title: `Proposal ${proposals}`, body: "words", branch, tree: Buffer.from(`a${proposals}: \n`) };
  const forkAt = async () => plainly(github, await repo.fork(login), token);
  return await propose(proposal, await proposalBase(at), at, forkAt, testWorld());
}
const pulls = () => [...repo.state.issues.values()].filter(({ title }) => title === `Proposal ${proposals}`);

describe("a proposal", () => {
  it.each([
    "POST /repos/{owner}/{repo}/forks",
    "POST /repos/{owner}/{repo}/git/blobs",
    "POST /repos/{owner}/{repo}/git/trees",
    "POST /repos/{owner}/{repo}/git/commits",
    "POST /repos/{owner}/{repo}/git/refs",
    "POST /repos/{owner}/{repo}/pulls",
  ])("is made once, though the answer of %s was lost", async (route) => {
    github.on(route, hangUp, { after: true });
    await proposed().catch(() => proposed());
    expect(pulls()).toHaveLength(1);
    expect(github.pending()).toEqual([]);
  });

  it("needs no fork for a user who may push", async () => {
    repo.allow("colleague");
    await proposed("colleague");
    expect(pulls()[0]!.pull!.head.repo).toBe(repo.state);
  });

  it("is a new pull request where the first was closed", async () => {
    await proposed();
    Object.assign(pulls()[0]!, { state: "closed" });
    expect(await proposed()).toMatchObject({ did: "opened" });
    expect(pulls().map(({ state }) => state)).toEqual(["closed", "open"]);
  });

  it("waits for the fork, which GitHub makes in its own time", async () => {
    github.on("GET /repos/{owner}/{repo}/git/ref/{ref}", {
      does: "answer",
      answer: { status: 404, body: { message: "Not Found" } },
    });
    expect(await proposed()).toMatchObject({ did: "opened" });
  });

  it("says what to do about a fork that is older than the campaign's workflows, and then is made", async () => {
    const fork = await repo.fork("veteran");
    const tip = await repo.push({ ".github/workflows/plan.yml": `# ${proposals}\n` });
    await expect(proposed("veteran")).rejects.toMatchObject({
      kind: "refused",
      hint: expect.stringContaining(`${fork.fullName} is an older fork, press “Sync fork” there`),
    });
    await fork.state.git.setRef("refs/heads/main", tip);
    expect(await proposed("veteran")).toMatchObject({ did: "opened" });
  });
});

describe("the template", () => {
  it("gets the proposal where it asks for it, else on top", () => {
    const asks = "Hello\n<!-- fieldtree:what -->\nSay it\n<!-- /fieldtree:what -->\n";
    expect(filledIn(asks, "$& words")).toBe("Hello\n$& words\n");
    expect(filledIn("- [ ] mine\n", "words")).toBe("words\n\n- [ ] mine\n");
    expect(filledIn(undefined, "words")).toBe("words");
  });

  it("is ticked where the command has looked, and nowhere else", () => {
    expect(filledIn("- [ ] `fieldtree check` is content\n- [ ] I may\n", "w")).toContain(
      "- [x] `fieldtree check` is content\n- [ ] I may",
    );
  });
});
