/**
 * Where blocks and names of others are asked for, in this order: the gateway in the address, IPFS_GATEWAY, the gateway that a
 * Kubo or another program noted in $IPFS_PATH/gateway, `gateways:` of campaign.yaml, and the peers of a Kubo on this machine
 * ($IPFS_PATH/api, or the campaign's own).
 */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { withoutSlash } from "../../core/campaign/fields.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { readIfThere } from "../../disk/read.ts";
import { inOrder, type Source } from "../../ipfs/fallback.ts";
import { firstOf } from "../../ipfs/local-first.ts";
import { required } from "../../ipfs/require-block.ts";
import type { RecordEndpoint } from "../../names/ipns/endpoints.ts";
import { assertGateway, gatewaysIn, wordsIn } from "../address/gateway-addresses.ts";
import type { Call } from "../verb.ts";

export interface Endpoint {
  readonly kind: "gateway" | "kubo";
  readonly url: string;
  /** What names it: `IPFS_GATEWAY`, `campaign.yaml`. */
  readonly from: string;
}

/** @throws Failure `input` for an address in one of them that is none. */
export async function endpointsOf(
  gateway: string | undefined,
  { facts }: Pick<Campaign, "facts">,
  { env }: Pick<Call, "env">,
): Promise<readonly Endpoint[]> {
  const repository = env.IPFS_PATH || join(env.HOME || homedir(), ".ipfs");
  const noted = async (file: string) => wordsIn((await readIfThere(join(repository, file)))?.toString()).slice(0, 1);
  const gateways = [
    ...(gateway === undefined ? [] : [{ url: gateway, from: "the address" }]),
    ...gatewaysIn(env).map((url) => ({ url, from: "IPFS_GATEWAY" })),
    ...(await noted("gateway")).map((text) => ({ url: urlOf(text), from: join(repository, "gateway") })),
    ...facts.gateways.map((url) => ({ url, from: "campaign.yaml" })),
  ];
  for (const { url, from } of gateways) assertGateway(url, from);
  const kubos = (await noted("api")).map((text) => ({ url: urlOf(text), from: join(repository, "api") }));
  const all: Endpoint[] = [
    ...gateways.map(({ url, from }) => ({ kind: "gateway" as const, url: withoutSlash(url), from })),
    ...kubos.map(({ url, from }) => ({ kind: "kubo" as const, url, from })),
  ];
  return all.filter(({ url, kind }, i) => all.findIndex((other) => other.url === url && other.kind === kind) === i);
}

/** An address as Kubo writes it into its repository: `/ip4/127.0.0.1/tcp/5001`, or a URL. */
function urlOf(text: string): string {
  const [, kind, host, port] = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)/.exec(text) ?? [];
  if (host === undefined) return text;
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${kind === "ip6" ? `[${here}]` : here}:${port}`;
}

/** `gateway https://ipfs.io (IPFS_GATEWAY)` */
export const endpointText = ({ kind, url, from }: Endpoint): string => `${kind} ${url} (${from})`;

/** All of them as one source of blocks. @throws Failure `input` where there is none. */
export async function sourceOf(endpoints: readonly Endpoint[], campaign: Pick<Campaign, "home">): Promise<Source> {
  const source = await anySourceOf(endpoints, campaign);
  if (source) return source;
  throw new Failure("input", "no source of blocks is named", {
    hint: "set IPFS_GATEWAY to a gateway's address, such as https://ipfs.io, or name gateways: in campaign.yaml",
  });
}

/** Reads the campaign's node, then the endpoints, as far as there are any. */
export async function getFrom(
  endpoints: readonly Endpoint[],
  campaign: Pick<Campaign, "home">,
  world: World,
): Promise<Get> {
  const source = await anySourceOf(endpoints, campaign);
  const reach = source ? firstOf(campaign.home, source) : campaign.home;
  return (cid) => required(cid, reach, world);
}

/** As {@link sourceOf}; `undefined` where there is none. */
async function anySourceOf(
  endpoints: readonly Endpoint[],
  { home }: Pick<Campaign, "home">,
): Promise<Source | undefined> {
  const [{ gateways }, { kubo }] = await Promise.all([
    import("../../ipfs/gateways.ts"),
    import("../../ipfs/kubo/kubo.ts"),
  ]);
  const sources = endpoints.flatMap(({ kind, url }): readonly Source[] => {
    if (kind === "gateway") return [gateways([url])];
    const { name, getFromPeers } = kubo({ api: url });
    return getFromPeers ? [{ name, get: getFromPeers }] : [];
  });
  const own = home.getFromPeers ? [{ name: `peers of ${home.name}`, get: home.getFromPeers }] : [];
  return sources.length + own.length > 0 ? inOrder([...sources, ...own]) : undefined;
}

/** Where records of IPNS keys are requested, in addition to those that campaign.yaml names for its own keys. */
export async function recordEndpoints(endpoints: readonly Endpoint[]): Promise<readonly RecordEndpoint[]> {
  const { gatewayEndpoint, kuboEndpoint } = await import("../../names/ipns/endpoints.ts");
  return endpoints.map(({ kind, url }) =>
    kind === "gateway" ? gatewayEndpoint(url) : kuboEndpoint({ api: url }, { search: true }),
  );
}
