/**
 * Resolves an address (see `parse-address.ts` for the syntax): a path in the tree, content on IPFS, or a name of the campaign.
 * Addresses with a CID need no campaign.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import type { Campaign } from "../../campaign/campaign.ts";
import { readAliases } from "../../campaign/remotes.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { Finding } from "../../core/report/finding.ts";
import { shown } from "../../core/text/shown.ts";
import { readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { resolve } from "../../dag/read/read.ts";
import type { GetInto } from "../../dag/reused-memory.ts";
import { required } from "../../ipfs/require-block.ts";
import { publishedHead, releaseNumbered } from "../../log/chain.ts";
import type { Release } from "../../log/release.ts";
import { targetOf } from "../../stages/names/target.ts";
import { recognise } from "../../stages/pull/recognise.ts";
import { assembleTree } from "../../stages/tree/assemble.ts";
import { treeOf } from "../../stages/tree/past.ts";
import { outOfReach, sizesOf } from "../../stages/tree/sizes.ts";
import type { Call } from "../verb.ts";
import { assertGateway, gatewaysIn } from "./gateway-addresses.ts";
import { targetsOf } from "./name-targets.ts";
import { type Address, parseAddress } from "./parse-address.ts";
import { refuseErrors } from "./tree-text.ts";

export interface Located {
  readonly cid: CID;
  /** Path in the tree, or the path below the CID; "" for the whole. */
  readonly path: string;
  readonly get: GetInto;
}

/** Resolves `address`. @throws Failure `input` where nothing has that address; `unavailable` where it can't be reached. */
export async function locate(address: string, call: Call): Promise<Located> {
  const parsed = parseAddress(address);
  const anywhere = parsed.in === "content" && call.folderAround() === undefined;
  const { base, path, get } = anywhere
    ? { base: parsed.cid, path: parsed.path, get: await getFromGateways(parsed, call) }
    : await startOf(parsed, await opened(parsed, call), call.world);
  const cid = base && (await resolve(base, path, get));
  if (cid) return { cid, path: parsed.path, get };
  const unlike = parsed.in === "tree" ? parsed.unlike : undefined;
  const why = unlike === undefined ? "there is nothing there" : `${unlike}, and the tree has nothing of that name`;
  const ofTree = "fieldtree ls lists the whole tree, fieldtree ls FOLDER what is in a folder";
  throw new Failure("input", `${shown(address, 200)}: ${why}`, {
    hint: parsed.in === "content" ? `fieldtree ls ${parsed.cid} lists what is there` : ofTree,
  });
}

/** Opens the campaign. Where there is none, and the address resembles a CID, the failure has the reason why it is no CID. */
async function opened(address: Address, call: Call): Promise<Campaign> {
  if (call.folderAround() === undefined) {
    if (address.in === "tree" && address.unlike !== undefined) throw new Failure("input", address.unlike);
    if (address.in === "name") {
      throw new Failure("input", `no campaign here knows what ${shown(address.name)} leads to`, {
        hint: "run it in a clone of the campaign that has that name, or ask a gateway for /ipfs/CID",
      });
    }
  }
  return call.campaign();
}

/** Returns the leaves below `address`, with paths relative to it: those of a folder of the tree, or else a single one. */
export async function leavesAt(address: string, call: Call): Promise<readonly { path: string; cid: CID }[]> {
  const campaign = await call.campaign();
  const parsed = parseAddress(address);
  if (parsed.in === "tree") {
    const { tree, findings } = await treeAt(parsed.release, campaign, call.world);
    const folder = parsed.path === "" ? "" : `${parsed.path}/`;
    const below = [...tree.values()].filter(({ path }) => path.startsWith(folder));
    if (below.length > 0) {
      refuseErrors(findings);
      return below.map(({ path, cid }) => ({ path: path.slice(folder.length), cid }));
    }
  }
  return [{ path: "", cid: (await locate(address, call)).cid }];
}

interface Start {
  /** Absent where neither a leaf nor a folder above one has that path. */
  readonly base: CID | undefined;
  readonly path: string;
  readonly get: GetInto;
}

/**
 * Users without a clone of a campaign set gateways as for ipfsspec: in IPFS_GATEWAY, separated by blanks. Without it, the
 * gateway in the address is used. Its blocks are verified by their CIDs.
 */
async function getFromGateways({ gateway }: Address & { in: "content" }, { env, world }: Call): Promise<Get> {
  const named = gatewaysIn(env);
  const urls = named.length > 0 || gateway === undefined ? named : [gateway];
  for (const url of urls) assertGateway(url, "IPFS_GATEWAY");
  if (urls.length === 0) {
    throw new Failure("input", "there is no campaign here that says where blocks are had from", {
      hint: "set IPFS_GATEWAY to a gateway's address, such as https://ipfs.io, or run it in a clone of the campaign",
    });
  }
  const { gateways } = await import("../../ipfs/gateways.ts");
  const node = gateways(urls);
  return (cid) => required(cid, node, world);
}

