/**
 * The package export `fieldtree/views`: views of one's own, folded from the release logs of campaigns.
 *
 * A contract: what is exported here stays. `docs/views.md` describes it with an example.
 */
import { resolve } from "node:path";
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { ReleaseSource } from "../fold/folded-view.ts";
import { ownWorld } from "../fold/views.ts";
import { required } from "../ipfs/require-block.ts";
import { completeRelease } from "../log/left-out-changes.ts";
import { openCampaign } from "./campaign.ts";
import type { Environment } from "./secrets.ts";

export { fileStore } from "../fold/file-store.ts";
export type { FoldedView, Progress, ReleaseSource, ViewStore } from "../fold/folded-view.ts";
export { memoryStore } from "../fold/folded-view.ts";
export type { Views, ViewsOptions } from "../fold/views.ts";
export { openViews } from "../fold/views.ts";
export type { Past } from "../views/view.ts";

export interface OpenedLog extends ReleaseSource, AsyncDisposable {}

export interface CampaignLogOptions {
  /** How positions in it are stored. Default: the campaign's short name. */
  readonly name?: string;
  /** `process.env`, where campaign.yaml names secrets that its node needs. Default: none are set. */
  readonly env?: Environment;
  readonly signal?: AbortSignal;
}

/**
 * The log of the campaign in `folder`, a clone with tree.yaml and campaign.yaml.
 *
 * @throws Failure `input` where campaign.yaml is missing or invalid.
 */
export async function campaignLog(
  folder: string,
  { name, env = {}, signal = new AbortController().signal }: CampaignLogOptions = {},
): Promise<OpenedLog> {
  const campaign = await openCampaign(resolve(folder), env, { ...ownWorld, signal });
  return {
    name: name ?? campaign.facts.campaign,
    head: (world) => campaign.log.head(world),
    read: (cid, world) => campaign.log.read(cid, world),
    [Symbol.asyncDispose]: () => campaign.close(),
  };
}

/**
 * The log up to the release `head`, read from IPFS gateways: of a campaign of which there is no clone here. Each release is
 * checked against its CID.
 *
 * @throws Failure `input` where `head` is no CID.
 */
export async function logAt(
  head: string,
  { name, gateways }: { readonly name: string; readonly gateways: readonly string[] },
): Promise<OpenedLog> {
  const several = await import("../ipfs/gateways.ts");
  const node = several.gateways(gateways);
  const cid = parsed(head);
  const read: ReleaseSource["read"] = (cid, world) => completeRelease(cid, (block) => required(block, node, world));
  return {
    name,
    head: async (world) => ({ cid, release: await read(cid, world) }),
    read,
    [Symbol.asyncDispose]: async () => node.close?.(),
  };
}

function parsed(head: string): CID {
  try {
    return CID.parse(head);
  } catch (cause) {
    throw new Failure("input", `${head.slice(0, 80)} is not the CID of a release`, { cause });
  }
}
