/**
 * Examines the GitHub settings that a campaign needs.
 *
 * It only reads. A missing setting is reported with the page or command that sets it. A setting that the token may not read
 * is reported as `unseen`, with the permission that the token needs, never as good.
 */
import type { CampaignConfig } from "../../../core/campaign/campaign.ts";
import { endpointsLabel } from "../../../core/campaign/endpoints.ts";
import { secretNames } from "../../../core/campaign/secrets.ts";
import type { World } from "../../../core/world.ts";
import type { GitHub, Rest } from "../../run/client.ts";
import { type Diagnosis, good, unlessUnseen } from "./diagnosis.ts";
import { environmentOf, production } from "./environment.ts";
import { rulesOf } from "./rules.ts";

export interface RepositorySetup {
  readonly config: CampaignConfig;
  /** Text of the local `.github/workflows/publish.yml`; `undefined` where there is none. */
  readonly publishing: string | undefined;
}

/** Returns every setting, in the order in which an operator sets them up. */
export async function examine(setup: RepositorySetup, github: GitHub, world: World): Promise<readonly Diagnosis[]> {
  const { config } = setup;
  const { owner, repo } = github.place;
  const repository = await github.ask(`reading ${owner}/${repo}`, (rest, place) => rest.repos.get({ ...place }));
  const branch = repository.default_branch;
  const parts = [
    tokenOf(repository),
    visibilityOf(repository),
    branchOf(branch, github),
    campaignOf(config),
    await unlessUnseen("environment", () => environmentOf(branch, github)),
    await unlessUnseen("secrets", () => secretsOf(setup, github)),
    await unlessUnseen("rules", () => rulesOf(branch, config, github)),
    await unlessUnseen("pull requests", () => pullRequestsOf(github)),
    await unlessUnseen("workflows", () => workflowsOf(github)),
    await unlessUnseen("clock", () => clockOf(github, world)),
    await unlessUnseen("log", () => logOf(config, github)),
    await unlessUnseen("label", () => labelsOf(config, github)),
  ];
  return parts.flat();
}

type Repository = Awaited<ReturnType<Rest["repos"]["get"]>>["data"];

function tokenOf({ permissions }: Repository): Diagnosis[] {
  if (permissions?.admin) return [good("token", "of an administrator: can read all that is asked here")];
  const how = "run it with a token of an administrator: GITHUB_TOKEN=$(gh auth token) fieldtree doctor";
  return [{ of: "token", is: "unseen", says: "not an administrator's: names of secrets can't be read", how }];
}

/** Jobs without secrets read the log by git without credentials, which requires a public repository. */
function visibilityOf({ private: hidden }: Repository): Diagnosis[] {
  if (!hidden) return [];
  const says = "is private: jobs without credentials can't read the release log by git";
  const how = "make it public, or set persist-credentials: true where a workflow checks out";
  return [{ of: "repository", is: "missing", says, how }];
}

function branchOf(branch: string, { page }: GitHub): Diagnosis[] {
  if (branch === "main") return [good("default branch", "main")];
  const says = `is ${branch}, and the workflows publish main`;
  return [{ of: "default branch", is: "missing", says, how: `rename it: ${page}/settings` }];
}

/** Reports settings of campaign.yaml that work on a laptop, and not on a runner, whose disk and network end with the job. */
function campaignOf({ node, pins, gateways, log }: CampaignConfig): Diagnosis[] {
  const of = "campaign.yaml";
  const found: Diagnosis[] = [];
  const lacks = (says: string, how: string) => found.push({ of, is: "missing", says, how });
  if (node.kind === "embedded" && pins.services.length === 0) {
    lacks(
      "no service pins what is published: a runner's disk is gone with the job",
      "name a service under pins:, or a Kubo",
    );
  }
  if (node.kind === "embedded" && gateways.length === 0) {
    lacks("there is nowhere to fetch data from", 'gateways: ["https://ipfs.io"], or one of your own');
  }
  for (const api of [node, ...pins.services].flatMap((one) => ("api" in one ? [one.api] : []))) {
    if (isLoopback(api)) lacks(`${api} is a runner's own machine, and nothing is there`, "give the address others use");
  }
  if (log.kind === "local") lacks("the log of releases is on a disk", "log: { kind: git } puts it on a branch");
  return found.length > 0 ? found : [good(of, "can be published from anywhere")];
}

const isLoopback = (url: string): boolean => /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);

async function secretsOf({ config, publishing }: RepositorySetup, github: GitHub): Promise<Diagnosis[]> {
  const accepted = secretNames(config);
  const found = secretsInWorkflow(accepted, publishing);
  if (accepted.length === 0) return [...found, good("secrets", "campaign.yaml names none")];
  const [here, everywhere] = [
    await github.find("listing the environment's secrets", (rest, place) =>
      rest.actions.listEnvironmentSecrets({ ...place, environment_name: production, per_page: 100 }),
    ),
    await github.ask("listing the repository's secrets", (rest, place) =>
      rest.actions.listRepoSecrets({ ...place, per_page: 100 }),
    ),
  ].map((listed) => new Set(listed?.secrets.map(({ name }) => name)));
  const { owner, repo } = github.place;
  for (const name of accepted) {
    const of = `secret ${name}`;
    const how = `gh secret set ${name} --env ${production} --repo ${owner}/${repo}`;
    if (everywhere!.has(name)) {
      const says = "is the repository's: any workflow on any branch can read it";
      found.push({ of, is: "unwise", says, how: `${how}, then gh secret delete ${name} --repo ${owner}/${repo}` });
    } else if (here!.has(name)) found.push(good(of, `is set in ${production}`));
    else found.push({ of, is: "missing", says: `is not set in ${production}`, how });
  }
  return found;
}

