/** Serves a campaign over HTTP until the caller aborts, for `serve` and `demo`. */

import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { CID } from "multiformats/cid";
import * as v from "valibot";
import type { CampaignStore } from "../campaign/campaign.ts";
import { probeBlock } from "../campaign/parts/http-origin.ts";
import type { OtherNames } from "../campaign/parts/other-names.ts";
import type { NameTarget } from "../core/campaign/name-target.ts";
import { Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { resolve, whole } from "../dag/read/read.ts";
import type { Node } from "../ipfs/node.ts";
import { nothingPublished } from "../log/chain.ts";
import type { Tls } from "../serve/connection/listener.ts";
import type { Hosts } from "../serve/hosts/hosts.ts";
import type { Resolved } from "../serve/response.ts";
import { serve as openGateway } from "../serve/serve.ts";
import { targetOf } from "../stages/names/target.ts";
import { targetsOf } from "./address/name-targets.ts";
import { announceOrigin, howToFetch, routingOf } from "./serve-routing.ts";
import type { Output } from "./verb.ts";

/** @throws Failure `input` */
export function portIn(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Failure("input", `--port takes a number up to 65535, and got “${text}”`);
}

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  /** Endpoints of delegated routing that know IPNS names of others. */
  readonly resolveAt?: readonly string[];
  readonly hosts?: Partial<Pick<Hosts, "subdomains" | "others">>;
  readonly tls?: Tls;
  /** Answer the Delegated Routing API. */
  readonly routing?: boolean;
  /** Where other machines reach the gateway, such as `https://gate.example.org`; default: where it listens. */
  readonly publicUrl?: string;
}

/** Serves until `world.signal` aborts. Prints the address when the server is ready. */
export async function serveCampaign(
  campaign: CampaignStore,
  { resolveAt = [], hosts = {}, routing = false, publicUrl, ...at }: ServeOptions,
  out: Output,
  world: World,
): Promise<void> {
  const name = campaign.facts.campaign;
  if (routing && at.tls === undefined && !publicUrl?.startsWith("https:")) {
    throw new Failure("input", "--routing names this gateway to peers, and they fetch over https only", {
      hint: "give --tls-cert and --tls-key, or --public-url https://… of the proxy in front",
    });
  }
  const others = await campaign.otherNames?.(resolveAt);
  const record = others && recordsOf(campaign, others);
  let reached = publicUrl;
  let origin: Awaited<ReturnType<typeof announceOrigin>> | undefined;
  const provider = routing && others && record && (await routingOf(campaign, others, record, () => reached ?? ""));
  const gateway = await openGateway(
    {
      node: nodeOf(campaign, routing),
      resolve: resolverOf(campaign, others),
      ...(record && { record }),
      ...(provider && { routing: provider }),
      onRefusedCertificate: (by, reason) => origin?.refused(by, reason),
      hosts: hostsOf(campaign, hosts, publicUrl),
      campaign: name,
      ...at,
    },
    world,
  );
  try {
    const [url, ...further] = reachableAt(gateway.url);
    reached ??= url ?? gateway.url;
    if (provider) origin = await announceOrigin(campaign, provider, { url: reached, listens: gateway.url }, world);
    const portalAt = (base: string) => `${base}/ipns/${encodeURIComponent(name)}/`;
    const portal = portalAt(url!);
    const live = await campaign.log.head(world);
    const text = [
      `serving ${portal}`,
      ...further.map((other) => `    and ${portalAt(other)}`),
      ...(live ? await howToOpen(campaign, live.release.portal, url!, world) : []),
      ...(routing ? howToFetch(reached) : []),
    ];
    out.result({ event: "serving", url: url!, portal }, text.join("\n"));
    if (!live) world.log(`${nothingPublished}: the portal appears with \`fieldtree publish\``);
    if (!world.signal.aborted) await once(world.signal, "abort");
  } finally {
    await gateway.close();
    await origin?.end();
    others?.records.close();
  }
}

/** `localhost` has subdomains: browsers resolve them to this machine. The domains of the campaign are websites. */
function hostsOf(
  campaign: CampaignStore,
  { subdomains = [], others = [] }: NonNullable<ServeOptions["hosts"]>,
  publicUrl: string | undefined,
): Hosts {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  const sites = new Set(lower(campaign.names.filter(({ kind }) => kind === "dnslink").map(({ name }) => name)));
  return {
    subdomains: ["localhost", ...lower(subdomains)],
    others: lower([...others, ...(publicUrl ? [new URL(publicUrl).hostname] : [])]),
    isSite: (host) => sites.has(host),
  };
}

