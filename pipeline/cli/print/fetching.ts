/** Whether the Kubos among the pin services fetch from this machine's node over HTTP: for people and for machines. */
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { ConfiguredPinService, HomeOrigin, Parts } from "../../stages/parts.ts";
import { checkFetching } from "../../stages/pins/fetching.ts";
import { printable } from "./terminal.ts";

export interface Fetching {
  readonly service: string;
  readonly fetches: boolean;
  /** Why it does not. */
  readonly reason?: string;
  /** Commands for the machine of that Kubo. */
  readonly fix?: readonly string[];
}

/** For each Kubo; none where the campaign's node has peers, from which Kubos fetch. `timeoutMs`: for a block of some bytes. */
export async function observeFetching(
  { home, pinServices, httpOrigin }: Pick<Parts, "home" | "pinServices" | "httpOrigin">,
  timeoutMs: number,
  world: World,
): Promise<readonly Fetching[]> {
  // A Cluster is left out: it would have to pin the block that is fetched, and this changes nothing.
  const kubos = home.perMachine ? pinServices.filter(({ kind }) => kind === "kubo") : [];
  if (kubos.length === 0 || !httpOrigin) return [];
  const origin = await httpOrigin();
  return Promise.all(kubos.map((service) => observeOne(service, origin, timeoutMs, world)));
}

async function observeOne(
  { name: service, open }: ConfiguredPinService,
  origin: HomeOrigin | undefined,
  timeoutMs: number,
  world: World,
): Promise<Fetching> {
  if (!origin) return { service, fetches: false, reason: "fieldtree serve --routing does not run here" };
  try {
    const check = await checkFetching(open(), origin, timeoutMs, world);
    if (!check || check.fetches) return { service, fetches: check !== undefined };
    return { service, fetches: false, reason: check.reason, ...(check.fix.length > 0 && { fix: check.fix }) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { service, fetches: false, reason: error.message };
  }
}

/** Formats `  mirror  fetches from here`, or why it is sent blocks, and below it the commands that change that. */
export function fetchingText(fetching: readonly Fetching[]): string[] {
  const width = Math.max(0, ...fetching.map(({ service }) => printable(service).length));
  return fetching.flatMap(({ service, fetches, reason = "", fix = [] }) => [
    `  ${printable(service).padEnd(width)}  ${fetches ? "fetches from here" : `is sent its blocks: ${printable(reason)}`}`,
    ...fix.map((line) => `    ${printable(line)}`),
    ...(fix.length > 0 ? ["    and restart its daemon"] : []),
  ]);
}

/** The same in JSON; no field where there is no Kubo. */
export function fetchingData(fetching: readonly Fetching[]) {
  return fetching.length > 0 && { fetching };
}