/** Compares the secrets passed to the publishing step with those that campaign.yaml names: both lists must be equal. */
function secretsInWorkflow(accepted: readonly string[], publishing: string | undefined): Diagnosis[] {
  const of = "publish.yml";
  if (publishing === undefined) return [];
  const given = new Set([...publishing.matchAll(/\bsecrets\.([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name!));
  const lacking = accepted.filter((name) => !given.has(name));
  const extra = [...given].filter((name) => !accepted.includes(name));
  const lines = lacking.map((name) => `${name}: $\{{ secrets.${name} }}`);
  return [
    ...lacking.map((name, i): Diagnosis => {
      const says = `does not hand ${name} to the step that publishes`;
      return { of, is: "missing", says, how: `below env: of that step, ${lines[i]}` };
    }),
    ...extra.map((name): Diagnosis => {
      const says = `hands over ${name}, which campaign.yaml does not name`;
      return { of, is: "unwise", says, how: "take the line out" };
    }),
  ];
}

/** Checks that workflows may open pull requests, because a rollback opens one. */
async function pullRequestsOf(github: GitHub): Promise<Diagnosis[]> {
  const of = "pull requests";
  const may = await github.ask("reading what workflows may do", (rest, place) =>
    rest.actions.getGithubActionsDefaultWorkflowPermissionsRepository({ ...place }),
  );
  if (may.can_approve_pull_request_reviews) return [good(of, "workflows may open them: a rollback does")];
  const how = `${github.page}/settings/actions: allow GitHub Actions to create pull requests`;
  return [{ of, is: "missing", says: "workflows may not open them, and a rollback has to", how }];
}

/** Required workflows by file name, and the work that is not done without them. */
const needed: Readonly<Record<string, string>> = {
  "plan.yml": "pull requests are not planned",
  "plan-report.yml": "plans are not posted to pull requests",
  "publish.yml": "merges are not published",
  "verify.yml": "what is live is not verified",
  "ci.yml": "changed workflows are not checked",
};

async function workflowsOf(github: GitHub): Promise<Diagnosis[]> {
  const { workflows } = await github.ask("listing workflows", (rest, place) =>
    rest.actions.listRepoWorkflows({ ...place, per_page: 100 }),
  );
  return Object.entries(needed).map(([file, without]) => {
    const of = `workflow ${file}`;
    const known = workflows.find(({ path }) => path === `.github/workflows/${file}`);
    if (!known) {
      const how = "fieldtree init --actions OWNER/REPO@SHA writes it; commit and push it";
      return { of, is: "missing", says: `is not there: ${without}`, how };
    }
    if (known.state === "active") return good(of, "is enabled");
    const why = known.state === "disabled_inactivity" ? "after 60 days without a commit" : `(${known.state})`;
    return {
      of,
      is: "missing",
      says: `is disabled ${why}: ${without}`,
      how: `gh workflow enable ${file}, or fieldtree doctor --fix`,
      fix: enable(file),
    };
  });
}

const enable = (file: string) => async (github: GitHub) => {
  await github.ask(`enabling ${file}`, (rest, place) => rest.actions.enableWorkflow({ ...place, workflow_id: file }));
};

/** Days. The workflow runs every hour, and GitHub may skip some runs. */
const longestPause = 3;

async function clockOf(github: GitHub, world: World): Promise<Diagnosis[]> {
  const of = "clock";
  const runs = await github.find("listing the runs of verify.yml", (rest, place) =>
    rest.actions.listWorkflowRuns({ ...place, workflow_id: "verify.yml", per_page: 1 }),
  );
  // workflowsOf reports that the workflow is missing.
  if (!runs) return [];
  const [last] = runs.workflow_runs;
  const how = "gh workflow run verify.yml";
  if (!last) return [{ of, is: "unwise", says: "verify.yml has not run yet", how }];
  const days = Math.floor((world.now().getTime() - Date.parse(last.created_at)) / 86_400_000);
  if (days <= longestPause) return [good(of, `verify.yml last ran at ${last.created_at}`)];
  const says = `verify.yml last ran ${days} days ago: the campaign is not verified`;
  return [{ of, is: "missing", says, how, fix: enable("verify.yml") }];
}

async function logOf({ log }: CampaignConfig, github: GitHub): Promise<Diagnosis[]> {
  if (log.kind === "local") return [];
  const of = `branch ${log.branch}`;
  const known = await github.find("searching for the log's branch", (rest, place) =>
    rest.repos.getBranch({ ...place, branch: log.branch }),
  );
  return [good(of, known ? "is there, with the log of releases" : "comes with the first release")];
}

async function labelsOf({ review }: CampaignConfig, github: GitHub): Promise<Diagnosis[]> {
  const known = await github.all("listing labels", (rest, at) => rest.issues.listLabelsForRepo({ ...at }));
  const names = new Set(known.map(({ name }) => name.toLowerCase()));
  const uses = [
    {
      label: review.label,
      may: "remove much",
      description: "This pull request may remove many paths, or a whole folder",
    },
    {
      label: endpointsLabel,
      may: "change campaign.yaml's endpoints",
      description: "This pull request may change where data, secrets and announcements go",
    },
  ];
  return uses.map(({ label, may, description }) => {
    const of = `label ${label}`;
    if (names.has(label.toLowerCase())) return good(of, "is there");
    return {
      of,
      is: "missing",
      says: `is not there: no one can allow a pull request to ${may}`,
      how: `gh label create ${JSON.stringify(label)}, or fieldtree doctor --fix`,
      fix: async (github) => {
        await github.ask("making the label", (rest, place) =>
          rest.issues.createLabel({ ...place, name: label, color: "d93f0b", description }),
        );
      },
    };
  });
}
