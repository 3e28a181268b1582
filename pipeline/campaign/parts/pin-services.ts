/** The pin services in campaign.yaml, each with a way to read blocks from it. */
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import type { ServiceConfig } from "../../core/campaign/pins.ts";
import { isFailure } from "../../core/failure.ts";
import type { Node } from "../../ipfs/node.ts";
import type { ConfiguredPinService, Parts } from "../../stages/parts.ts";
import { lazy, type Opened } from "../lazy.ts";
import { matches } from "../path-pattern.ts";
import { type Secret, tokenOf } from "../secrets.ts";

export async function configuredPinServices(
  { campaign, pins }: CampaignConfig,
  secret: Secret,
): Promise<Opened<{ readonly service: ConfiguredPinService }>[]> {
  if (pins.services.length === 0) return [];
  const [{ pinService }, { gateway }, { kubo }] = await Promise.all([
    import("../../pin/services.ts"),
    import("../../ipfs/gateway.ts"),
    import("../../ipfs/kubo/kubo.ts"),
  ]);
  return pins.services.map((config) => {
    const opened = lazy(() => pinService(config, campaign, secret));
    const node = readableNode(config, secret, { gateway, kubo });
    const service: ConfiguredPinService = {
      name: config.name,
      kind: config.kind,
      trusted: config.trust === "word",
      pinsEverything: config.only.length === 0 && config.largest === undefined,
      accepts: (path, size) =>
        (config.only.length === 0 || matches(path, config.only)) && size <= (config.largest ?? Infinity),
      open: opened.get,
      ...(node && { retrieve: (cid, world) => node.get(cid, world) }),
    };
    const close = () => {
      opened.created()?.close?.();
      void node?.close?.();
    };
    return { service, close };
  });
}

/** Returns where to read a service's blocks: its own gateway, or the Kubo node itself; absent where neither can be used. */
function readableNode(
  config: ServiceConfig,
  secret: Secret,
  open: { gateway: (url: string) => Node; kubo: (options: { api: string; token?: string }) => Node },
): Node | undefined {
  if (config.gateway) return open.gateway(config.gateway);
  if (config.kind !== "kubo") return undefined;
  try {
    return open.kubo({ api: config.api, ...tokenOf(config.token, secret) });
  } catch (error) {
    // A missing secret must not fail commands that only read. Commands that write throw this failure themselves.
    if (isFailure(error, "input")) return undefined;
    throw error;
  }
}

/** Returns the multiaddrs at which others can fetch from the home node. The embedded node has none, because it has no peers. */
export async function originsOf({ node }: CampaignConfig, secret: Secret): Promise<Parts["origins"]> {
  if (node.kind === "embedded") return async () => [];
  const { kuboPins } = await import("../../pin/kubo.ts");
  return async (world) => {
    const home = kuboPins({ name: "node", api: node.api, ...tokenOf(node.token, secret) });
    try {
      return await home.addresses!(world);
    } finally {
      home.close?.();
    }
  };
}
