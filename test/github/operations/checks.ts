/** Check runs with their annotations, and the older commit statuses beside them. */
import { apiOf } from "../answers/addresses.ts";
import { annotationAnswer, checkRunAnswer, statusAnswer } from "../answers/checks.ts";
import { shortRepoAnswer } from "../answers/repos.ts";
import { atMost, type Call, created, found, type Json, type Operations, ok, page, Refusal } from "../call.ts";
import type { Annotation, CheckRun, CommitStatus, Repo } from "../state.ts";
import { userOf } from "../tokens.ts";
import { commitNamed } from "./repos.ts";

const outputLimit = 65_535;
const annotationsAtOnce = 50;

export const checks: Operations = {
  "POST /repos/{owner}/{repo}/check-runs": {
    needs: ["checks:write"],
    async answer(call) {
      const { hub, repo, body } = call;
      appOnly(call);
      const headSha = await commitNamed(repo, String(body.head_sha));
      if (!headSha) throw new Refusal(422, `No commit found for SHA: ${body.head_sha}`);
      const run: CheckRun = {
        id: hub.nextId(),
        headSha,
        name: String(body.name),
        status: "queued",
        conclusion: null,
        startedAt: hub.clock.now(),
        completedAt: null,
        externalId: "",
        detailsUrl: null,
        title: null,
        summary: null,
        text: null,
        annotations: [],
      };
      change(call, run, body);
      repo.checkRuns.set(run.id, run);
      return created(checkRunAnswer(hub, repo, run));
    },
  },

  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}": {
    needs: ["checks:read"],
    answer: (call) => ok(checkRunAnswer(call.hub, call.repo, runOf(call))),
  },

  "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}": {
    needs: ["checks:write"],
    answer(call) {
      appOnly(call);
      const run = runOf(call);
      change(call, run, call.body);
      return ok(checkRunAnswer(call.hub, call.repo, run));
    },
  },

  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": {
    needs: ["checks:read"],
    answer(call) {
      const { headSha, annotations } = runOf(call);
      return page(
        call,
        annotations.map((one) => annotationAnswer(call.hub, call.repo, headSha, one)),
      );
    },
  },

  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs": {
    needs: ["checks:read"],
    async answer(call) {
      const { hub, repo, params, query } = call;
      const sha = await commitNamed(repo, params.ref!);
      const all = [...repo.checkRuns.values()].filter(
        (run) => run.headSha === sha && (!query.check_name || run.name === query.check_name),
      );
      // Of runs of one name, the newest, unless all are asked for.
      const newest = [...new Map(all.map((run) => [run.name, run])).values()];
      const runs = (query.filter === "all" ? all : newest).map((run) => checkRunAnswer(hub, repo, run));
      return page(call, runs, (check_runs, total_count) => ({ total_count, check_runs }));
    },
  },

  "POST /repos/{owner}/{repo}/statuses/{sha}": {
    needs: ["statuses:write"],
    async answer({ hub, repo, params, body, caller }) {
      const sha = params.sha!;
      if (!(await repo.git.resolve(sha))) throw new Refusal(422, `No commit found for SHA: ${sha}`);
      atMost(140, body.description, "Status", "description");
      const status: CommitStatus = {
        id: hub.nextId(),
        sha,
        state: body.state as CommitStatus["state"],
        context: (body.context as string | undefined) ?? "default",
        description: (body.description as string | undefined) ?? null,
        targetUrl: (body.target_url as string | undefined) ?? null,
        creator: userOf(caller),
        createdAt: hub.clock.now(),
      };
      if (repo.statuses.filter((one) => one.sha === sha && one.context === status.context).length >= 1000) {
        throw new Refusal(422, "Validation Failed", {
          errors: [
            {
              resource: "Status",
              code: "custom",
              message: "This SHA and context has reached the maximum number of statuses.",
            },
          ],
        });
      }
      repo.statuses.push(status);
      return created(statusAnswer(hub, repo, status));
    },
  },

  "GET /repos/{owner}/{repo}/commits/{ref}/status": {
    needs: ["statuses:read"],
    async answer({ hub, repo, params }) {
      const sha = found(await commitNamed(repo, params.ref!));
      const newest = [...statusesOn(repo, sha).values()];
      const bad = newest.some(({ state }) => state === "error" || state === "failure");
      const waiting = newest.length === 0 || newest.some(({ state }) => state === "pending");
      return ok({
        state: bad ? "failure" : waiting ? "pending" : "success",
        statuses: newest.map((status) => statusAnswer(hub, repo, status)),
        sha,
        total_count: newest.length,
        repository: shortRepoAnswer(hub, repo),
        commit_url: `${apiOf(hub, repo)}/commits/${sha}`,
        url: `${apiOf(hub, repo)}/commits/${sha}/status`,
      });
    },
  },
};

/** What each check and status on a commit says: `success`, or anything else. */
export function checksOn(repo: Repo, sha: string): Map<string, string> {
  const runs = [...repo.checkRuns.values()].filter(({ headSha }) => headSha === sha);
  const fine = ["success", "neutral", "skipped"];
  return new Map([
    ...runs.map(({ name, conclusion }): [string, string] => [
      name,
      fine.includes(conclusion ?? "") ? "success" : (conclusion ?? "pending"),
    ]),
    ...[...statusesOn(repo, sha)].map(([context, { state }]): [string, string] => [context, state]),
  ]);
}

/** The newest of each context. */
function statusesOn(repo: Repo, sha: string): Map<string, CommitStatus> {
  return new Map(repo.statuses.filter((status) => status.sha === sha).map((status) => [status.context, status]));
}

function runOf({ repo, params }: Call): CheckRun {
  return found(repo.checkRuns.get(Number(params.check_run_id)));
}

/** Checks belong to apps; a person's token may not make one. */
function appOnly({ caller }: Call): void {
  if (caller.token?.kind !== "workflow") throw new Refusal(403, "You must authenticate via a GitHub App.");
}

function change({ hub }: Call, run: CheckRun, body: Json): void {
  if (typeof body.name === "string") run.name = body.name;
  if (typeof body.external_id === "string") run.externalId = body.external_id;
  if (typeof body.details_url === "string") run.detailsUrl = body.details_url;
  if (typeof body.started_at === "string") run.startedAt = body.started_at;
  if (typeof body.status === "string") run.status = body.status;
  if (body.status === "completed" && body.conclusion === undefined)
    throw new Refusal(422, `Invalid request.\n\n"conclusion" wasn't supplied.`);
  if (typeof body.conclusion === "string") {
    run.conclusion = body.conclusion;
    run.status = "completed";
    run.completedAt = (body.completed_at as string | undefined) ?? hub.clock.now();
  }
  const output = body.output as
    | { title?: string; summary?: string; text?: string; annotations?: Annotation[] }
    | undefined;
  if (!output) return;
  atMost(outputLimit, output.summary, "CheckRun", "summary");
  atMost(outputLimit, output.text, "CheckRun", "text");
  const { annotations = [] } = output;
  if (annotations.length > annotationsAtOnce) {
    throw new Refusal(
      422,
      `Invalid request.\n\nNo more than ${annotationsAtOnce} items are allowed; ${annotations.length} were supplied.`,
    );
  }
  run.title = output.title ?? run.title;
  run.summary = output.summary ?? run.summary;
  run.text = output.text ?? run.text;
  run.annotations.push(...annotations);
}
