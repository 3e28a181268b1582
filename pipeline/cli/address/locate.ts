/**
 * Resolves an address (see `parse-address.ts` for the syntax): a path in the tree, content on IPFS, or a name of the campaign.
 * Addresses with a CID need no campaign.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import type { CampaignStore } from "../../campaign/campaign.ts";
import { readAliases } from "../../campaign/remotes.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { Finding } from "../../core/report/finding.ts";
import { shown } from "../../core/text/shown.ts";
import { readTree, type Tree } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import type { Get } from "../../dag/block.ts";
import { resolve } from "../../dag/read/read.ts";
import { recently } from "../../dag/read/recent-blocks.ts";
import type { GetInto } from "../../dag/reused-memory.ts";
import type { Gather } from "../../ipfs/gather.ts";
import type { Node } from "../../ipfs/node.ts";
import { required } from "../../ipfs/require-block.ts";
import { publishedHead, releaseNumbered } from "../../log/chain.ts";
import type { Release } from "../../log/release.ts";
import { targetOf } from "../../stages/names/target.ts";
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
  /** Present where blocks that are not here come from gateways. */
  readonly gather?: Gather;
}

/** Resolves `address`. @throws Failure `input` where nothing has that address; `unavailable` where it can't be reached. */
export async function locate(address: string, call: Call): Promise<Located> {
  const parsed = parseAddress(address);
  const anywhere = parsed.in === "content" && call.folderAround() === undefined;
  const { base, path, ...reading } = anywhere
    ? { base: parsed.cid, path: parsed.path, ...(await fromGateways(parsed, call)) }
    : await startOf(parsed, await opened(parsed, call), call.world);
  const cid = base && (await resolve(base, path, reading.get));
  if (cid) return { cid, path: parsed.path, ...reading };
  const unlike = parsed.in === "tree" ? parsed.unlike : undefined;
  const why = unlike === undefined ? "there is nothing there" : `${unlike}, and the tree has nothing of that name`;
  const ofTree = "fieldtree ls lists the whole tree, fieldtree ls FOLDER what is in a folder";
  throw new Failure("input", `${shown(address, 200)}: ${why}`, {
    hint: parsed.in === "content" ? `fieldtree ls ${parsed.cid} lists what is there` : ofTree,
  });
}

/** Opens the campaign. Where there is none, and the address resembles a CID, the failure has the reason why it is no CID. */
async function opened(address: Address, call: Call): Promise<CampaignStore> {
  if (call.folderAround() === undefined) {
    if (address.in === "tree" && address.unlike !== undefined) throw new Failure("input", address.unlike);
    if (address.in === "name") {
      throw new Failure("input", `no campaign here knows what ${shown(address.name)} leads to`, {
        hint: "run it in a clone of the campaign that has that name, or ask a gateway for /ipfs/CID",
      });
    }
  }
  return call.store();
}

