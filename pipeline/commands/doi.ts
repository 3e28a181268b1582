/** `doi`: registers the DOI of a dataset at DataCite, and notes it in dois.yaml. */

import { join } from "node:path";
import type { Campaign } from "../campaign/campaign.ts";
import { type DoiSettings, doiSettings, doisIn, saveDois } from "../campaign/dois.ts";
import { datasetAt } from "../cli/address/dataset-at.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { sameDoi } from "../core/datacite/doi.ts";
import type { Dois } from "../core/datacite/dois.ts";
import { recordOf } from "../core/datacite/record.ts";
import { objectionsTo } from "../core/datacite/rules.ts";
import { recordXml } from "../core/datacite/xml.ts";
import { Failure } from "../core/failure.ts";
import { datasetPage } from "../core/stac/names.ts";
import { shown } from "../core/text/shown.ts";
import { treePathIn } from "../core/tree/names.ts";
import type { World } from "../core/world.ts";
import { lock } from "../disk/lock.ts";
import { changeDoi } from "../stages/dois/change-doi.ts";
import { type DoiAction, type DoiTarget, doiActions, planDoi, subjectOf } from "../stages/dois/plan.ts";
import { firstPublished } from "../stages/tree/first-published.ts";

export const doi: Verb = {
  args: "<action> <path>",
  flags: [["--dry-run", "print what would be registered, as DataCite's XML, without any request"]],
  about: `ACTION is draft, register, publish or update; PATH is a dataset in the tree.
  draft     reserves a DOI, which does not resolve yet
  register  makes it resolve
  publish   makes it findable as well: it is in DataCite's index, and can't be undone
  update    sends the metadata as they are now
Each begins with what the ones before it do, where that is not done. A DOI is for one version: data that changed get a new one, and the two
name each other. The landing page is the portal's page of the dataset, so the data must be published before anything resolves.
campaign.yaml names the prefix, the account, and the environment variable with its password:
  doi: { prefix: "10.83333", repository: TIB.ORCESTRA, password: DATACITE_PASSWORD }
The DOI is noted in dois.yaml: commit it. The next \`fieldtree publish\` shows it in the portal.`,
  completes: ["tree"],
  example: "fieldtree doi publish products/HALO/radar.zarr --dry-run",

  async run(call) {
    const [action, path] = call.args as [string, string];
    if (!isAction(action)) {
      throw new Failure("input", `doi ${shown(action)}: there is only ${doiActions.join(", ")}`);
    }
    const campaign = await call.campaign();
    if (call.flags.dryRun === true) return dryRun(action, path, campaign, call);
    const acquired = await lock(join(campaign.state, "dois.lock"), `doi ${action}`);
    try {
      return await registered(action, path, campaign, call);
    } finally {
      await acquired.release();
    }
  },
};

const isAction = (word: string): word is DoiAction => (doiActions as readonly string[]).includes(word);

async function registered(
  action: DoiAction,
  path: string,
  campaign: Campaign,
  { out, env, world }: Call,
): Promise<number> {
  const settings = await doiSettings(campaign.folder, env);
  const { prefix } = settings;
  const registry = await settings.registry();
  // Read again under the lock: another run may have noted a DOI meanwhile.
  const dois = await doisIn(campaign.folder);
  const { target, isLive } = await targetAt(path, campaign, settings, dois, world);
  if (!isLive && action !== "draft" && action !== "update") {
    throw new Failure(
      "input",
      `${shown(path, 200)} is not published as it is now, so its landing page would not have it`,
      {
        hint: "fieldtree publish first",
      },
    );
  }
  const save = (next: Dois) => saveDois(campaign.folder, next);
  const { entry, changed } = await changeDoi(action, target, { prefix, registry, dois, save }, world);
  const { doi, cid, state } = entry;
  out.result(
    { action, path: target.path, doi, cid, state, url: target.url, changed },
    `https://doi.org/${printable(doi)}  ${state}${changed ? "" : ", nothing to do"}  ${printable(target.path)}`,
  );
  return 0;
}

/** What would be registered, by campaign.yaml and dois.yaml alone. */
async function dryRun(action: DoiAction, path: string, campaign: Campaign, { out, env, world }: Call): Promise<number> {
  const settings = await doiSettings(campaign.folder, env);
  const dois = await doisIn(campaign.folder);
  const { target } = await targetAt(path, campaign, settings, dois, world);
  const subject = subjectOf(action, target, dois, settings.prefix);
  const { doi, entry } = subject;
  const remote = entry && { ...entry, cids: [entry.cid], relatedIdentifiers: [] };
  const steps = planDoi(action, target, subject, { remote });
  const record = steps.flatMap((step) => (step.do === "relate" ? [] : [step.record]))[0];
  const objections = record ? objectionsTo(record) : [];
  const done = steps.flatMap((step) =>
    step.do === "relate" ? [] : [`${step.do} ${doi}${step.event ? `, ${step.event}` : ""}`],
  );
  const lines = [
    ...(done.length > 0 ? done : [`${doi} is ${entry?.state}: nothing to do`]),
    `landing page ${target.url}`,
    ...objections.map((objection) => `error: ${objection}`),
    ...(record ? [recordXml(record).trimEnd()] : []),
  ];
  out.result(
    {
      action,
      path: target.path,
      doi,
      cid: target.cid,
      url: target.url,
      dryRun: true,
      record: record ?? null,
      objections,
    },
    lines.map(printable).join("\n"),
  );
  return objections.length > 0 ? 1 : 0;
}

async function targetAt(
  written: string,
  campaign: Campaign,
  { portal, campaign: partOf }: Pick<DoiSettings, "portal" | "campaign">,
  dois: Dois,
  world: World,
): Promise<{ target: DoiTarget; isLive: boolean }> {
  const { facts, log } = campaign;
  const path = treePathIn(written);
  const { entry, leaf } = await datasetAt({ path, release: undefined }, campaign, world);
  const { item, cid } = entry;
  assertNoOther(item.properties["sci:doi"], path, dois);
  const first = await firstPublished(leaf.path, await log.head(world), log, world);
  const isLive = first?.release.changes.some((change) => "to" in change && change.to === leaf.cid.toString()) ?? false;
  const released = isLive ? first?.release.made : undefined;
  const target: DoiTarget = {
    campaign: facts.campaign,
    path,
    cid,
    url: `${portal}${datasetPage(path)}`,
    record: (doi, related) => recordOf(item, cid, facts, { doi, related, ...(released && { released }) }),
    ...(partOf && { partOf }),
  };
  return { target, isLive };
}

/** @throws Failure `input` where the dataset names a DOI of its own that the campaign did not register. */
function assertNoOther(own: unknown, path: string, dois: Dois): void {
  const entry = dois.get(path);
  const known = entry ? [entry, ...(entry.earlier ?? [])] : [];
  if (typeof own !== "string" || known.some(({ doi }) => sameDoi(doi, own))) return;
  throw new Failure("input", `${shown(path, 200)} has the attribute doi ${shown(own)}, which is not of this campaign`, {
    hint: "data need one DOI: cite that one, or remove the attribute doi from the dataset",
  });
}
