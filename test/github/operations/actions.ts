/** Workflows, their runs and what runs leave behind. */
import { load } from "js-yaml";
import { artifactAnswer, runAnswer, workflowAnswer } from "../answers/actions.ts";
import { type Call, found, type Json, noContent, type Operations, ok, page, Refusal } from "../call.ts";
import { dispatchPayload, happened } from "../events.ts";
import type { Artifact, Hub, Repo, Run, Workflow } from "../state.ts";
import { userOf } from "../tokens.ts";
import { commitNamed } from "./repos.ts";

export const actions: Operations = {
  "GET /repos/{owner}/{repo}/actions/workflows": {
    needs: ["actions:read"],
    async answer(call) {
      const all = await workflowsOf(call.hub, call.repo);
      return page(
        call,
        all.map((one) => workflowAnswer(call.hub, call.repo, one)),
        (workflows, total_count) => ({ total_count, workflows }),
      );
    },
  },

  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}": {
    needs: ["actions:read"],
    answer: async (call) => ok(workflowAnswer(call.hub, call.repo, await workflowOf(call))),
  },

  "PUT /repos/{owner}/{repo}/actions/workflows/{workflow_id}/enable": {
    needs: ["actions:write"],
    async answer(call) {
      const workflow = await workflowOf(call);
      workflow.state = "active";
      workflow.enabledAt = call.hub.clock.now();
      return noContent;
    },
  },

  "PUT /repos/{owner}/{repo}/actions/workflows/{workflow_id}/disable": {
    needs: ["actions:write"],
    async answer(call) {
      (await workflowOf(call)).state = "disabled_manually";
      return noContent;
    },
  },

  "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches": {
    needs: ["actions:write"],
    async answer(call) {
      const { hub, repo, body, caller } = call;
      const workflow = await workflowOf(call);
      const ref = String(body.ref).replace(/^refs\/(heads|tags)\//, "");
      const sha = await commitNamed(repo, ref);
      if (!sha) throw new Refusal(422, `No ref found for: ${ref}`);
      if (workflow.state !== "active")
        throw new Refusal(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow");
      const inputs = await checkedInputs(
        repo,
        sha,
        workflow,
        (body.inputs as Record<string, string> | undefined) ?? {},
      );
      const file = workflow.path.split("/").at(-1)!;
      repo.dispatches.push({ workflow: file, ref, inputs, by: userOf(caller) });
      const payload = dispatchPayload(hub, repo, file, `refs/heads/${ref}`, inputs, userOf(caller));
      happened(hub, { name: "workflow_dispatch", repo, payload, startsWorkflows: true });
      return noContent;
    },
  },

  "POST /repos/{owner}/{repo}/dispatches": {
    needs: ["contents:write"],
    answer({ hub, repo, body }) {
      const payload = {
        action: body.event_type,
        client_payload: body.client_payload ?? {},
        branch: repo.defaultBranch,
      };
      happened(hub, { name: "repository_dispatch", repo, payload, startsWorkflows: true });
      return noContent;
    },
  },

  "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs": {
    needs: ["actions:read"],
    async answer(call) {
      const workflow = await workflowOf(call);
      const { event, head_sha: headSha, status, branch } = call.query;
      const matching = [...call.repo.runs.values()].filter(
        (run) =>
          run.workflow === workflow &&
          (!event || run.event === event) &&
          (!headSha || run.headSha === headSha) &&
          (!branch || run.headBranch === branch) &&
          (!status || run.status === status || run.conclusion === status),
      );
      const shown = await Promise.all(matching.reverse().map((run) => shownRun(call, run)));
      return page(call, shown, (workflow_runs, total_count) => ({ total_count, workflow_runs }));
    },
  },

  "GET /repos/{owner}/{repo}/actions/permissions/workflow": {
    needs: ["administration:read"],
    evenPublic: true,
    answer: ({ repo }) =>
      ok({ default_workflow_permissions: "read", can_approve_pull_request_reviews: repo.workflowsMayOpenPulls }),
  },

  "GET /repos/{owner}/{repo}/actions/runs/{run_id}": {
    needs: ["actions:read"],
    answer: async (call) => ok(await shownRun(call, runOf(call))),
  },

  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts": {
    needs: ["actions:read"],
    answer(call) {
      const run = runOf(call);
      return listArtifacts(
        call,
        [...call.repo.artifacts.values()].filter((one) => one.run === run),
      );
    },
  },

  "GET /repos/{owner}/{repo}/actions/artifacts": {
    needs: ["actions:read"],
    answer: (call) => listArtifacts(call, [...call.repo.artifacts.values()].reverse()),
  },

  "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}": {
    needs: ["actions:read"],
    answer: (call) => ok(artifactAnswer(call.hub, call.repo, artifactOf(call))),
  },

  "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}": {
    needs: ["actions:read"],
    evenPublic: true,
    answer(call) {
      const artifact = artifactOf(call);
      if (call.params.archive_format !== "zip") throw new Refusal(404, "Not Found");
      if (artifact.expired) throw new Refusal(410, "Artifact has expired");
      // A place that hands it out to whoever has the address, for a minute on GitHub.
      return {
        status: 302,
        headers: { location: `${call.hub.origin}/_blobs/artifacts/${call.repo.id}/${artifact.id}.zip` },
      };
    },
  },
};

