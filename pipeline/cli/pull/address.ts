/** What an address of `pull` leads to now: a CID, with the blocks that come along in a CAR, or a dataset on a web server. */
import { existsSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import type { CID } from "multiformats/cid";
import type { Campaign } from "../../campaign/campaign.ts";
import { fetchUnlessAborted } from "../../core/abort.ts";
import { isObjection, readCid } from "../../core/cid.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { resolve } from "../../dag/read/read.ts";
import { ipnsLookup } from "../../names/ipns/lookup.ts";
import { recordKeyOf } from "../../names/ipns/record-key.ts";
import { nameResolver } from "../../names/resolve-name.ts";
import { parseAddress } from "../address/parse-address.ts";
import { isWebAddress } from "../odf/about.ts";
import type { Call } from "../verb.ts";
import { type Endpoint, recordEndpoints } from "./endpoints.ts";

export type PullAddress =
  /** `named`: what the address suggests as a name. */
  | {
      readonly in: "content";
      readonly cid: CID;
      readonly path: string;
      readonly gateway?: string;
      readonly named: string;
    }
  | {
      readonly in: "name";
      readonly name: string;
      readonly path: string;
      readonly gateway?: string;
      readonly named: string;
    }
  | { readonly in: "car"; readonly file: string; readonly named: string }
  | { readonly in: "web"; readonly url: string; readonly named: string };

const domain = /^(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\/.*)?$/i;

/** @throws Failure `input` for what is none of an address, a CAR and a domain. */
export function parsePullAddress(text: string, { cwd }: Pick<Call, "cwd">): PullAddress {
  const last = (path: string) => path.split("/").findLast((name) => name !== "");
  if (/^https?:\/\/[^?#]*\.car(?:[?#].*)?$/i.test(text) && isWebAddress(text))
    return { in: "car", file: text, named: last(new URL(text).pathname)!.replace(/\.car$/i, "") };
  if (isWebAddress(text))
    return { in: "web", url: text, named: last(new URL(text).pathname) ?? new URL(text).hostname };
  if (!/^[a-z]+:\/\//i.test(text) && existsSync(resolvePath(cwd, text)))
    return { in: "car", file: text, named: last(text)!.replace(/\.car$/i, "") };
  const parsed = parseAddress(text);
  if (parsed.in === "content") return { ...parsed, named: last(parsed.path) ?? `${parsed.cid}`.slice(0, 20) };
  if (parsed.in === "name") {
    const { name, path, gateway } = parsed;
    return { in: "name", name, path, ...(gateway !== undefined && { gateway }), named: last(path) ?? name };
  }
  if (domain.test(text)) {
    const [name = "", ...path] = text.split("/");
    return { in: "name", name, path: path.join("/"), named: last(path.join("/")) ?? name };
  }
  throw new Failure(
    "input",
    `${shown(text, 200)} is neither an address, a domain, a CAR file, nor a name that was pulled`,
    {
      hint: "such as ipfs://CID, ipns://NAME, data.example.org, https://ipfs.io/ipfs/CID, release.car",
    },
  );
}

/** The CID that a name leads to. @throws Failure `unavailable` where no place that was asked knows, or one can't be reached. */
export async function resolveName(
  { name, gateway }: PullAddress & { in: "name" },
  endpoints: readonly Endpoint[],
  dns: readonly string[],
  campaign: Campaign,
  world: World,
): Promise<{ readonly cid: CID; readonly path: string }> {
  const lookup = ipnsLookup([...(await campaign.recordEndpoints()), ...(await recordEndpoints(endpoints))]);
  const resolver = nameResolver(lookup, dns.length > 0 ? dns : undefined);
  try {
    const found = await orFromGateway(name, gateway, () => resolver.resolve(name, world), world);
    if (found) return { cid: found.cid, path: found.names.join("/") };
  } catch (error) {
    if (!isFailure(error)) throw error;
    throw new Failure("unavailable", `${shown(name)} could not be resolved: ${error.message}`, { cause: error });
  } finally {
    lookup.close();
  }
  throw new Failure(
    "unavailable",
    `${shown(name)} could not be resolved: none of the places that were asked knows it`,
    {
      hint: `--verbose shows them${endpoints.length === 0 ? ": there is none" : ""}`,
    },
  );
}

type Found = { readonly cid: CID; readonly names: readonly string[] } | undefined;

/** A name that can't be resolved from here, as a domain without DNS: what the gateway in its address answers for it. */
async function orFromGateway(
  name: string,
  gateway: string | undefined,
  resolved: () => Promise<Found>,
  world: World,
): Promise<Found> {
  // Records of keys are signed, so that no gateway has to be trusted.
  if (gateway === undefined || recordKeyOf(name)) return resolved();
  let failure: Failure | undefined;
  try {
    const found = await resolved();
    if (found) return found;
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    failure = error;
  }
  const request = new Request(`${gateway}/ipns/${name}/`, { method: "HEAD", redirect: "manual", signal: world.signal });
  const roots = (await fetchUnlessAborted(request, world)).headers.get("x-ipfs-roots");
  const root = readCid((roots ?? "").split(",")[0]!.trim());
  if (!isObjection(root)) {
    world.log(`${shown(name)} is what ${gateway} answers, unverified`);
    return { cid: root, names: [] };
  }
  if (failure) throw failure;
  return undefined;
}

/** Follows `path` below `cid`, reading from `source` what the node lacks. @throws Failure `input` where nothing is there. */
export async function below(cid: CID, path: string, get: Get): Promise<CID> {
  const found = path === "" ? cid : await resolve(cid, path, get);
  if (found) return found;
  throw new Failure("input", `${cid} has no ${shown(path, 200)}`, { hint: `fieldtree ls ${cid} lists what is there` });
}
