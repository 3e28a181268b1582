/** The environment with the secrets, to which only the default branch may deploy. */
import type { GitHub, Rest } from "../../run/client.ts";
import { type Diagnosis, good } from "./diagnosis.ts";

export const production = "production";

export async function environmentOf(branch: string, github: GitHub): Promise<Diagnosis[]> {
  const of = `environment ${production}`;
  const how = `${github.page}/settings/environments: ${production}, deployment branches: selected, ${branch}; or fieldtree doctor --fix`;
  const known = await github.find("reading the environment", (rest, place) =>
    rest.repos.getEnvironment({ ...place, environment_name: production }),
  );
  if (!known) {
    const says = "is not there: secrets have no place of their own, and publishing has none";
    return [{ of, is: "missing", says, how, fix: restricted(branch) }];
  }
  const policy = known.deployment_branch_policy;
  if (policy?.protected_branches) return [good(of, "only protected branches may enter it")];
  if (!policy) {
    const says = "can be entered from every branch, so anyone who may push one can read its secrets";
    return [{ of, is: "missing", says, how, fix: restricted(branch) }];
  }
  const { branch_policies } = await github.ask("reading who may enter the environment", (rest, place) =>
    rest.repos.listDeploymentBranchPolicies({ ...place, environment_name: production, per_page: 100 }),
  );
  const names = branch_policies.map(({ name = "" }) => name);
  if (!names.includes(branch)) {
    const says = `can't be entered from ${branch}: publishing would wait for ever`;
    return [{ of, is: "missing", says, how, fix: restricted(branch) }];
  }
  const others = names.filter((name) => name !== branch);
  if (others.length === 0) return [good(of, `only ${branch} may enter it`)];
  return [{ of, is: "unwise", says: `can also be entered from ${others.join(", ")}`, how }];
}

const restricted = (branch: string) => async (github: GitHub) => {
  const at = { environment_name: production };
  const known = await github.find("reading the environment", (rest, place) =>
    rest.repos.getEnvironment({ ...place, ...at }),
  );
  await github.ask("restricting the environment", (rest, place) =>
    rest.repos.createOrUpdateEnvironment({
      ...place,
      ...at,
      ...(known && protectionOf(known)),
      deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
    }),
  );
  const { branch_policies } = await github.ask("reading who may enter the environment", (rest, place) =>
    rest.repos.listDeploymentBranchPolicies({ ...place, ...at, per_page: 100 }),
  );
  if (branch_policies.some(({ name }) => name === branch)) return;
  await github.ask(`letting ${branch} enter the environment`, (rest, place) =>
    rest.repos.createDeploymentBranchPolicy({ ...place, ...at, name: branch }),
  );
};

type Known = Awaited<ReturnType<Rest["repos"]["getEnvironment"]>>["data"];

/** Returns the environment's other protection rules, because GitHub's PUT resets every rule that the request omits. */
function protectionOf({ protection_rules = [] }: Known) {
  const allowed: {
    wait_timer?: number;
    reviewers?: { type: "User" | "Team"; id: number }[];
    prevent_self_review?: boolean;
  } = {};
  for (const rule of protection_rules) {
    if ("wait_timer" in rule && rule.wait_timer !== undefined) allowed.wait_timer = rule.wait_timer;
    if (!("reviewers" in rule)) continue;
    if (rule.prevent_self_review !== undefined) allowed.prevent_self_review = rule.prevent_self_review;
    allowed.reviewers = (rule.reviewers ?? []).flatMap(({ type, reviewer }) =>
      type && reviewer?.id !== undefined ? [{ type, id: reviewer.id }] : [],
    );
  }
  return allowed;
}
