/** What stands beside a commit: check runs, and statuses, which are older. */
import type { Json } from "../call.ts";
import { type Annotation, type CheckRun, type CommitStatus, type Hub, isPull, type Repo } from "../state.ts";
import { apiOf, nodeId, pageOf } from "./addresses.ts";
import { actionsApp, userAnswer } from "./people.ts";
import { pullInShort } from "./pulls.ts";

export function checkRunAnswer(hub: Hub, repo: Repo, run: CheckRun): Json {
  const url = `${apiOf(hub, repo)}/check-runs/${run.id}`;
  const page = `${pageOf(hub, repo)}/runs/${run.id}`;
  const pulls = [...repo.issues.values()].filter(isPull);
  const concerned = pulls.filter(({ state, pull }) => state === "open" && pull.head.sha === run.headSha);
  return {
    id: run.id,
    node_id: nodeId("CR", run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    name: run.name,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: repo.id },
    app: actionsApp(hub),
    // A fork's pull requests are not named: the check may not tell one repository of another.
    pull_requests: concerned.filter(({ pull }) => pull.head.repo === repo).map((pull) => pullInShort(hub, repo, pull)),
  };
}

export function annotationAnswer(hub: Hub, repo: Repo, headSha: string, annotation: Annotation): Json {
  return {
    start_column: null,
    end_column: null,
    title: null,
    raw_details: null,
    ...annotation,
    blob_href: `${pageOf(hub, repo)}/blob/${headSha}/${annotation.path}`,
  };
}

export function statusAnswer(hub: Hub, repo: Repo, status: CommitStatus): Json {
  return {
    id: status.id,
    node_id: nodeId("SC", status.id),
    url: `${apiOf(hub, repo)}/statuses/${status.sha}`,
    avatar_url: `${hub.origin}/avatars/u/${status.creator.id}`,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    creator: userAnswer(hub, status.creator),
  };
}