/** Returns the leaves below `address`, with paths relative to it: those of a folder of the tree, or else a single one. */
export async function leavesAt(address: string, call: Call): Promise<readonly { path: string; cid: CID }[]> {
  const campaign = await call.store();
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

interface Start extends Reading {
  /** Absent where neither a leaf nor a folder above one has that path. */
  readonly base: CID | undefined;
  readonly path: string;
}

type Reading = Pick<Located, "get" | "gather">;

/** Bytes of folders and roots that are remembered: the way to an address is read again with what is there. */
const mostRemembered = 4 * 2 ** 20;

/**
 * Users without a clone of a campaign set gateways as for ipfsspec: in IPFS_GATEWAY, separated by blanks. Without it, the
 * gateway in the address is used. Its blocks are verified by their CIDs.
 */
async function fromGateways({ gateway }: Address & { in: "content" }, { env, world }: Call): Promise<Reading> {
  const named = gatewaysIn(env);
  const urls = named.length > 0 || gateway === undefined ? named : [gateway];
  for (const url of urls) assertGateway(url, "IPFS_GATEWAY");
  if (urls.length === 0) {
    throw new Failure("input", "there is no campaign here that names sources of blocks", {
      hint: "set IPFS_GATEWAY to a gateway's address, such as https://ipfs.io, or run it in a clone of the campaign",
    });
  }
  const { gateways } = await import("../../ipfs/gateways.ts");
  return readingFrom(gateways(urls), world);
}

async function readingFrom(node: Node, world: World): Promise<Reading> {
  const { gatherFrom } = await import("../../ipfs/gather.ts");
  const get = recently((cid) => required(cid, node, world), mostRemembered);
  return { get, ...gatherFrom(node, undefined, get, world) };
}

/** Returns the CID from which to resolve, and the remaining path. */
async function startOf(address: Address, campaign: CampaignStore, world: World): Promise<Start> {
  switch (address.in) {
    case "content":
      return { base: address.cid, path: address.path, ...(await fromCampaign(campaign, world, address.gateway)) };
    case "name":
      return { ...(await nameTarget(address, campaign, world)), ...(await fromCampaign(campaign, world)) };
    case "tree": {
      if (address.release === undefined) {
        const found = await inTree(address.path, campaign, world);
        return found.base ? found : ((await inPulled(address.path, campaign, world)) ?? found);
      }
      const { root } = await releaseOf(address.release, campaign, world);
      return { base: root, path: address.path, ...(await fromCampaign(campaign, world)) };
    }
  }
}

/** Reads the campaign's node, then the gateway in the address, or else those in campaign.yaml. */
async function fromCampaign(
  { get, home, gateways: configured }: CampaignStore,
  world: World,
  gateway?: string,
): Promise<Reading> {
  if (gateway === undefined && !configured) return { get };
  const { gatherFrom } = await import("../../ipfs/gather.ts");
  if (gateway === undefined) return { get, ...(configured && gatherFrom(configured, home, get, world)) };
  const { gateways } = await import("../../ipfs/gateways.ts");
  const node = gateways([gateway]);
  const either: Get = recently(async (cid) => {
    try {
      return await get(cid);
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      return required(cid, node, world);
    }
  }, mostRemembered);
  return { get: either, ...gatherFrom(node, home, either, world) };
}

/** Resolves a name of the campaign by the log, so that no resolver and no network is needed. */
async function nameTarget(
  { name, release, path }: Address & { in: "name" },
  campaign: CampaignStore,
  world: World,
): Promise<Pick<Start, "base" | "path">> {
  const to = targetsOf(campaign)(name);
  if (to === undefined) {
    const { facts, names: announced } = campaign;
    const known = [facts.campaign, `latest.${facts.campaign}`, ...announced.map((each) => each.name)];
    throw new Failure("input", `${shown(name)} is no name of this campaign`, {
      hint: `its names: ${[...new Set(known)].join(", ")}; a gateway resolves any other name`,
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
async function inTree(path: string, campaign: CampaignStore, world: World): Promise<Start> {
  const { tree, findings } = await treeAt(undefined, campaign, world);
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = tree.get(path.slice(0, end));
    if (leaf?.kind !== "data") continue;
    return { base: leaf.cid, path: path.slice(end + 1), ...(await fromCampaign(campaign, world)) };
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
async function inPulled(path: string, campaign: CampaignStore, world: World): Promise<Start | undefined> {
  const [name = "", ...below] = path.split("/");
  const alias = (await readAliases(campaign.folder)).pulled[name];
  if (!alias) return undefined;
  const { recognise } = await import("../../stages/pull/recognise.ts");
  const remote = await recognise(CID.parse(alias.cid), campaign.get, world);
  const base = remote.kind === "campaign" ? remote.state.portal : remote.cid;
  return { base, path: below.join("/"), get: campaign.get };
}

/** Returns the tree of a release, or that of tree.yaml with its findings. A published tree was valid. */
export async function treeAt(
  release: number | undefined,
  campaign: CampaignStore,
  world: World,
): Promise<{ tree: Tree; findings: readonly Finding[] }> {
  if (release === undefined) return readTree(await readFile(join(campaign.folder, "tree.yaml")));
  return { tree: await treeOf(await releaseOf(release, campaign, world), campaign, world), findings: [] };
}

/** Returns release `number`, or the newest one. */
async function releaseOf(number: number | undefined, campaign: CampaignStore, world: World): Promise<Release> {
  if (number !== undefined) return (await releaseNumbered(number, campaign.log, world)).release;
  return (await publishedHead(campaign.log, world)).release;
}
