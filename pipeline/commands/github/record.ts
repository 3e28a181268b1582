/**
 * `github record`: the work after a publish, in a job that may write to the repository and has no secrets.
 *
 * The release is the newest one of the log whose tree.yaml is the one checked out, or the newest at all where that is a
 * rollback: another publisher may have been faster. `plan.json` is attached where a job before left one here.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { readProposal } from "../../cli/job/proposal.ts";
import { runPage } from "../../cli/job/run-page.ts";
import { withoutCommands } from "../../cli/job/workflow-commands.ts";
import type { Call } from "../../cli/verb.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { carOf } from "../../dag/car.ts";
import { commitAround, mergesByLine } from "../../disk/git.ts";
import { assetNames, notesOf, type ReleaseFacts } from "../../github/release/notes.ts";
import { type Asset, record as recordOnGitHub } from "../../github/release/record.ts";
import { type MergeOutcome, markStaleReports } from "../../github/report/stale-reports.ts";
import { type GitHub, openGitHub } from "../../github/run/client.ts";
import { mergeCommits } from "../../github/run/commits.ts";
import { setOutputs, writeSummary } from "../../github/run/outputs.ts";
import { publishedHead, releasesFrom } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import { readSides } from "../../stages/review/proposal.ts";
import { sourceOf } from "../../stages/tree/past.ts";
import { withoutData } from "../../stages/tree/without-data.ts";

export const record = (call: Call): Promise<number> => withoutCommands(call, recordHead);

async function recordHead(call: Call): Promise<number> {
  const { env, folder, out, world } = call;
  const github = await openGitHub(env, world);
  const campaign = await call.campaign();
  const sha = await commitAround(join(folder(), "tree.yaml"), world);
  if (sha === undefined) throw new Failure("input", `${folder()} is no checkout of the commit that was published`);
  const head = await releaseHere(folder(), campaign, world);
  const release = releaseFacts(head);
  const { number } = release;
  const [gateway] = campaign.facts.gateways;
  const run = runPage(env, github);
  const places = { page: github.page, ...(gateway !== undefined && { gateway }) };
  const assets = await assetsOf(head, campaign, call);
  const environment = "production";
  const options = { ...places, sha, environment, assets, ...(run !== undefined && { run }) };

  const { page, deployment, told } = await recordOnGitHub(release, options, github, world);
  // Reports on other pull requests were computed before this release.
  const outcome = (headSha: string) => mergeOutcome({ tip: sha, headSha }, github, call);
  if (env.GITHUB_REF_NAME) await markStaleReports({ branch: env.GITHUB_REF_NAME, tip: sha }, outcome, github, world);
  const pulls = told.map((pull) => `#${pull}`).join(", ");
  out.result(
    { event: "recorded", release: number, page, deployment, told },
    `release ${number} is recorded: ${page}${pulls === "" ? "" : `\n  commented on ${pulls}`}`,
  );
  await setOutputs(env, { release: String(number) });
  await writeSummary(env, `${notesOf(release, places)}\n\n[Release ${number}](${page})`);
  return 0;
}

/**
 * Merges both texts, and reads nothing else of the untrusted proposal, because this job may write. `undefined` where they
 * can't be merged: GitHub can't compare some commits.
 */
async function mergeOutcome(
  { tip, headSha }: { readonly tip: string; readonly headSha: string },
  github: GitHub,
  { cwd, world }: Call,
): Promise<MergeOutcome | undefined> {
  try {
    const { proposed } = await readProposal(await mergeCommits(tip, headSha, github), github, { cwd, world });
    const { conflicts, merged, texts } = readSides(proposed);
    return { conflicts, onlyTextual: merged !== undefined && (await mergesByLine(texts, world)) === false };
  } catch (error) {
    if (!isFailure(error)) throw error;
    world.log(`${headSha.slice(0, 7)} can't be merged here: ${error.message}`);
    return undefined;
  }
}

/** Most releases that other publishers may have created since the one published by this run. */
const mostSince = 20;

async function releaseHere(folder: string, campaign: Campaign, world: World): Promise<Head> {
  const head = await publishedHead(campaign.log, world);
  if (head.release.rollbackOf !== undefined) return head;
  const here = await readFile(join(folder, "tree.yaml"));
  let compared = 0;
  for await (const at of releasesFrom(head, campaign.log, world)) {
    if (compared++ === mostSince) break;
    if (here.equals(await sourceOf(at.release, campaign, world))) return at;
  }
  throw new Failure("conflict", `none of the last ${Math.min(compared, mostSince)} releases is of the tree.yaml here`, {
    hint: "check out the commit that was published, or publish this one",
  });
}

function releaseFacts({ cid, release }: Head): ReleaseFacts {
  const { number, root, portal, changes, rollbackOf, why } = release;
  return {
    number,
    head: cid.toString(),
    root: root.toString(),
    portal: portal.toString(),
    changes,
    ...(rollbackOf !== undefined && { rollbackOf }),
    ...(why !== undefined && { why }),
  };
}

async function assetsOf(head: Head, campaign: Campaign, { cwd, world }: Call): Promise<Asset[]> {
  const { tree, plan, car } = assetNames(head.release.number);
  const planned = await readFile(join(cwd, plan)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new Failure("input", `${shown(plan)} can't be read: ${error.code}`, { cause: error });
  });
  return [
    { name: tree, type: "application/yaml", bytes: () => sourceOf(head.release, campaign, world) },
    ...(planned ? [{ name: plan, type: "application/json", bytes: async () => planned }] : []),
    {
      name: car,
      type: "application/vnd.ipld.car",
      bytes: async () => {
        const parts: Uint8Array[] = [];
        for await (const part of carOf([head.cid], withoutData(head, campaign, world))) parts.push(part);
        return Buffer.concat(parts);
      },
    },
  ];
}
