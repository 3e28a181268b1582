/** Issues, labels and comments: those of pull requests too, which GitHub keeps as issues. */
import { nodeId } from "../answers/addresses.ts";
import { commentAnswer, issueAnswer, labelAnswer } from "../answers/issues.ts";
import { userAnswer } from "../answers/people.ts";
import { atMost, type Call, created, found, invalid, noContent, type Operations, ok, page, Refusal } from "../call.ts";
import { happened, pullRequestPayload } from "../events.ts";
import { type Comment, type Hub, type Issue, isPull, type Repo, type User } from "../state.ts";
import { mayWrite, userOf } from "../tokens.ts";

const bodyLimit = 65_536;
const needs = { read: ["issues:read", "pull-requests:read"], write: ["issues:write", "pull-requests:write"] } as const;

export const issues: Operations = {
  "GET /repos/{owner}/{repo}/issues": {
    needs: needs.read,
    answer(call) {
      const { hub, repo, query } = call;
      const { state = "open", creator } = query;
      const labels = (query.labels ?? "").split(",").filter(Boolean);
      const matching = [...repo.issues.values()].filter(
        (issue) =>
          (state === "all" || issue.state === state) &&
          (!creator || issue.user.login === creator) &&
          labels.every((label) => issue.labels.has(label)),
      );
      if (query.direction !== "asc") matching.reverse();
      return page(
        call,
        matching.map((issue) => issueAnswer(hub, repo, issue)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/issues": {
    needs: ["issues:write"],
    anyone: true,
    answer({ hub, repo, body, caller }) {
      atMost(256, body.title, "Issue", "title");
      atMost(bodyLimit, body.body, "Issue", "body");
      const issue = newIssue(hub, repo, {
        title: String(body.title),
        body: (body.body as string | undefined) ?? null,
        user: userOf(caller),
      });
      // Labels of somebody who may not write are dropped without a word, as on GitHub.
      if (mayWrite(caller, repo, "issues:write")) {
        for (const label of (body.labels as (string | { name: string })[] | undefined) ?? []) {
          addLabel(hub, repo, issue, typeof label === "string" ? label : label.name);
        }
      }
      repo.issues.set(issue.number, issue);
      return created(issueAnswer(hub, repo, issue));
    },
  },

  "GET /repos/{owner}/{repo}/issues/{issue_number}": {
    needs: needs.read,
    answer: (call) => ok(issueAnswer(call.hub, call.repo, issueOf(call))),
  },

  "PATCH /repos/{owner}/{repo}/issues/{issue_number}": {
    needs: needs.write,
    anyone: true,
    answer(call) {
      const { hub, repo, body } = call;
      const issue = issueOf(call);
      mayEdit(call, issue.user);
      atMost(bodyLimit, body.body, "Issue", "body");
      if (typeof body.title === "string") issue.title = body.title;
      if (typeof body.body === "string" || body.body === null) issue.body = body.body;
      if (body.state === "closed" && issue.state === "open") {
        issue.closedAt = hub.clock.now();
        issue.stateReason = (body.state_reason as Issue["stateReason"] | undefined) ?? "completed";
      }
      if (body.state === "open" && issue.state === "closed") {
        issue.closedAt = null;
        issue.stateReason = "reopened";
      }
      if (body.state === "open" || body.state === "closed") issue.state = body.state;
      if (Array.isArray(body.labels)) {
        issue.labels.clear();
        for (const label of body.labels) addLabel(hub, repo, issue, typeof label === "string" ? label : label.name);
      }
      issue.updatedAt = hub.clock.now();
      return ok(issueAnswer(hub, repo, issue));
    },
  },

  "PUT /repos/{owner}/{repo}/issues/{issue_number}/lock": {
    needs: needs.write,
    answer(call) {
      issueOf(call).locked = true;
      return noContent;
    },
  },

  "POST /repos/{owner}/{repo}/issues/{issue_number}/assignees": {
    needs: needs.write,
    answer(call) {
      const { hub, repo, body } = call;
      const issue = issueOf(call);
      for (const login of (body.assignees as string[] | undefined) ?? []) {
        const user = hub.users.get(login.toLowerCase());
        // Whoever can't be assigned is left out without a word.
        if (user && (repo.owner === user || repo.collaborators.has(user.login))) issue.assignees.add(user);
      }
      return created(issueAnswer(hub, repo, issue));
    },
  },

  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": {
    needs: needs.read,
    answer(call) {
      const { number } = issueOf(call);
      const comments = [...call.repo.comments.values()].filter(({ issue }) => issue === number);
      return page(
        call,
        comments.map((comment) => commentAnswer(call.hub, call.repo, comment)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": {
    needs: needs.write,
    anyone: true,
    answer(call) {
      const { hub, repo, body, caller } = call;
      const issue = issueOf(call);
      atMost(bodyLimit, body.body, "IssueComment", "body");
      if (body.body === "") throw invalid("IssueComment", "body", "body can't be blank");
      if (issue.locked && !mayWrite(caller, repo, "issues:write"))
        throw new Refusal(403, "Unable to create comment because issue is locked.");
      const now = hub.clock.now();
      const comment: Comment = {
        id: hub.nextId(),
        issue: issue.number,
        user: userOf(caller),
        byWorkflow: caller.token?.kind === "workflow",
        body: String(body.body),
        createdAt: now,
        updatedAt: now,
        minimized: undefined,
      };
      repo.comments.set(comment.id, comment);
      issue.updatedAt = now;
      return created(commentAnswer(hub, repo, comment));
    },
  },

  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}": {
    needs: needs.read,
    answer: (call) => ok(commentAnswer(call.hub, call.repo, commentOf(call))),
  },

  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}": {
    needs: needs.write,
    anyone: true,
    answer(call) {
      const comment = commentOf(call);
      mayEdit(call, comment.user);
      atMost(bodyLimit, call.body.body, "IssueComment", "body");
      comment.body = String(call.body.body);
      comment.updatedAt = call.hub.clock.now();
      return ok(commentAnswer(call.hub, call.repo, comment));
    },
  },

  "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}": {
    needs: needs.write,
    anyone: true,
    answer(call) {
      const comment = commentOf(call);
      mayEdit(call, comment.user);
      call.repo.comments.delete(comment.id);
      return noContent;
    },
  },

  "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": {
    needs: needs.write,
    anyone: true,
    answer(call) {
      commentOf(call);
      const { hub, body, caller } = call;
      const id = hub.nextId();
      const content = body.content;
      return created({
        id,
        node_id: nodeId("REA", id),
        user: userAnswer(hub, userOf(caller)),
        content,
        created_at: hub.clock.now(),
      });
    },
  },

  "GET /repos/{owner}/{repo}/issues/{issue_number}/labels": {
    needs: needs.read,
    answer: (call) => page(call, labelsOf(call, issueOf(call))),
  },

  "POST /repos/{owner}/{repo}/issues/{issue_number}/labels": {
    needs: needs.write,
    answer(call) {
      const { hub, repo, body, caller } = call;
      const issue = issueOf(call);
      const labels = (Array.isArray(body) ? body : (body.labels as unknown[] | undefined)) ?? [];
      for (const label of labels) {
        const name = typeof label === "string" ? label : (label as { name: string }).name;
        if (issue.labels.has(name)) continue;
        addLabel(hub, repo, issue, name);
        labelled(call, issue, "labeled", name, userOf(caller));
      }
      return ok(labelsOf(call, issue));
    },
  },

  "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}": {
    needs: needs.write,
    answer(call) {
      const issue = issueOf(call);
      const name = call.params.name!;
      if (!issue.labels.delete(name)) throw new Refusal(404, "Label does not exist");
      labelled(call, issue, "unlabeled", name, userOf(call.caller));
      return ok(labelsOf(call, issue));
    },
  },

  "GET /repos/{owner}/{repo}/labels": {
    needs: needs.read,
    answer: (call) =>
      page(
        call,
        [...call.repo.labels.values()].map((label) => labelAnswer(call.hub, call.repo, label)),
      ),
  },

  "POST /repos/{owner}/{repo}/labels": {
    needs: needs.write,
    answer({ hub, repo, body }) {
      const name = String(body.name);
      if (repo.labels.has(name))
        throw new Refusal(422, "Validation Failed", {
          errors: [{ resource: "Label", code: "already_exists", field: "name" }],
        });
      const description = (body.description as string | undefined) ?? null;
      const label = { id: hub.nextId(), name, color: (body.color as string | undefined) ?? "ededed", description };
      repo.labels.set(name, label);
      return created(labelAnswer(hub, repo, label));
    },
  },
};

/** The next number, not yet in the repository's list. */
export function newIssue(
  hub: Hub,
  repo: Repo,
  { title, body, user }: { title: string; body: string | null; user: User },
): Issue {
  const now = hub.clock.now();
  return {
    id: hub.nextId(),
    number: repo.issues.size + 1,
    user,
    title,
    body,
    state: "open",
    stateReason: null,
    locked: false,
    labels: new Set(),
    assignees: new Set(),
    createdAt: now,
    updatedAt: now,
    closedAt: null,
  };
}

/** Put a label on; one that isn't there yet is made. */
export function addLabel(hub: Hub, repo: Repo, issue: Issue, name: string): void {
  if (!repo.labels.has(name)) repo.labels.set(name, { id: hub.nextId(), name, color: "ededed", description: null });
  issue.labels.add(name);
}

function labelled({ hub, repo, caller }: Call, issue: Issue, action: string, name: string, by: User): void {
  if (!isPull(issue)) return;
  const label = { name, color: repo.labels.get(name)?.color };
  const payload = { ...pullRequestPayload(hub, repo, issue, action, by), label };
  happened(hub, { name: "pull_request", repo, payload, startsWorkflows: caller.token?.kind !== "workflow" });
}

function labelsOf({ hub, repo }: Call, issue: Issue) {
  return [...issue.labels].map((name) => labelAnswer(hub, repo, repo.labels.get(name)!));
}

const issueOf = ({ repo, params }: Call): Issue => found(repo.issues.get(Number(params.issue_number)));
const commentOf = ({ repo, params }: Call): Comment => found(repo.comments.get(Number(params.comment_id)));

/** One's own words, or anybody's with write access: a workflow's token may edit what others said. */
function mayEdit({ repo, caller }: Call, author: User): void {
  if (
    userOf(caller) === author ||
    mayWrite(caller, repo, "issues:write") ||
    mayWrite(caller, repo, "pull-requests:write")
  )
    return;
  throw new Refusal(403, "Must have admin rights to Repository.");
}