/** Returns the CID from which to resolve, and the remaining path. */
async function startOf(address: Address, campaign: Campaign, world: World): Promise<Start> {
  const { get } = campaign;
  switch (address.in) {
    case "content":
      return { base: address.cid, path: address.path, get: await alsoFrom(address.gateway, get, world) };
    case "name":
      return { get, ...(await nameTarget(address, campaign, world)) };
    case "tree": {
      if (address.release === undefined) {
        const found = await inTree(address.path, campaign, world);
        return found.base ? found : ((await inPulled(address.path, campaign, world)) ?? found);
      }
      return { base: (await releaseOf(address.release, campaign, world)).root, path: address.path, get };
    }
  }
}

/** Returns a `get` that falls back to the gateway in the address. */
async function alsoFrom(gateway: string | undefined, get: GetInto, world: World): Promise<GetInto> {
  if (gateway === undefined) return get;
  const { gateways } = await import("../../ipfs/gateways.ts");
  const node = gateways([gateway]);
  return async (cid) => {
    try {
      return await get(cid);
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      return required(cid, node, world);
    }
  };
}

/** Resolves a name of the campaign by the log, so that no resolver and no network is needed. */
async function nameTarget(
  { name, release, path }: Address & { in: "name" },
  campaign: Campaign,
  world: World,
): Promise<Omit<Start, "get">> {
  const to = targetsOf(campaign)(name);
  if (to === undefined) {
    const { facts, names: announced } = campaign;
    const known = [facts.campaign, `latest.${facts.campaign}`, ...announced.map((each) => each.name)];
    throw new Failure("input", `${shown(name)} is no name of this campaign`, {
      hint: `its names: ${[...new Set(known)].join(", ")}; what any other name leads to, a gateway says`,
    });
  }
  const at = release === undefined ? to : { ...to, release };
  // Checked here, so that the failure is about the address, not about a line of campaign.yaml.
  if (release !== undefined) await releaseNumbered(release, campaign.log, world);
  const target = await targetOf(at, await publishedHead(campaign.log, world), campaign.log, world);
  const [, , base, ...below] = target.split("/");
  return { base: CID.parse(base!), path: [...below, path].filter((names) => names !== "").join("/") };
}

/**
 * Resolves a path in the present tree.yaml. Folders above the leaves are not stored anywhere yet, so they are assembled in
 * memory; not where tree.yaml has errors, because invalid lines would be missing from them.
 */
async function inTree(path: string, campaign: Campaign, world: World): Promise<Start> {
  const { tree, findings } = await treeAt(undefined, campaign, world);
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = tree.get(path.slice(0, end));
    if (leaf?.kind === "data") return { base: leaf.cid, path: path.slice(end + 1), get: campaign.get };
  }
  refuseErrors(findings);
  if (path !== "" && !tree.keys().some((leaf) => leaf.startsWith(`${path}/`)))
    return { base: undefined, path, get: campaign.get };
  const { of, missing } = await sizesOf(tree, campaign.get, campaign.sizes, world);
  if (missing.length > 0) throw outOfReach(missing);
  const built = new Map<string, Uint8Array>();
  const root = assembleTree(tree, of, campaign.profile, ({ cid, bytes }) => void built.set(cid.toString(), bytes));
  return { base: root.cid, path, get: async (cid) => built.get(cid.toString()) ?? campaign.get(cid) };
}

/**
 * Resolves a path below a name that was pulled, where the tree has nothing of that name. Of a campaign, what was pulled is its
 * portal, whichever of its releases and portals the address led to.
 */
async function inPulled(path: string, campaign: Campaign, world: World): Promise<Start | undefined> {
  const [name = "", ...below] = path.split("/");
  const alias = (await readAliases(campaign.folder)).pulled[name];
  if (!alias) return undefined;
  const remote = await recognise(CID.parse(alias.cid), campaign.get, world);
  const base = remote.kind === "campaign" ? remote.state.portal : remote.cid;
  return { base, path: below.join("/"), get: campaign.get };
}

/** Returns the tree of a release, or that of tree.yaml with its findings. A published tree was valid. */
export async function treeAt(
  release: number | undefined,
  campaign: Campaign,
  world: World,
): Promise<{ tree: Tree; findings: readonly Finding[] }> {
  if (release === undefined) return readTree(await readFile(join(campaign.folder, "tree.yaml")));
  return { tree: await treeOf(await releaseOf(release, campaign, world), campaign, world), findings: [] };
}

/** Returns release `number`, or the newest one. */
async function releaseOf(number: number | undefined, campaign: Campaign, world: World): Promise<Release> {
  if (number !== undefined) return (await releaseNumbered(number, campaign.log, world)).release;
  return (await publishedHead(campaign.log, world)).release;
}
