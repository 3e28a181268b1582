/** A pull request of the box in a test's hands. */
import type { Json } from "./call.ts";
import { happened, mergeGroupPayload, pullRequestPayload } from "./events.ts";
import type { Files } from "./git.ts";
import { refsMoved } from "./moves.ts";
import { addLabel } from "./operations/issues.ts";
import { type MergeMethod, merge } from "./operations/pulls.ts";
import {
  authorOf,
  type CheckRun,
  type Comment,
  type CommitStatus,
  type Hub,
  type PullRequest,
  type Repo,
  type Review,
  type ReviewComment,
} from "./state.ts";
import { type Grants, jobToken, readOnly } from "./tokens.ts";

export interface PullRequestHandle {
  readonly state: PullRequest;
  readonly number: number;
  /** The newest commit of its head. */
  readonly head: string;
  readonly fromFork: boolean;

  /**
   * The `GITHUB_TOKEN` of a `pull_request` job with these `permissions:`. From a fork it may only read, whatever they say.
   */
  token(grants?: Grants): string;

  /** Push another commit onto it, as its author. */
  push(files: Files, options?: { readonly message?: string }): Promise<string>;
  /** Press the button, as the repository's owner unless said. Resolves to the commit. */
  merge(options?: { readonly by?: string; readonly method?: MergeMethod }): Promise<string>;
  close(): void;
  edit(change: { readonly title?: string; readonly body?: string }): void;
  label(name: string): void;
  unlabel(name: string): void;
  /** What a person writes under it. */
  comment(login: string, body: string): Comment;
  approve(login: string): Review;
  /** The next `times` who ask hear that GitHub has yet to find out whether it merges. */
  unsettle(times: number): void;
  /** Put it into the merge queue, behind `after`. */
  enqueue(after?: MergeGroup): Promise<MergeGroup>;

  comments(): readonly Comment[];
  reviews(): readonly Review[];
  reviewComments(): readonly ReviewComment[];
  /** Of its newest commit. */
  checks(): readonly CheckRun[];
  /** Of its newest commit. */
  statuses(): readonly CommitStatus[];

  /** `github.event` of a `pull_request` workflow. */
  event(action?: string): Json;
}

/** What a merge queue is about to land. */
export interface MergeGroup {
  readonly ref: string;
  readonly sha: string;
  /** `github.event` of `merge_group`. */
  readonly event: Json;
  /** Its checks are green: the base moves to it. */
  land(): Promise<void>;
}

export function pullRequestOf(hub: Hub, repo: Repo, state: PullRequest): PullRequestHandle {
  const { number, pull } = state;
  const mine = <T extends { readonly pull: number }>(all: ReadonlyMap<number, T>) =>
    [...all.values()].filter((one) => one.pull === number);
  const record = (action: string, more: Json = {}) => {
    const payload = { ...pullRequestPayload(hub, repo, state, action), ...more };
    happened(hub, { name: "pull_request", repo, payload, startsWorkflows: true });
  };

  return {
    state,
    number,
    get head() {
      return pull.head.sha;
    },
    fromFork: pull.head.repo !== repo,

    token: (grants = {}) => jobToken(hub, repo, pull.head.repo === repo ? grants : readOnly(grants)),

    async push(files, { message = "Change files" } = {}) {
      const { repo: from, ref } = pull.head;
      hub.clock.advance({ seconds: 1 });
      const before = await from.git.refs();
      const at = hub.clock.seconds();
      const sha = await from.git.commit({ branch: ref, files, message, author: authorOf(state.user), at });
      await refsMoved(hub, from, before, { user: state.user, byWorkflow: false });
      return sha;
    },

    async merge({ by, method = "merge" } = {}) {
      hub.clock.advance({ seconds: 1 });
      const user = by === undefined ? repo.owner : hub.user(by);
      return await merge(hub, repo, state, { by: user, byWorkflow: false, method });
    },

    close() {
      state.state = "closed";
      state.closedAt = hub.clock.now();
      record("closed");
    },
    edit({ title = state.title, body = state.body ?? undefined }) {
      const changes = { ...(title !== state.title && { title: { from: state.title } }) };
      state.title = title;
      state.body = body ?? null;
      record("edited", { changes });
    },
    label(name) {
      addLabel(hub, repo, state, name);
      record("labeled", { label: { name } });
    },
    unlabel(name) {
      state.labels.delete(name);
      record("unlabeled", { label: { name } });
    },

    comment(login, body) {
      hub.clock.advance({ seconds: 1 });
      const now = hub.clock.now();
      const user = hub.user(login);
      const comment = {
        id: hub.nextId(),
        issue: number,
        user,
        byWorkflow: false,
        body,
        createdAt: now,
        updatedAt: now,
        minimized: undefined,
      };
      repo.comments.set(comment.id, comment);
      return comment;
    },
    approve(login) {
      const id = hub.nextId();
      const submittedAt = hub.clock.now();
      const review: Review = {
        id,
        pull: number,
        user: hub.user(login),
        body: "",
        state: "APPROVED",
        commit: pull.head.sha,
        submittedAt,
      };
      repo.reviews.set(id, review);
      return review;
    },
    unsettle(times) {
      pull.unsettled = times;
    },

    async enqueue(after) {
      const baseRef = `refs/heads/${pull.base.ref}`;
      const baseSha = after?.sha ?? (await repo.git.resolve(baseRef))!;
      const tree = await repo.git.mergedTree(baseSha, pull.head.sha);
      if (!tree) throw new Error(`pull request ${number} conflicts with what is before it in the queue`);
      const message = `Merge pull request #${number} from ${pull.head.repo.owner.login}/${pull.head.ref}\n\n${state.title}`;
      const author = { name: "GitHub", email: "noreply@github.com" };
      const parents = [baseSha, pull.head.sha];
      const sha = await repo.git.makeCommit({ tree, parents, message, author, at: hub.clock.seconds() });
      const ref = `refs/heads/gh-readonly-queue/${pull.base.ref}/pr-${number}-${baseSha}`;
      await repo.git.setRef(ref, sha);
      return {
        ref,
        sha,
        event: await mergeGroupPayload(hub, repo, { headRef: ref, headSha: sha, baseRef, baseSha }),
        async land() {
          const before = await repo.git.refs();
          await repo.git.setRef(baseRef, sha);
          await repo.git.dropRef(ref);
          await refsMoved(hub, repo, before, { user: state.user, byWorkflow: false });
        },
      };
    },

    comments: () => [...repo.comments.values()].filter(({ issue }) => issue === number),
    reviews: () => mine(repo.reviews),
    reviewComments: () => mine(repo.reviewComments),
    checks: () => [...repo.checkRuns.values()].filter(({ headSha }) => headSha === pull.head.sha),
    statuses: () => repo.statuses.filter(({ sha }) => sha === pull.head.sha),

    event: (action = "synchronize") => pullRequestPayload(hub, repo, state, action),
  };
}
