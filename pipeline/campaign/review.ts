/**
 * The parts of a campaign that the review of a proposal needs; none of them needs a secret or writes.
 *
 * A review may run with only tree.yaml, campaign.yaml and a network: on a GitHub runner, for a fork. So the campaign's node is
 * one source of blocks among others. Where it can't be reached, the gateways are used.
 */

import { join } from "node:path";
import { endedBy } from "../core/abort.ts";
import { type CampaignConfig, facts } from "../core/campaign/campaign.ts";
import { isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { type Memory, memory } from "../disk/cache.ts";
import type { Source } from "../ipfs/fallback.ts";
import type { HomeNode, Node } from "../ipfs/node.ts";
import { required } from "../ipfs/require-block.ts";
import type { ReviewParts } from "../stages/review/report.ts";
import { type Past, sourceOf } from "../stages/tree/past.ts";
import { configFrom } from "./config.ts";
import { homeNode, ownNode } from "./parts/home.ts";
import { logOf } from "./parts/log.ts";
import { ownersOf } from "./parts/owners.ts";
import { configuredPinServices } from "./parts/pin-services.ts";
import { scanFilter } from "./path-pattern.ts";
import { readers } from "./readers/readers.ts";
import { type Environment, secretsIn } from "./secrets.ts";

export interface Review extends ReviewParts {
  close(): Promise<void>;
}

/**
 * `text`: campaign.yaml of the base branch. `folder`: the campaign's on this machine, which may have sizes and datasets cached.
 *
 * @throws Failure `input` where campaign.yaml is invalid.
 */
export async function openReview(text: string, folder: string, env: Environment): Promise<Review> {
  const config = configFrom(text);
  const secret = secretsIn(text, env);
  const state = join(folder, ".fieldtree");
  const home = await homeNode(config, state, secret).catch((error: unknown) => {
    // Without the token of the campaign's node, use this machine's node, which has the data imported here.
    if (isFailure(error, "input")) return ownNode(state);
    throw error;
  });
  const services = await configuredPinServices(config, secret);
  const [{ gateway }, several] = await Promise.all([import("../ipfs/gateway.ts"), import("../ipfs/gateways.ts")]);
  // One object for each gateway, so that a gateway's request to wait applies to all of its users.
  const gates = config.gateways.map((url) => ({ name: new URL(url).host, node: gateway(url) }));
  const any = several.gateways([home, ...gates.map(({ node }) => node)]);
  const sizes = await memory(join(state, "remembered", "sizes"));
  return {
    facts: facts(config),
    profile: config.profile,
    config,
    readers,
    isScanned: scanFilter(config),
    owners: ownersOf(config),
    sizes,
    rememberLive: (world) => rememberLive({ config, folder, state, home, env, sizes }, any, world),
    leafContents: await memory(join(state, "remembered", "holdings")),
    blockSources: [
      { name: "node", get: home.get },
      ...gates.map(({ name, node }): Source => ({ name, get: node.get })),
      ...services.flatMap(({ service: { name, retrieve } }): Source[] => (retrieve ? [{ name, get: retrieve }] : [])),
    ],
    get: (cid, world) => required(cid, any, world),
    close: async () => {
      for (const { close } of services) close();
      await any.close?.();
    },
  };
}

/** ms. Timeout for the log: without it, sizes are read leaf by leaf. */
const logTimeoutMs = 30_000;

/**
 * Caches the sizes of the live leaves that the log carries. A clone that has the log and no blocks has no other source of
 * sizes, and a clone with gateways saves one request for each leaf. A log that can't be reached is only logged.
 */
async function rememberLive(
  review: { config: CampaignConfig; folder: string; state: string; home: HomeNode; env: Environment; sizes: Memory },
  any: Node,
  world: World,
): Promise<void> {
  const { config, folder, state, home, env, sizes } = review;
  const inTime = endedBy(world, AbortSignal.timeout(logTimeoutMs));
  try {
    const log = await logOf(config, { folder, state, blocks: home, env });
    const head = await log.head(inTime);
    const get: Past["get"] = (cid) => required(cid, any, inTime);
    if (head) await sourceOf(head.release, { get, log, sizes, profile: config.profile }, inTime);
  } catch (error) {
    world.signal.throwIfAborted();
    if (!inTime.signal.aborted && !isFailure(error)) throw error;
    world.log(`what is live is not read from the log: ${isFailure(error) ? error.message : "it took too long"}`);
  }
}
