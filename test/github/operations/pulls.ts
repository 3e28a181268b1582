/** Pull requests: opened, read, reviewed, merged. */
import { userAnswer } from "../answers/people.ts";
import { fileAnswer, pullAnswer, pullInList, reviewAnswer, reviewCommentAnswer } from "../answers/pulls.ts";
import {
  atMost,
  type Call,
  created,
  found,
  invalid,
  type Json,
  noContent,
  type Operations,
  ok,
  page,
  Refusal,
} from "../call.ts";
import { happened, pullRequestPayload } from "../events.ts";
import { mergedAs, refsMoved, settle } from "../moves.ts";
import { authorOf, fullName, type Hub, isPull, type PullRequest, type Repo, type Review, type User } from "../state.ts";
import { mayWrite, userOf } from "../tokens.ts";
import { checksOn } from "./checks.ts";
import { newIssue } from "./issues.ts";

const bodyLimit = 65_536;

export const pulls: Operations = {
  "GET /repos/{owner}/{repo}/pulls": {
    needs: ["pull-requests:read"],
    answer(call) {
      const { hub, repo, query } = call;
      const { state = "open", head, base } = query;
      const matching = [...repo.issues.values()].filter(isPull).filter((one) => {
        const where = `${one.pull.head.repo.owner.login}:${one.pull.head.ref}`;
        if (state !== "all" && one.state !== state) return false;
        if (base && one.pull.base.ref !== base) return false;
        return !head || where.toLowerCase() === head.toLowerCase();
      });
      // Newest first, unless asked otherwise.
      if (query.direction !== "asc") matching.reverse();
      return page(
        call,
        matching.map((one) => pullInList(hub, repo, one)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/pulls": {
    needs: ["pull-requests:write"],
    anyone: true,
    async answer({ hub, repo, body, caller }) {
      if (caller.token?.kind === "workflow" && !repo.workflowsMayOpenPulls)
        throw new Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.");
      const pull = await openPull(hub, repo, {
        title: String(body.title),
        body: (body.body as string | undefined) ?? null,
        head: String(body.head),
        base: String(body.base),
        draft: body.draft === true,
        by: userOf(caller),
        byWorkflow: caller.token?.kind === "workflow",
      });
      return created(pullAnswer(hub, repo, pull, await figuresOf(repo, pull)));
    },
  },

  "GET /repos/{owner}/{repo}/pulls/{pull_number}": {
    needs: ["pull-requests:read"],
    async answer(call) {
      const { hub, repo } = call;
      const one = pullOf(call);
      return ok(pullAnswer(hub, repo, one, await figuresOf(repo, one)));
    },
  },

  "PATCH /repos/{owner}/{repo}/pulls/{pull_number}": {
    needs: ["pull-requests:write"],
    anyone: true,
    async answer(call) {
      const { hub, repo, body, caller } = call;
      const one = pullOf(call);
      if (!mayWrite(caller, repo, "pull-requests:write") && one.user !== userOf(caller))
        throw new Refusal(403, "Must have admin rights to Repository.");
      atMost(bodyLimit, body.body, "PullRequest", "body");
      if (typeof body.title === "string") one.title = body.title;
      if (typeof body.body === "string") one.body = body.body;
      if (typeof body.base === "string") one.pull.base.ref = body.base;
      if (body.state === "closed" && one.state === "open") one.closedAt = hub.clock.now();
      if (body.state === "open" || body.state === "closed") one.state = body.state;
      one.updatedAt = hub.clock.now();
      if (body.base !== undefined) {
        one.pull.base.sha = found(await repo.git.resolve(`refs/heads/${one.pull.base.ref}`));
        await settle(hub, repo, one);
      }
      const action = body.state === "closed" ? "closed" : body.state === "open" ? "reopened" : "edited";
      record(call, one, action);
      return ok(pullAnswer(hub, repo, one, await figuresOf(repo, one)));
    },
  },

  "GET /repos/{owner}/{repo}/pulls/{pull_number}/files": {
    needs: ["pull-requests:read"],
    async answer(call) {
      const { hub, repo } = call;
      const one = pullOf(call);
      const files = await filesOf(repo, one);
      return page(
        call,
        files.slice(0, 3000).map((file) => fileAnswer(hub, repo, one.pull.head.sha, file)),
      );
    },
  },

  "GET /repos/{owner}/{repo}/pulls/{pull_number}/merge": {
    needs: ["contents:read"],
    answer(call) {
      if (!pullOf(call).pull.merged) throw new Refusal(404, "Not Found");
      return noContent;
    },
  },

  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge": {
    needs: ["contents:write"],
    async answer(call) {
      const { repo, body, caller, hub } = call;
      const one = pullOf(call);
      const sha = await merge(hub, repo, one, {
        by: userOf(caller),
        byWorkflow: caller.token?.kind === "workflow",
        method: (body.merge_method as MergeMethod | undefined) ?? "merge",
        ...(typeof body.sha === "string" && { expected: body.sha }),
        ...(typeof body.commit_title === "string" && { title: body.commit_title }),
      });
      return ok({ sha, merged: true, message: "Pull Request successfully merged" });
    },
  },

  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/update-branch": {
    needs: ["pull-requests:write"],
    async answer(call) {
      const { hub, repo, body, caller } = call;
      const one = pullOf(call);
      const { head, base } = one.pull;
      if (body.expected_head_sha && body.expected_head_sha !== head.sha)
        throw new Refusal(422, "expected head sha didn’t match current head ref.");
      const tip = (await repo.git.resolve(`refs/heads/${base.ref}`))!;
      const tree = await repo.git.mergedTree(head.sha, tip);
      if (!tree) throw new Refusal(422, "merge conflict between base and head");
      const author = authorOf(userOf(caller));
      const message = `Merge branch '${base.ref}' into ${head.ref}`;
      const before = await head.repo.git.refs();
      const made = await head.repo.git.makeCommit({
        tree,
        parents: [head.sha, tip],
        message,
        author,
        at: hub.clock.seconds(),
      });
      await head.repo.git.setRef(`refs/heads/${head.ref}`, made);
      await refsMoved(hub, head.repo, before, { user: userOf(caller), byWorkflow: caller.token?.kind === "workflow" });
      return {
        status: 202,
        body: {
          message: "Updating pull request branch.",
          url: `${call.url.origin}${call.url.pathname.replace("/update-branch", "")}`,
        },
      };
    },
  },

  "GET /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": {
    needs: ["pull-requests:read"],
    answer: (call) =>
      ok({ users: [...pullOf(call).pull.reviewers].map((user) => userAnswer(call.hub, user)), teams: [] }),
  },

  "POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": {
    needs: ["pull-requests:write"],
    answer(call) {
      const { hub, repo, body } = call;
      const one = pullOf(call);
      for (const login of (body.reviewers as string[] | undefined) ?? []) {
        const user = hub.users.get(login.toLowerCase());
        if (user === one.user) throw new Refusal(422, "Review cannot be requested from pull request author.");
        const mayReview = user && (repo.owner === user || repo.collaborators.has(user.login));
        if (!mayReview)
          throw new Refusal(
            422,
            `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${fullName(repo)} repository.`,
          );
        one.pull.reviewers.add(user);
      }
      return created(pullInList(hub, repo, one));
    },
  },

  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews": {
    needs: ["pull-requests:read"],
    answer(call) {
      const one = pullOf(call);
      const reviews = [...call.repo.reviews.values()].filter(({ pull }) => pull === one.number);
      return page(
        call,
        reviews.map((review) => reviewAnswer(call.hub, call.repo, review)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews": {
    needs: ["pull-requests:write"],
    anyone: true,
    async answer(call) {
      const { hub, repo, body, caller } = call;
      const one = pullOf(call);
      const user = userOf(caller);
      atMost(bodyLimit, body.body, "PullRequestReview", "body");
      const event = (body.event as string | undefined) ?? "PENDING";
      if (event !== "COMMENT" && user === one.user)
        throw new Refusal(422, "Unprocessable Entity", {
          errors: [`Can not ${event === "APPROVE" ? "approve" : "request changes on"} your own pull request`],
        });
      const comments = (body.comments as Json[] | undefined) ?? [];
      if (event !== "APPROVE" && !body.body && comments.length === 0)
        throw new Refusal(422, "Unprocessable Entity", { errors: ["Review body can't be blank"] });
      const checked = await Promise.all(comments.map((comment) => commentable(call, one, comment)));
      const review: Review = {
        id: hub.nextId(),
        pull: one.number,
        user,
        body: (body.body as string | undefined) ?? "",
        state:
          ({ APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const)[event] ??
          "PENDING",
        commit: (body.commit_id as string | undefined) ?? one.pull.head.sha,
        submittedAt: hub.clock.now(),
      };
      repo.reviews.set(review.id, review);
      one.pull.reviewers.delete(user);
      for (const comment of checked) addReviewComment(call, review, comment);
      const payload = {
        action: "submitted",
        review: reviewAnswer(hub, repo, review),
        ...pullRequestPayload(hub, repo, one, "submitted", user),
      };
      happened(hub, { name: "pull_request_review", repo, payload, startsWorkflows: caller.token?.kind !== "workflow" });
      return ok(reviewAnswer(hub, repo, review));
    },
  },

  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": {
    needs: ["pull-requests:read"],
    answer: (call) =>
      ok(reviewAnswer(call.hub, call.repo, found(call.repo.reviews.get(Number(call.params.review_id))))),
  },

  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals": {
    needs: ["pull-requests:write"],
    answer(call) {
      const review = found(call.repo.reviews.get(Number(call.params.review_id)));
      if (!["APPROVED", "CHANGES_REQUESTED"].includes(review.state))
        throw new Refusal(422, "Can not dismiss a commented pull request review");
      review.state = "DISMISSED";
      return ok(reviewAnswer(call.hub, call.repo, review));
    },
  },

  "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments": {
    needs: ["pull-requests:read"],
    answer(call) {
      const one = pullOf(call);
      const comments = [...call.repo.reviewComments.values()].filter(({ pull }) => pull === one.number);
      return page(
        call,
        comments.map((comment) => reviewCommentAnswer(call.hub, call.repo, comment)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments": {
    needs: ["pull-requests:write"],
    anyone: true,
    async answer(call) {
      const { hub, repo, body, caller } = call;
      const one = pullOf(call);
      const comment = await commentable(call, one, body);
      const review: Review = {
        id: hub.nextId(),
        pull: one.number,
        user: userOf(caller),
        body: "",
        state: "COMMENTED",
        commit: body.commit_id as string,
        submittedAt: hub.clock.now(),
      };
      repo.reviews.set(review.id, review);
      return created(reviewCommentAnswer(hub, repo, addReviewComment(call, review, comment)));
    },
  },
};

export interface NewPull {
  readonly title: string;
  readonly body: string | null;
  /** `branch`, or `owner:branch` of a fork. */
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
  readonly by: User;
  readonly byWorkflow: boolean;
}

/** @throws Refusal where there is no such head, nothing on it, or already a pull request. */
export async function openPull(hub: Hub, repo: Repo, wanted: NewPull): Promise<PullRequest> {
  const [owner, ref] = wanted.head.includes(":")
    ? (wanted.head.split(":") as [string, string])
    : [repo.owner.login, wanted.head];
  const related = [...hub.repos.values()].filter((one) => one === repo || one.parent === repo);
  const from = related.find((one) => one.owner.login.toLowerCase() === owner.toLowerCase());
  const field = (name: string) =>
    new Refusal(422, "Validation Failed", { errors: [{ resource: "PullRequest", field: name, code: "invalid" }] });
  const sha = await from?.git.resolve(`refs/heads/${ref}`);
  if (!from || !sha) throw field("head");
  const baseSha = await repo.git.resolve(`refs/heads/${wanted.base}`);
  if (!baseSha) throw field("base");
  atMost(256, wanted.title, "PullRequest", "title");
  atMost(bodyLimit, wanted.body, "PullRequest", "body");
  const twin = [...repo.issues.values()]
    .filter(isPull)
    .find(
      ({ state, pull }) =>
        state === "open" && pull.head.repo === from && pull.head.ref === ref && pull.base.ref === wanted.base,
    );
  const refuse = (message: string) =>
    new Refusal(422, "Validation Failed", { errors: [{ resource: "PullRequest", code: "custom", message }] });
  if (twin) throw refuse(`A pull request already exists for ${owner}:${ref}.`);
  if (await repo.git.isAncestor(sha, baseSha)) throw refuse(`No commits between ${wanted.base} and ${wanted.head}`);
  const issue = newIssue(hub, repo, { title: wanted.title, body: wanted.body, user: wanted.by });
  const one: PullRequest = {
    ...issue,
    pull: {
      head: { repo: from, ref, sha },
      base: { ref: wanted.base, sha: baseSha },
      draft: wanted.draft,
      mergeSha: undefined,
      unsettled: 0,
      reviewers: new Set(),
      merged: undefined,
    },
  };
  repo.issues.set(one.number, one);
  await settle(hub, repo, one);
  const payload = pullRequestPayload(hub, repo, one, "opened");
  happened(hub, { name: "pull_request", repo, payload, startsWorkflows: !wanted.byWorkflow });
  return one;
}

export type MergeMethod = "merge" | "rebase" | "squash";

export interface Merge {
  readonly by: User;
  readonly byWorkflow: boolean;
  readonly method: MergeMethod;
  /** The head this is meant for. */
  readonly expected?: string;
  readonly title?: string;
}

/**
 * Merge for real; resolves to the commit that is now the base's newest.
 *
 * @throws Refusal where it conflicts, isn't open, moved, or is held back by a rule.
 */
export async function merge(hub: Hub, repo: Repo, one: PullRequest, wanted: Merge): Promise<string> {
  const { head, base } = one.pull;
  if (one.state !== "open" || one.pull.draft) throw new Refusal(405, "Pull Request is not mergeable");
  if (wanted.expected && wanted.expected !== head.sha)
    throw new Refusal(409, "Head branch was modified. Review and try the merge again.");
  const rule = repo.protection.get(base.ref);
  const missing = rule && missingFor(repo, one);
  if (missing) throw new Refusal(405, `Repository rule violations found\n\n${missing}`);
  if (rule?.mergeQueue)
    throw new Refusal(405, "Repository rule violations found\n\nChanges must be made through the merge queue");
  const tip = (await repo.git.resolve(`refs/heads/${base.ref}`))!;
  const tree = await repo.git.mergedTree(tip, head.sha);
  if (!tree) throw new Refusal(405, "Pull Request is not mergeable");
  if (wanted.method === "rebase") throw new Refusal(405, "Rebase merges are not allowed on this repository.");
  const summary =
    wanted.method === "squash"
      ? `${one.title} (#${one.number})`
      : `Merge pull request #${one.number} from ${head.repo.owner.login}/${head.ref}\n\n${one.title}`;
  const before = await repo.git.refs();
  const sha = await repo.git.makeCommit({
    tree,
    parents: wanted.method === "squash" ? [tip] : [tip, head.sha],
    message: wanted.title ?? summary,
    author: authorOf(wanted.method === "squash" ? one.user : wanted.by),
    committer: { name: "GitHub", email: "noreply@github.com" },
    at: hub.clock.seconds(),
  });
  await repo.git.setRef(`refs/heads/${base.ref}`, sha);
  const mover = { user: wanted.by, byWorkflow: wanted.byWorkflow };
  mergedAs(hub, repo, one, sha, mover);
  await refsMoved(hub, repo, before, mover);
  return sha;
}

/** What keeps this from being merged, in GitHub's words; `undefined` where nothing does. */
export function missingFor(repo: Repo, one: PullRequest): string | undefined {
  const rule = repo.protection.get(one.pull.base.ref);
  if (!rule) return undefined;
  const results = checksOn(repo, one.pull.head.sha);
  const waiting = rule.checks.filter((name) => !results.has(name));
  if (waiting.length > 0) return waiting.map((name) => `Required status check "${name}" is expected.`).join("\n");
  const red = rule.checks.filter((name) => results.get(name) !== "success");
  if (red.length > 0) return red.map((name) => `Required status check "${name}" is failing.`).join("\n");
  const approvals = [...repo.reviews.values()].filter((review) => {
    const counts = repo.owner === review.user || repo.collaborators.has(review.user.login);
    return review.pull === one.number && review.state === "APPROVED" && counts;
  });
  if (approvals.length < rule.approvals)
    return `At least ${rule.approvals} approving review is required by reviewers with write access.`;
  return undefined;
}

async function figuresOf(repo: Repo, one: PullRequest) {
  const { head, base, merged, mergeSha, draft } = one.pull;
  const [files, commits] = await Promise.all([
    filesOf(repo, one),
    repo.git.text(["rev-list", "--count", `${base.sha}..${head.sha}`]),
  ]);
  const settled = one.pull.unsettled === 0;
  if (!settled) one.pull.unsettled--;
  const state = () => {
    if (!settled || merged) return "unknown";
    if (!mergeSha) return "dirty";
    if (draft) return "draft";
    if (missingFor(repo, one)) return "blocked";
    const red = [...checksOn(repo, head.sha).values()].some((result) => result !== "success");
    return red ? "unstable" : "clean";
  };
  return {
    mergeable: settled && !merged ? mergeSha !== undefined : null,
    mergeable_state: state(),
    commits: Number(commits),
    files,
  };
}

/** Against where the head left the base, as GitHub's "Files changed" shows it. */
async function filesOf(repo: Repo, one: PullRequest) {
  const { head, base } = one.pull;
  const from = (await repo.git.mergeBase(base.sha, head.sha)) ?? base.sha;
  return await repo.git.changed(from, head.sha);
}

function pullOf({ repo, params }: Call): PullRequest {
  const one = repo.issues.get(Number(params.pull_number));
  return found(one && isPull(one) ? one : undefined);
}

function record({ hub, repo, caller }: Call, one: PullRequest, action: string): void {
  const payload = pullRequestPayload(hub, repo, one, action, userOf(caller));
  happened(hub, { name: "pull_request", repo, payload, startsWorkflows: caller.token?.kind !== "workflow" });
}

interface Commentable {
  readonly path: string;
  readonly line: number;
  readonly startLine: number | undefined;
  readonly side: "LEFT" | "RIGHT";
  readonly body: string;
}

/** @throws Refusal unless the line is part of the diff: GitHub takes no comment beside one. */
async function commentable({ repo }: Call, one: PullRequest, comment: Json): Promise<Commentable> {
  const path = comment.path as string;
  atMost(bodyLimit, comment.body, "PullRequestReviewComment", "body");
  const file = (await filesOf(repo, one)).find(({ filename }) => filename === path);
  if (!file) throw invalid("PullRequestReviewComment", "path", "Path could not be resolved");
  const line = comment.line as number | undefined;
  const side = (comment.side as "LEFT" | "RIGHT" | undefined) ?? "RIGHT";
  if (!line || !linesOf(file.patch ?? "", side).has(line)) {
    throw invalid("PullRequestReviewComment", "line", "Line could not be resolved");
  }
  return { path, line, side, startLine: comment.start_line as number | undefined, body: comment.body as string };
}

/** Numbers of the lines a diff shows on one side, its context included. */
function linesOf(patch: string, side: "LEFT" | "RIGHT"): Set<number> {
  const shown = new Set<number>();
  let at = 0;
  for (const line of patch.split("\n")) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
    if (hunk) at = Number(side === "RIGHT" ? hunk[2] : hunk[1]);
    else if (line.startsWith(" ") || line.startsWith(side === "RIGHT" ? "+" : "-")) shown.add(at++);
  }
  return shown;
}

function addReviewComment({ hub, repo, caller }: Call, review: Review, comment: Commentable) {
  const made = {
    id: hub.nextId(),
    review: review.id,
    pull: review.pull,
    user: userOf(caller),
    commit: review.commit,
    createdAt: hub.clock.now(),
    ...comment,
  };
  repo.reviewComments.set(made.id, made);
  return made;
}
