/** Deployments on GitHub: one for each release, with its address. The newest one is active. */
import { Failure } from "../../core/failure.ts";
import { isRecord, jsonIn } from "../../core/json.ts";
import { countsOf } from "../../core/report/report.ts";
import type { World } from "../../core/world.ts";
import { type GitHub, repeatable } from "../run/client.ts";
import { createIfAbsent } from "../run/create-if-absent.ts";
import { addressOf, type ReleaseFacts, type ReleaseLinks } from "./notes.ts";

export interface LiveOptions extends Pick<ReleaseLinks, "gateway"> {
  /** The commit of the default branch that was published. */
  readonly sha: string;
  /** `production` */
  readonly environment: string;
  /** Page of this workflow run, where there is one. */
  readonly run?: string;
}

/** Marks `release` as the active deployment and earlier ones as inactive. Resolves to the deployment's id. */
export async function recordDeployment(
  release: ReleaseFacts,
  live: LiveOptions,
  github: GitHub,
  world: World,
): Promise<number> {
  const id = await deploymentOf(release, live, github, world);
  await succeeded(id, release, live, github, world);
  await retire(release, live.environment, github);
  return id;
}

/** Most characters of a deployment's description. */
const longestDescription = 140;

async function deploymentOf(
  { head, number, root, portal, changes }: ReleaseFacts,
  { sha, environment }: LiveOptions,
  github: GitHub,
  world: World,
): Promise<number> {
  const find = async () => {
    const all = await github.all("listing deployments", (rest, at) =>
      rest.repos.listDeployments({ ...at, sha, environment }),
    );
    return all.find(({ payload }) => inPayload(payload).head === head);
  };
  const create = async () => {
    const created = await github.ask<{ readonly id?: number; readonly message?: string }>(
      "making the deployment",
      (rest, place) =>
        rest.repos.createDeployment({
          ...place,
          ref: sha,
          environment,
          description: `release ${number}: ${countsOf({ changes })}`.slice(0, longestDescription),
          payload: { release: number, head, root, portal },
          auto_merge: false,
          // The release is live already, so the state of checks must not prevent its deployment.
          required_contexts: [],
          production_environment: true,
        }),
    );
    // No id with 202: GitHub merged branches instead, in spite of `auto_merge: false`.
    if (created.id !== undefined) return { id: created.id };
    throw new Failure("refused", `GitHub created no deployment of ${sha}: ${created.message ?? "no reason given"}`);
  };
  const { id } = await createIfAbsent<{ readonly id: number }>({ find, create }, world);
  return id;
}

async function succeeded(
  deployment_id: number,
  { number, portal }: ReleaseFacts,
  live: LiveOptions,
  github: GitHub,
  world: World,
): Promise<void> {
  const address = addressOf(portal, live);
  const find = async () => {
    const all = await github.all("reading the deployment", (rest, at) =>
      rest.repos.listDeploymentStatuses({ ...at, deployment_id }),
    );
    return all.find(({ state }) => state === "success" || state === "inactive");
  };
  const create = () =>
    github.ask("marking it as live", (rest, place) =>
      rest.repos.createDeploymentStatus({
        ...place,
        deployment_id,
        state: "success",
        description: `release ${number} is live`,
        ...(address !== undefined && { environment_url: address }),
        ...(live.run !== undefined && { log_url: live.run }),
      }),
    );
  await createIfAbsent({ find, create }, world);
}

/** Most deployments checked, newest first. */
const mostRetired = 100;

/**
 * Marks earlier deployments as inactive. GitHub does so automatically, except in an environment named production.
 *
 * @see https://docs.github.com/rest/deployments/statuses#create-a-deployment-status, `auto_inactive`
 */
async function retire({ number }: ReleaseFacts, environment: string, github: GitHub): Promise<void> {
  const all = await github.all(
    "listing deployments",
    (rest, at) => rest.repos.listDeployments({ ...at, environment }),
    mostRetired,
  );
  for (const { id: deployment_id, payload } of all) {
    const { release } = inPayload(payload);
    if (typeof release !== "number" || release >= number) continue;
    const [newest] = await github.ask("reading the deployment before", (rest, place) =>
      rest.repos.listDeploymentStatuses({ ...place, deployment_id, per_page: 1 }),
    );
    // The run that marked this one as inactive has marked all earlier ones.
    if (newest?.state === "inactive") return;
    if (newest?.state !== "success") continue;
    const description = `followed by release ${number}`;
    await github.ask("marking the one before as not live", (rest, place) =>
      rest.repos.createDeploymentStatus({ ...place, deployment_id, state: "inactive", description, ...repeatable }),
    );
  }
}

/** Parses the payload, which GitHub returns as text or as a value, depending on how it was sent. */
function inPayload(payload: unknown): { readonly head?: unknown; readonly release?: unknown } {
  const value = typeof payload === "string" ? jsonIn(payload) : payload;
  return isRecord(value) ? value : {};
}
