/**
 * The address at which a reader looks at a plan in the campaign's own data browser: the contribute page of its portal, with the plan
 * in the fragment. It needs no node and no artifact, and a fragment is sent to no server.
 *
 * `browser/contribute/linked-plan.ts` reads it.
 */
import { deflateRawSync } from "node:zlib";
import type { DatasetLine, Report, ReportedChange } from "../../core/report/report.ts";

/** Characters of the plan in an address. Browsers take more; what else handles links often doesn't. */
const longest = 6000;

/** Variables of a dataset, and characters of a text, that are shown. */
const [mostVariables, longestText] = [13, 300];

/** `undefined` where the campaign has no gateway, or no name that leads to its portal. */
export function planLink(report: Report): string | undefined {
  // An IPNS name without its public key is the name of a variable.
  const isPublic = (name: string) => name.includes(".") || /^k[0-9a-z]{50,}$/.test(name);
  const name = report.onMerge.names.find(({ to, name }) => to === "portal" && isPublic(name))?.name;
  if (report.preview === undefined || name === undefined) return undefined;
  return `${inLink(`${report.preview}/ipns/${name}`)}/contribute.html#plan=${fitting(report)}`;
}

/** An address without characters that would end a link or a cell of Markdown. */
export function inLink(address: string): string {
  return address.replace(/[^A-Za-z0-9:/.~_%[\]-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

/** As many changes and findings as fit, the first ones. The page says how many it does not have. */
function fitting(report: Report): string {
  const most = Math.max(report.changes.length, report.findings.length);
  for (let shown = most; ; shown = Math.floor(shown / 2)) {
    const text = packed(shortened(report, shown));
    if (text.length <= longest || shown === 0) return text;
  }
}

const packed = (plan: object) => deflateRawSync(JSON.stringify(plan)).toString("base64url");

function shortened({ state, root, changes, findings }: Report, shown: number): object {
  const [moreChanges, moreFindings] = [changes.length - shown, findings.length - shown];
  return {
    state,
    root,
    changes: changes.slice(0, shown).map(changeOf),
    findings: findings.slice(0, shown).map(({ level, says, file, line }) => ({ level, says: cut(says), file, line })),
    ...(moreChanges > 0 && { moreChanges }),
    ...(moreFindings > 0 && { moreFindings }),
  };
}

function changeOf(change: ReportedChange): object {
  const { op, path, size, datasets, moreDatasets } = change;
  return {
    op,
    path,
    ...("to" in change && { to: change.to }),
    ...(size !== null && { size }),
    datasets: datasets.slice(0, mostDatasets).map(datasetOf),
    ...(moreDatasets + datasets.length > mostDatasets && {
      moreDatasets: moreDatasets + Math.max(0, datasets.length - mostDatasets),
    }),
  };
}

/** Datasets of one change. */
const mostDatasets = 20;

function datasetOf({ path, title, variables, start, end, bbox, differs, failed }: DatasetLine): object {
  return {
    path,
    ...(title !== undefined && { title: cut(title) }),
    variables: variables.slice(0, mostVariables).map(cut),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(bbox && { bbox }),
    differs: differs.slice(0, mostVariables).map(cut),
    ...(failed !== undefined && { failed: cut(failed) }),
  };
}

const cut = (text: string) => text.slice(0, longestText).toWellFormed();
