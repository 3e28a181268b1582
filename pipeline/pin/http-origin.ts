/**
 * The campaign's own node as an origin over HTTP: `serve --routing` answers for it, and Kubos that are configured for that fetch
 * from there, so that nothing has to be sent to them.
 *
 * Configuration alone does not show that a fetch works: a daemon reads it only when it starts, and a firewall or a certificate
 * may be in the way. So each service is given a block to fetch that no other node has.
 *
 * @see https://github.com/ipfs/kubo/blob/v0.43.0/docs/config.md#httpretrieval
 */
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../core/failure.ts";
import { isRecord } from "../core/json.ts";
import type { World } from "../core/world.ts";
import type { Rpc } from "../http/kubo-rpc.ts";

export interface HttpOrigin {
  /** Where other machines reach it, without slash at the end: `https://gate.example.org`. */
  readonly url: string;
}

/** A block for one service to fetch. */
export interface FetchProbe {
  readonly cid: CID;
  /** ms in which it must be fetched. */
  readonly timeoutMs: number;
}

export type FetchCheck =
  | { readonly fetches: true }
  | {
      readonly fetches: false;
      readonly reason: string;
      /** Commands for the machine of that Kubo; its daemon is restarted after them. */
      readonly fix: readonly string[];
    };

const routerOf = ({ url }: HttpOrigin) => `${url}/routing/v1/providers`;

const enabling = "ipfs config --json HTTPRetrieval.Enabled true";

/** The commands that let a Kubo fetch from `origin`. `routers`: those that it has already. */
export function fetchingLines(origin: HttpOrigin, routers: readonly string[] = []): readonly string[] {
  const all = [...routers.filter((each) => each !== routerOf(origin)), routerOf(origin)];
  return [`ipfs config --json Routing.DelegatedRouters '${JSON.stringify(all)}'`, enabling];
}

/** Whether `address` is one of HTTP, which nodes can't dial as a peer. */
export function isHttpAddress(address: string): boolean {
  return /\/https?(?:\/|$)/.test(address);
}

/**
 * Whether the Kubo fetches from `origin`: by its config, then by the probe, which is removed there afterwards.
 *
 * @throws Failure `unavailable` where the Kubo does not answer, `refused` where its token may not read blocks.
 */
export async function kuboFetches(
  calls: Rpc,
  origin: HttpOrigin,
  { cid, timeoutMs }: FetchProbe,
  world: World,
): Promise<FetchCheck> {
  const config = await configOf(calls, world);
  const lacking = config && lackingIn(config, origin);
  if (lacking) return { fetches: false, ...lacking };
  try {
    await calls.bytes("block/get", { arg: `${cid}`, timeout: `${Math.ceil(timeoutMs)}ms` }, world);
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    const reason = `it is configured to, and fetched nothing from ${origin.url} in ${timeoutMs / 1000} s`;
    return { fetches: false, reason, fix: [] };
  }
  await calls.ask("block/rm", { arg: `${cid}`, force: true }, world);
  return { fetches: true };
}

/** The daemon's config; `undefined` where the token does not permit to read it. */
async function configOf(calls: Rpc, world: World): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const config = await calls.ask("config/show", {}, world);
    if (!isRecord(config)) throw new Failure("corrupt", `${calls.name}: config/show answered no config`);
    return config;
  } catch (error) {
    if (isFailure(error, "refused")) return undefined;
    throw error;
  }
}

/** Types of routing that ask `DelegatedRouters`. What a `custom` one asks, the probe shows. */
const asking = ["auto", "autoclient", "delegated", "custom"];

function lackingIn(config: Readonly<Record<string, unknown>>, origin: HttpOrigin) {
  const routing = isRecord(config.Routing) ? config.Routing : {};
  const retrieval = isRecord(config.HTTPRetrieval) ? config.HTTPRetrieval : {};
  const type = typeof routing.Type === "string" ? routing.Type : "auto";
  const routers = Array.isArray(routing.DelegatedRouters) ? routing.DelegatedRouters.map(String) : [];
  // Kubo accepts the address of a router without the path, too.
  const isNamed = type === "custom" || routers.some((each) => each === routerOf(origin) || each === origin.url);
  const fix = fetchingLines(origin, routers);
  if (!asking.includes(type)) {
    const reason = `its Routing.Type is ${JSON.stringify(type.slice(0, 40))}, which asks no router`;
    return { reason, fix: ["ipfs config Routing.Type auto", ...fix] };
  }
  if (!isNamed) return { reason: `its Routing.DelegatedRouters do not name ${routerOf(origin)}`, fix };
  if (retrieval.Enabled === false) return { reason: "its HTTPRetrieval is not enabled", fix: [enabling] };
  return undefined;
}
