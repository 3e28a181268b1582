/**
 * Addresses: the ways to name something that stands on IPFS.
 *
 * A path in the tree, `CID[/path]`, `/ipfs/CID…`, `ipfs://CID…`, `ipns://<campaign>/…` (the live portal); a path and
 * an `ipns://` address take `@N` for release N. What a CID names is found without a campaign, too.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import type { Campaign } from "../campaign/campaign.ts";
import { Failure } from "../core/failure.ts";
import type { Finding } from "../core/finding.ts";
import { shown } from "../core/shown.ts";
import { readTree, type Tree } from "../core/tree.ts";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import { resolve } from "../dag/read.ts";
import { required } from "../ipfs/required.ts";
import { releaseNumbered } from "../log/chain.ts";
import type { Release } from "../log/release.ts";
import { assembleTree } from "../stages/assemble.ts";
import { treeOf } from "../stages/past.ts";
import { outOfReach, sizesOf } from "../stages/sizes.ts";
import type { Call } from "./command.ts";
import { refuseErrors } from "./tree-text.ts";

export interface Located {
  readonly cid: CID;
  /** Path in the tree, or the path below the CID; "" for the whole. */
  readonly path: string;
  readonly get: Get;
}

/** What `address` names. @throws Failure `input` where there is no such thing; `unavailable` where it can't be reached. */
export async function locate(address: string, call: Call): Promise<Located> {
  const parsed = parseAddress(address);
  const anywhere = parsed.in === "content" && call.folderAround() === undefined;
  const { base, path, get } = anywhere
    ? { base: parsed.cid, path: parsed.path, get: await getFromGateways(call) }
    : await beginning(parsed, await call.campaign(), call.world);
  const cid = await resolve(base, path, get);
  if (cid) return { cid, path: parsed.path, get };
  throw new Failure("input", `${address}: there is nothing there`, {
    hint: "fieldtree ls lists the whole tree, fieldtree ls FOLDER what a folder holds",
  });
}

/** The leaves that `address` names, with their paths below it: those of a folder of the tree, else the one thing it is. */
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

type Address =
  | { readonly in: "content"; readonly cid: CID; readonly path: string }
  | { readonly in: "portal"; readonly name: string; readonly release: number | undefined; readonly path: string }
  /** Without a release: tree.yaml as it is now. */
  | { readonly in: "tree"; readonly release: number | undefined; readonly path: string };

function parseAddress(address: string): Address {
  const [, named, number] = /^(.*?)(?:@(\d+))?$/s.exec(address)!;
  const release = number === undefined ? undefined : Number(number);
  const portal = /^ipns:\/\/([^/]+)(\/.*)?$/s.exec(named!);
  if (portal) return { in: "portal", name: portal[1]!, release, path: tidy(portal[2] ?? "") };

  const scheme = /^(?:ipfs:\/\/(?:ipfs\/)?|\/ipfs\/)/.exec(address)?.[0];
  const [first = "", ...rest] = address.slice(scheme?.length ?? 0).split("/");
  const cid = cidIn(first);
  if (cid) return { in: "content", cid, path: tidy(rest.join("/")) };
  if (scheme) throw new Failure("input", `${address}: ${first || "nothing"} is not a CID`);
  return { in: "tree", release, path: tidy(named!) };
}

interface Beginning {
  readonly base: CID;
  readonly path: string;
  readonly get: Get;
}

/** Whoever has no clone of a campaign names gateways as ipfsspec does: in IPFS_GATEWAY, with blanks between several. */
async function getFromGateways({ env, world }: Call): Promise<Get> {
  const urls = (env.IPFS_GATEWAY ?? "").split(/\s+/).filter((url) => url !== "");
  const bad = urls.find((url) => !/^https?:\/\//.test(url) || !URL.canParse(url));
  if (bad !== undefined) throw new Failure("input", `IPFS_GATEWAY: ${shown(bad)} is no http or https address`);
  if (urls.length === 0) {
    throw new Failure("input", "there is no campaign here that says where blocks are had from", {
      hint: "set IPFS_GATEWAY to a gateway's address, such as https://ipfs.io, or run it in a clone of the campaign",
    });
  }
  const { gateways } = await import("../ipfs/gateways.ts");
  const node = gateways(urls);
  return (cid) => required(cid, node, world);
}

/** Where resolving starts, and the path that is left from there. */
async function beginning(address: Address, campaign: Campaign, world: World): Promise<Beginning> {
  const { get, facts } = campaign;
  switch (address.in) {
    case "content":
      return { base: address.cid, path: address.path, get };
    case "portal": {
      if (address.name !== facts.campaign && address.name !== facts.domain) {
        throw new Failure(
          "input",
          `ipns://${address.name}: only this campaign's own name, ipns://${facts.campaign}, is known here`,
        );
      }
      return { base: (await releaseOf(address.release, campaign, world)).portal, path: address.path, get };
    }
    case "tree": {
      if (address.release === undefined) return inTree(address.path, campaign, world);
      return { base: (await releaseOf(address.release, campaign, world)).root, path: address.path, get };
    }
  }
}

/**
 * A path in tree.yaml as it is now. Folders above the leaves exist nowhere yet: they are made here, in memory, and not
 * where a line with an error would be left out of them.
 */
async function inTree(path: string, campaign: Campaign, world: World): Promise<Beginning> {
  const { tree, findings } = await treeAt(undefined, campaign, world);
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = tree.get(path.slice(0, end));
    if (leaf?.written) return { base: leaf.cid, path: path.slice(end + 1), get: campaign.get };
  }
  refuseErrors(findings);
  const { of, missing } = await sizesOf(tree, campaign.get, campaign.sizes, world);
  if (missing.length > 0) throw outOfReach(missing);
  const made = new Map<string, Uint8Array>();
  const root = assembleTree(tree, of, campaign.profile, ({ cid, bytes }) => void made.set(cid.toString(), bytes));
  return { base: root.cid, path, get: async (cid) => made.get(cid.toString()) ?? campaign.get(cid) };
}

/** A release's tree was found sound before it was published. */
async function treeAt(
  release: number | undefined,
  campaign: Campaign,
  world: World,
): Promise<{ tree: Tree; findings: readonly Finding[] }> {
  if (release === undefined) return readTree(await readFile(join(campaign.folder, "tree.yaml")));
  return { tree: await treeOf(await releaseOf(release, campaign, world), campaign, world), findings: [] };
}

/** The numbered release, or the newest. */
async function releaseOf(number: number | undefined, { log }: Campaign, world: World): Promise<Release> {
  if (number !== undefined) return (await releaseNumbered(number, log, world)).release;
  const head = await log.head(world);
  if (head) return head.release;
  throw new Failure("input", "nothing has been published yet", { hint: "fieldtree publish makes the first release" });
}

function cidIn(text: string): CID | undefined {
  try {
    return CID.parse(text);
  } catch {
    return undefined; // A path, then.
  }
}

/** Without empty names and `.`: `/a//b/` is `a/b`. */
const tidy = (path: string): string =>
  path
    .split("/")
    .filter((name) => name !== "" && name !== ".")
    .join("/");