/** The workflow files of the default branch, with what is known of each. */
export async function workflowsOf(hub: Hub, repo: Repo): Promise<Workflow[]> {
  const tip = await repo.git.resolve(`refs/heads/${repo.defaultBranch}`);
  const files = tip ? await repo.git.list(tip, { path: ".github/workflows/" }) : [];
  const known: Workflow[] = [];
  for (const { path, sha } of files.filter((file) => /\.ya?ml$/.test(file.path))) {
    const name = nameOf(await repo.git.text(["cat-file", "blob", sha]), path);
    const now = hub.clock.now();
    const unseen = { id: hub.nextId(), path, name, state: "active", createdAt: now, enabledAt: now } as const;
    const workflow = repo.workflows.get(path) ?? { ...unseen };
    repo.workflows.set(path, workflow);
    known.push(workflow);
  }
  return known;
}

/** Which of them run by the clock: those GitHub turns off when nobody has pushed for 60 days. */
export async function scheduledWorkflows(hub: Hub, repo: Repo): Promise<Workflow[]> {
  const all = await workflowsOf(hub, repo);
  const scheduled = await Promise.all(
    all.map(async ({ path }) => "schedule" in (await triggersOf(repo, `refs/heads/${repo.defaultBranch}`, path))),
  );
  return all.filter((_, index) => scheduled[index]);
}

function nameOf(text: string, path: string): string {
  const name = (load(text) as { name?: unknown } | undefined)?.name;
  return typeof name === "string" ? name : path;
}

async function triggersOf(repo: Repo, commit: string, path: string): Promise<Json> {
  const { on } = load(await repo.git.text(["cat-file", "blob", `${commit}:${path}`])) as { on?: unknown };
  if (typeof on === "string") return { [on]: null };
  if (Array.isArray(on)) return Object.fromEntries(on.map((name: string) => [name, null]));
  return (on as Json | undefined) ?? {};
}

/** @throws Refusal as GitHub does: no such trigger, an input the file doesn't name, one it demands. */
async function checkedInputs(repo: Repo, sha: string, { path }: Workflow, inputs: Record<string, string>) {
  const triggers = await triggersOf(repo, sha, path);
  if (!("workflow_dispatch" in triggers)) throw new Refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
  const trigger = triggers.workflow_dispatch as {
    inputs?: Record<string, { required?: boolean; default?: unknown }>;
  } | null;
  const named = trigger?.inputs ?? {};
  const unexpected = Object.keys(inputs).filter((name) => !Object.hasOwn(named, name));
  if (unexpected.length > 0) throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
  for (const [name, { required, default: fallback }] of Object.entries(named)) {
    if (required && inputs[name] === undefined && fallback === undefined)
      throw new Refusal(422, `Required input '${name}' not provided`);
  }
  const filled = Object.entries(named).map(([name, { default: fallback }]) => [
    name,
    inputs[name] ?? String(fallback ?? ""),
  ]);
  return Object.fromEntries(filled) as Record<string, string>;
}

async function workflowOf({ hub, repo, params }: Call): Promise<Workflow> {
  const wanted = params.workflow_id!;
  const all = await workflowsOf(hub, repo);
  return found(all.find(({ id, path }) => String(id) === wanted || path.split("/").at(-1) === wanted));
}

async function shownRun({ hub, repo }: Call, run: Run): Promise<Json> {
  const sha = await repo.git.resolve(run.headSha);
  return runAnswer(hub, repo, run, sha ? await repo.git.commitAt(sha) : undefined);
}

function listArtifacts(call: Call, all: readonly Artifact[]) {
  const named = all.filter(({ name }) => !call.query.name || name === call.query.name);
  const shown = named.map((one) => artifactAnswer(call.hub, call.repo, one));
  return page(call, shown, (artifacts, total_count) => ({ total_count, artifacts }));
}

const runOf = ({ repo, params }: Call): Run => found(repo.runs.get(Number(params.run_id)));
const artifactOf = ({ repo, params }: Call): Artifact => found(repo.artifacts.get(Number(params.artifact_id)));
