/** Deployments, and the environments they go to. */
import { nodeId } from "../answers/addresses.ts";
import { deploymentAnswer, deploymentStatusAnswer, environmentAnswer } from "../answers/deployments.ts";
import { atMost, type Call, created, found, type Operations, ok, page, Refusal } from "../call.ts";
import type { Deployment, Environment } from "../state.ts";
import { userOf } from "../tokens.ts";
import { checksOn } from "./checks.ts";
import { commitNamed } from "./repos.ts";

export const deployments: Operations = {
  "GET /repos/{owner}/{repo}/deployments": {
    needs: ["deployments:read"],
    answer(call) {
      const { hub, repo, query } = call;
      const wanted = ["sha", "ref", "task", "environment"] as const;
      const matching = [...repo.deployments.values()].filter((one) =>
        wanted.every((field) => !query[field] || query[field] === "none" || one[field] === query[field]),
      );
      return page(
        call,
        matching.reverse().map((one) => deploymentAnswer(hub, repo, one)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/deployments": {
    needs: ["deployments:write"],
    async answer({ hub, repo, body, caller }) {
      const ref = String(body.ref);
      const sha = await commitNamed(repo, ref);
      if (!sha) throw new Refusal(422, `No ref found for: ${ref}`);
      atMost(140, body.description, "Deployment", "description");
      // Unless told otherwise, GitHub wants every check of the commit green.
      const required = (body.required_contexts as string[] | undefined) ?? [...checksOn(repo, sha).keys()];
      const red = required.filter((context) => checksOn(repo, sha).get(context) !== "success");
      if (red.length > 0) throw new Refusal(409, `Conflict: Commit status checks failed for ${ref}.`);
      const environment = (body.environment as string | undefined) ?? "production";
      const deployment: Deployment = {
        id: hub.nextId(),
        sha,
        ref,
        task: (body.task as string | undefined) ?? "deploy",
        environment,
        production: (body.production_environment as boolean | undefined) ?? environment === "production",
        description: (body.description as string | undefined) ?? null,
        payload: body.payload ?? {},
        creator: userOf(caller),
        createdAt: hub.clock.now(),
        statuses: [],
      };
      repo.deployments.set(deployment.id, deployment);
      return created(deploymentAnswer(hub, repo, deployment));
    },
  },

  "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses": {
    needs: ["deployments:read"],
    answer(call) {
      const { hub, repo } = call;
      const deployment = deploymentOf(call);
      return page(
        call,
        deployment.statuses.toReversed().map((one) => deploymentStatusAnswer(hub, repo, deployment, one)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses": {
    needs: ["deployments:write"],
    answer(call) {
      const { hub, repo, body, caller } = call;
      const deployment = deploymentOf(call);
      atMost(140, body.description, "DeploymentStatus", "description");
      const state = String(body.state);
      const status = {
        id: hub.nextId(),
        state,
        description: (body.description as string | undefined) ?? "",
        environmentUrl: (body.environment_url as string | undefined) ?? "",
        logUrl: ((body.log_url ?? body.target_url) as string | undefined) ?? "",
        creator: userOf(caller),
        createdAt: hub.clock.now(),
      };
      deployment.statuses.push(status);
      // A success takes over from what was live in the same environment, unless people look at it directly.
      if (state === "success" && body.auto_inactive !== false) {
        for (const other of repo.deployments.values()) {
          const live = other.statuses.at(-1)?.state === "success";
          if (other === deployment || other.environment !== deployment.environment || !live || other.production)
            continue;
          other.statuses.push({ ...status, id: hub.nextId(), state: "inactive", description: "" });
        }
      }
      return created(deploymentStatusAnswer(hub, repo, deployment, status));
    },
  },

  "GET /repos/{owner}/{repo}/environments": {
    needs: ["actions:read"],
    answer(call) {
      const all = [...call.repo.environments.values()].map((one) => environmentAnswer(call.hub, call.repo, one));
      return page(call, all, (environments, total_count) => ({ total_count, environments }));
    },
  },

  "GET /repos/{owner}/{repo}/environments/{environment_name}": {
    needs: ["actions:read"],
    answer: (call) => ok(environmentAnswer(call.hub, call.repo, environmentOf(call))),
  },

  "PUT /repos/{owner}/{repo}/environments/{environment_name}": {
    needs: ["administration:write"],
    answer({ hub, repo, params, body }) {
      const name = params.environment_name!;
      const known = repo.environments.get(name);
      const policy = body.deployment_branch_policy as { custom_branch_policies: boolean } | null | undefined;
      const environment: Environment = {
        ...(known ?? { id: hub.nextId(), name, secrets: [], variables: {}, createdAt: hub.clock.now() }),
        branches: policy?.custom_branch_policies ? (known?.branches ?? []) : undefined,
        reviewers: ((body.reviewers as { id: number }[] | null | undefined) ?? []).flatMap(({ id }) =>
          [...hub.users.values()].filter((user) => user.id === id),
        ),
      };
      repo.environments.set(name, environment);
      return ok(environmentAnswer(hub, repo, environment));
    },
  },

  "POST /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies": {
    needs: ["administration:write"],
    answer(call) {
      const environment = environmentOf(call);
      const { id, branches } = environment;
      if (!branches) throw new Refusal(404, "Not Found");
      const name = String(call.body.name);
      call.repo.environments.set(environment.name, { ...environment, branches: [...branches, name] });
      const at = id * 10 + branches.length;
      return ok({ id: at, node_id: nodeId("GBP", at), name, type: "branch" });
    },
  },

  "GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies": {
    needs: ["actions:read"],
    answer(call) {
      const { id, branches } = environmentOf(call);
      if (!branches) throw new Refusal(404, "Not Found");
      const policies = branches.map((name, index) => ({
        id: id * 10 + index,
        node_id: nodeId("GBP", id * 10 + index),
        name,
        type: "branch",
      }));
      return page(call, policies, (branch_policies, total_count) => ({ total_count, branch_policies }));
    },
  },

  "GET /repos/{owner}/{repo}/environments/{environment_name}/secrets": {
    needs: ["environments:read"],
    evenPublic: true,
    answer(call) {
      const { secrets, createdAt } = environmentOf(call);
      const names = secrets.map((name) => ({ name, created_at: createdAt, updated_at: createdAt }));
      return page(call, names, (shown, total_count) => ({ total_count, secrets: shown }));
    },
  },

  "GET /repos/{owner}/{repo}/environments/{environment_name}/variables": {
    needs: ["environments:read"],
    evenPublic: true,
    answer(call) {
      const { variables, createdAt } = environmentOf(call);
      const all = Object.entries(variables).map(([name, value]) => ({
        name,
        value,
        created_at: createdAt,
        updated_at: createdAt,
      }));
      return page(call, all, (shown, total_count) => ({ total_count, variables: shown }));
    },
  },

  "GET /repos/{owner}/{repo}/actions/secrets": {
    needs: ["secrets:read"],
    evenPublic: true,
    answer(call) {
      const { secrets, createdAt } = call.repo;
      const names = [...secrets].map((name) => ({ name, created_at: createdAt, updated_at: createdAt }));
      return page(call, names, (shown, total_count) => ({ total_count, secrets: shown }));
    },
  },
};

const deploymentOf = ({ repo, params }: Call): Deployment => found(repo.deployments.get(Number(params.deployment_id)));
const environmentOf = ({ repo, params }: Call): Environment => found(repo.environments.get(params.environment_name!));
