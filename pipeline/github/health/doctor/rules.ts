/** Branch rules that the default branch needs, and those that the log's branches must not have. */
import type { CampaignConfig } from "../../../core/campaign/campaign.ts";
import type { GitHub } from "../../run/client.ts";
import { type Diagnosis, good } from "./diagnosis.ts";

/**
 * Checks that a merge should require, in a merge queue too: the commit status, which only the default branch's code computes,
 * or the job of plan.yml. A pull request can rewrite that job to pass, and the job passes data whose address only the
 * publisher has.
 */
const verdicts = ["fieldtree", "plan"];

/** A branch's rulesets, and its older branch protection, which non-administrators can read only in part. */
interface Rules {
  readonly types: ReadonlySet<string>;
  readonly checks: readonly string[];
}

export async function rulesOf(branch: string, { log }: CampaignConfig, github: GitHub): Promise<Diagnosis[]> {
  const how = `${github.page}/settings/rules`;
  const { types, checks } = await rulesOn(branch, github);
  const found: Diagnosis[] = [];
  if (types.has("pull_request")) found.push(good(`rules of ${branch}`, "changes come by pull request"));
  else {
    const says = "anyone who may push can publish without a pull request";
    found.push({ of: `rules of ${branch}`, is: "missing", says, how: `${how}: require a pull request` });
  }
  const of = "required check";
  const required = verdicts.find((verdict) => checks.includes(verdict));
  if (required !== undefined) found.push(good(of, `${required} must be green before a merge`));
  else {
    const says = "a merge does not wait for plan";
    const choice = "require the check plan, or fieldtree, which no workflow of a pull request's own can report";
    found.push({ of, is: "missing", says, how: `${how}: ${choice}` });
  }
  if (!types.has("non_fast_forward")) {
    const says = `${branch} takes them, and releases come from its history`;
    found.push({ of: "force pushes", is: "unwise", says, how: `${how}: block force pushes` });
  }
  if (log.kind === "local") return found;
  for (const name of [log.branch, `${log.branch}-lease`]) {
    const hindrance = [...(await rulesOn(name, github)).types].find((type) => hinders(type, name));
    if (hindrance === undefined) continue;
    const says = `its rule “${hindrance}” prevents the publisher from writing it`;
    found.push({ of: `branch ${name}`, is: "missing", says, how: `${how}: leave ${name} out of it` });
  }
  return found;
}

/** Whether a rule hinders fieldtree: it only appends to the log's branch, and creates and deletes the lease's branch. */
function hinders(type: string, branch: string): boolean {
  const never = ["pull_request", "required_status_checks", "required_signatures", "update", "creation", "merge_queue"];
  return never.includes(type) || (branch.endsWith("-lease") && ["deletion", "non_fast_forward"].includes(type));
}

async function rulesOn(branch: string, github: GitHub): Promise<Rules> {
  const rules = await github.all(`reading the rules of ${branch}`, (rest, at) =>
    rest.repos.getBranchRules({ ...at, branch }),
  );
  const known = await github.find(`reading ${branch}`, (rest, place) => rest.repos.getBranch({ ...place, branch }));
  const older = known?.protected && rules.length === 0;
  const contexts = rules.flatMap((rule) =>
    rule.type === "required_status_checks"
      ? (rule.parameters?.required_status_checks ?? []).map(({ context }) => context)
      : [],
  );
  return {
    // Older branch protection forbids forced pushes and usually also pushes without a pull request.
    types: new Set([...rules.map(({ type }) => type), ...(older ? ["pull_request", "non_fast_forward"] : [])]),
    checks: [...contexts, ...(known?.protection?.required_status_checks?.contexts ?? [])],
  };
}
