/** What the mirrors in campaign.yaml publish of themselves, read and checked for `status`. */
import type { Campaign } from "../../campaign/campaign.ts";
import type { MirrorConfig } from "../../core/campaign/mirrors.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import { formatBytes, shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { endpoint } from "../../names/ipns/endpoints.ts";
import { ipnsLookup } from "../../names/ipns/lookup.ts";
import { type MirrorReport, reportAt } from "../../stages/mirror/report.ts";
import { printable } from "../print/terminal.ts";
import { endpointsOf, getFrom, recordEndpoints } from "../pull/endpoints.ts";
import type { Call } from "../verb.ts";

/** `report` without `problem` where it could be read; neither where nothing was published yet. */
export interface MirrorObservation {
  readonly mirror: MirrorConfig;
  readonly report?: MirrorReport;
  readonly problem?: string;
}

/** In the order of campaign.yaml. Whatever is wrong with one, `problem` has it: nothing is thrown for it. */
export async function observeMirrors(
  campaign: Campaign,
  env: Call["env"],
  world: World,
): Promise<readonly MirrorObservation[]> {
  if (campaign.mirrors.length === 0) return [];
  const endpoints = await endpointsOf(undefined, campaign, { env });
  const get = await getFrom(endpoints, campaign, world);
  const common = [...(await campaign.recordEndpoints()), ...(await recordEndpoints(endpoints))];
  const observe = async (mirror: MirrorConfig): Promise<MirrorObservation> => {
    const known = new Set(common.map(({ name }) => name));
    const lookup = ipnsLookup([...common, ...mirror.routing.filter((url) => !known.has(url)).map(endpoint)]);
    try {
      const record = await lookup.find(mirror.key, world);
      if (!record) return { mirror };
      const report = await reportAt(record.value, get);
      assertOf(mirror, report, campaign);
      return { mirror, report };
    } catch (error) {
      if (isFailure(error)) return { mirror, problem: error.message.split("\n")[0] ?? "" };
      if (world.signal.aborted) return { mirror, problem: "no answer in time" };
      throw error;
    }
  };
  return Promise.all(campaign.mirrors.map(observe));
}

/** @throws Failure `corrupt` for a report of another mirror or campaign: its key is the wrong one. */
function assertOf({ name }: MirrorConfig, report: MirrorReport, { facts }: Pick<Campaign, "facts">): void {
  if (report.mirror === name && report.campaign === facts.campaign) return;
  throw new Failure(
    "corrupt",
    `its key leads to what the mirror ${shown(report.mirror)} of ${shown(report.campaign)} has`,
  );
}

/** For JSON. `behind`: releases that came after the one that it has. */
export function mirrorData({ mirror, report, problem }: MirrorObservation, newest: number | undefined): object {
  const { name, key, title } = mirror;
  const own = { name, key, ...(title !== undefined && { title }) };
  if (!report) return { ...own, ...(problem !== undefined && { problem }) };
  const { release, head, since, leaves, bytes, left } = report;
  return { ...own, release, head, since, leaves, bytes, left, behind: behindOf(report, newest) };
}

/** `  hangar  release 3 since 2026-01-01T00:00:00.000Z: 12 leaves, 1.2 GB` */
export function mirrorLines(observed: readonly MirrorObservation[], newest: number | undefined): string[] {
  const width = Math.max(0, ...observed.map(({ mirror }) => mirror.name.length));
  return observed.map(
    ({ mirror, report, problem }) => `  ${mirror.name.padEnd(width)}  ${stateOf(report, problem, newest)}`,
  );
}

function stateOf(report: MirrorReport | undefined, problem: string | undefined, newest: number | undefined): string {
  if (problem !== undefined) return `can't be read: ${printable(problem)}`;
  if (!report) return "has published nothing that is known here";
  const { release, since, leaves, bytes, left } = report;
  const behind = behindOf(report, newest);
  const parts = [
    `release ${release} since ${since}: ${plural(leaves, "leaf", "leaves")}, ${formatBytes(bytes)}`,
    ...(left.leaves > 0 ? [`${plural(left.leaves, "leaf", "leaves")} left out, ${formatBytes(left.bytes)}`] : []),
    ...(behind > 0 ? [`${plural(behind, "release")} behind`] : []),
  ];
  return parts.join("; ");
}

const behindOf = ({ release }: MirrorReport, newest: number | undefined) => Math.max(0, (newest ?? release) - release);
