/** Opens a pull request that changes one file, on a branch of its own. A repeated call returns the open pull request. */
import type { World } from "../../core/world.ts";
import type { GitHub } from "../run/client.ts";
import { createIfAbsent } from "../run/create-if-absent.ts";
import { type BranchDraft, createBranch } from "./create-branch.ts";

export interface PullDraft extends Omit<BranchDraft, "message"> {
  /** Also the commit's message. */
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** The branch to merge into. */
  readonly base: string;
  /** Which existing pull requests count: with `all`, one that was closed is not opened again. */
  readonly known: "all" | "open";
}

export interface OpenedPull {
  readonly did: "opened" | "known";
  readonly page: string;
  /** `login:branch` */
  readonly head: string;
}

/** `home`: the repository in which the branch is created, the same or a fork of it. */
export async function openPull(draft: PullDraft, github: GitHub, home: GitHub, world: World): Promise<OpenedPull> {
  const { branch, title, body, base, known: state } = draft;
  const { owner, repo } = home.place;
  const head = `${owner}:${branch}`;
  const find = async (): Promise<OpenedPull | undefined> => {
    const [known] = await github.ask("searching for the pull request", (rest, place) =>
      rest.pulls.list({ ...place, state, head, base }),
    );
    return known && { did: "known", page: known.html_url, head };
  };
  const known = await find();
  if (known) return known;
  world.log(`making the branch ${branch} in ${owner}/${repo}`);
  await createBranch({ ...draft, message: title }, home, world);
  const create = async (): Promise<OpenedPull> => {
    const opened = await github.ask("opening the pull request", (rest, place) =>
      rest.pulls.create({ ...place, title, body, head, base, maintainer_can_modify: true }),
    );
    return { did: "opened", page: opened.html_url, head };
  };
  return createIfAbsent({ find, create }, world);
}
