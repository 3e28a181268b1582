/**
 * How the blocks of leaves get to the campaign's own node, and from where: gateways, pin services that offer blocks, peers.
 *
 * A node that can list its blocks gets the missing ones, one leaf after another, so that all leaves share one limit of bytes.
 * Any other node has a network of its own: there, a pin request fetches the blocks, and the sources come second.
 */
import type { CID } from "multiformats/cid";
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import { atMost } from "../../core/concurrency.ts";
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { withBlockList } from "../../ipfs/block-list.ts";
import { anyOf, belowAny, type Source, withCircuitBreaker } from "../../ipfs/fallback.ts";
import type { Fetched } from "../../ipfs/fetch-missing.ts";
import type { HomeNode, Node } from "../../ipfs/node.ts";
import type { ConfiguredPinService, Parts } from "../../stages/parts.ts";
import { fetchingLabel, leafLabel } from "../../stages/pins/label.ts";

/** Concurrent requests for blocks to one pin service. */
const requestsAtOnce = 16;

export interface FetchingBelow {
  /**
   * Fetches what the home node lacks below `root` from these sources, and stores it, within the run's limit of bytes.
   *
   * @throws Failure `unavailable` where some is out of reach; `refused` at the limit.
   */
  readonly fetchBelow: (root: CID, from: readonly Source[], world: World) => Promise<Fetched>;
}

export function fetchingLeaves(
  home: HomeNode,
  gateways: Node | undefined,
  services: readonly { readonly service: ConfiguredPinService }[],
  { campaign, limits }: CampaignConfig,
): Pick<Parts, "fetchLeaf" | "restoreLeaf" | "fetchTogether"> & FetchingBelow {
  const sources = sourcesOf(gateways, services);
  const inTurn = atMost(1);
  let left = limits.fetch;
  const fetchTo = (to: HomeNode, from: readonly Source[], root: CID, world: World) =>
    inTurn(async () => {
      const { fetchMissing } = await import("../../ipfs/fetch-missing.ts");
      const fetched = await fetchMissing(root, to, oneOf(from), { limitBytes: left }, world);
      left -= fetched.bytes;
      return fetched;
    });
  const { storedBlocks, getFromPeers } = home;
  let listed: Promise<HomeNode> | undefined;
  const fetchBelow: FetchingBelow["fetchBelow"] = async (root, from, world) => {
    if (!home.has && storedBlocks) listed ??= withBlockList(home, storedBlocks, world);
    return fetchTo((await listed) ?? home, from, root, world);
  };
  const fetchHere: Parts["fetchLeaf"] = async ({ cid }, world) => void (await fetchTo(home, sources, cid, world));
  if (home.has) return { fetchBelow, fetchLeaf: fetchHere };

  const fetchLeaf: Parts["fetchLeaf"] = async (leaf, world) => {
    const pin = () => home.pin(leaf.cid, leafLabel(campaign, leaf.path), world);
    try {
      await pin();
    } catch (error) {
      if (sources.length === 0 || !isFailure(error, "unavailable")) throw error;
      await fetchHere(leaf, world);
      await pin();
    }
  };
  const fetching = { fetchBelow, fetchLeaf, ...togetherOn(home, fetchingLabel(campaign)) };
  if (!storedBlocks) return fetching;
  const all = getFromPeers ? [...sources, { name: `peers of ${home.name}`, get: getFromPeers }] : sources;
  return {
    ...fetching,
    restoreLeaf: async ({ cid }, world) => void (await fetchBelow(cid, all, world)),
  };
}

function togetherOn(home: HomeNode, label: string): Pick<Parts, "fetchTogether"> {
  const { pinTogether } = home;
  if (!pinTogether) return {};
  let isPinned = false;
  return {
    fetchTogether: {
      async fetch(leaves, world) {
        const roots = leaves.map(({ cid }) => cid);
        isPinned = await pinTogether(roots, label, world);
        return isPinned;
      },
      async unpin(world) {
        if (isPinned) await home.unpin(label, world);
        isPinned = false;
      },
    },
  };
}

/** The gateways, then every pin service that offers blocks. */
function sourcesOf(
  gateways: Node | undefined,
  services: readonly { readonly service: ConfiguredPinService }[],
): readonly Source[] {
  const readable = services.flatMap(({ service: { name, retrieve } }) => (retrieve ? [{ name, get: retrieve }] : []));
  return [...(gateways ? [gateways] : []), ...readable.map((service) => withCircuitBreaker(service, requestsAtOnce))];
}

function oneOf(sources: readonly Source[]): Source | undefined {
  if (sources.length === 0) return undefined;
  return { name: sources.map(({ name }) => name).join(", "), get: anyOf(sources), ...belowAny(sources) };
}