/** Records of IPNS keys; those of the campaign's own keys are stored alongside the log, whether endpoints have them or not. */
function recordsOf({ log, names }: CampaignStore, { records }: OtherNames) {
  const own = new Set(names.filter(({ kind }) => kind === "ipns").map(({ name }) => name));
  return async (name: string, world: World) => {
    const stored = own.has(name) ? await log.attachments.read(`ipns/${name}`, world) : undefined;
    if (stored) await records.offer(name, stored, world).catch(unlessOutdated);
    const found = await records.find(name, world);
    if (!found) return undefined;
    const left = (found.until.getTime() - world.now().getTime()) / 1000;
    return { bytes: found.bytes, ttl: Math.min(found.ttl ?? found.fresh, left) };
  };
}

/** The stored record has ended, or another machine signed a newer one: that is looked up. */
function unlessOutdated(error: unknown): void {
  if (!isFailure(error, "input")) throw error;
}

/**
 * Returns base URLs for other machines. 0.0.0.0 and [::] mean all addresses of this machine, and are useless elsewhere: they
 * are replaced by its addresses in its networks, IPv4 first, or by loopback where it has none.
 */
function reachableAt(opened: string): readonly string[] {
  const url = new URL(opened);
  if (url.hostname !== "0.0.0.0" && url.hostname !== "[::]") return [opened];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = all.filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
  const v4 = outward.filter(({ family }) => family === "IPv4").map(({ address }) => address);
  // A socket at [::] accepts both families; one at 0.0.0.0 only IPv4.
  const v6 = url.hostname === "[::]" ? outward.filter(({ family }) => family === "IPv6") : [];
  const hosts = [...v4, ...v6.map(({ address }) => `[${address}]`)];
  return (hosts.length > 0 ? hosts : ["127.0.0.1"]).map((host) => `${url.protocol}//${host}:${url.port}`);
}

/**
 * Returns a node that reads from the home node, and blocks that it lacks from the campaign's gateways. `withProbes`: also those
 * with which processes find out who fetches from here.
 *
 * Requests to gateways belong to the campaign, not to one HTTP request: a block that several HTTP requests need is fetched a
 * single time, and one client that disconnects must not abort the fetch for the others.
 */
function nodeOf({ home, get, facts, state }: CampaignStore, withProbes: boolean): Node {
  return {
    name: home.name,
    ...(home.getInto && { getInto: home.getInto }),
    async get(cid, world) {
      const stored = (await home.get(cid, world)) ?? (withProbes ? await probeBlock(state, cid) : undefined);
      return stored ?? (facts.gateways.length > 0 ? get(cid) : undefined);
    },
  };
}

/**
 * Resolves each name of the campaign to the value derived from the head of the log, whether or not it was announced already,
 * and other names to what they announce.
 */
function resolverOf(
  campaign: CampaignStore,
  others: OtherNames | undefined,
): (name: string, world: World) => Promise<Resolved | undefined> {
  const { log } = campaign;
  const targetOfName = targetsOf(campaign);
  // Cached, because an old release never changes, and finding it means walking the log.
  const old = new Map<NameTarget, string>();
  return async (name, world) => {
    const to = targetOfName(name);
    if (to === undefined) return others?.resolve(name, world);
    const live = await log.head(world);
    if (!live) return undefined;
    const target = old.get(to) ?? (await targetOf(to, live, log, world));
    if (to.release !== undefined) old.set(to, target);
    const [, , cid, ...names] = target.split("/");
    return { cid: CID.parse(cid!), ...(names.length > 0 && { names }) };
  };
}

/** The fields of the portal's index.json that {@link howToOpen} reads. */
const indexJson = v.object({
  datasets: v.array(v.object({ cid: v.string(), zarr: v.optional(v.number()), consolidated: v.optional(v.boolean()) })),
});

/** Returns lines of Python that open the portal's first Zarr dataset; none where there is no Zarr dataset. */
async function howToOpen(campaign: CampaignStore, portal: CID, url: string, world: World): Promise<readonly string[]> {
  try {
    const file = await resolve(portal, "index.json", campaign.get);
    if (!file) throw new Failure("corrupt", "the portal has no index.json");
    const index = v.safeParse(indexJson, JSON.parse(new TextDecoder().decode(await whole(file, campaign.get))));
    if (!index.success) throw new Failure("corrupt", "the portal's index.json is not a list of datasets");
    const first = index.output.datasets.find(({ zarr }) => zarr !== undefined);
    if (!first) return [];
    const unconsolidated = first.consolidated === false ? ", consolidated=False" : "";
    return [
      "",
      "    import xarray as xr",
      `    ds = xr.open_zarr("${url}/ipfs/${first.cid}"${unconsolidated})`,
      "",
      "Ctrl-C ends it.",
    ];
  } catch (error) {
    if (!isFailure(error)) throw error;
    world.log(error.message);
    return [];
  }
}
