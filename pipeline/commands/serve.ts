/**
 * `serve`: the campaign as a gateway on this machine, until somebody stops it.
 *
 * It reads the head of the log anew for each request and takes no lock, so a publish beside it shows at once.
 */
import { once } from "node:events";
import type { CID } from "multiformats/cid";
import type { Campaign } from "../campaign.ts";
import { Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Node } from "../ipfs/node.ts";
import { serve as openGateway } from "../serve/serve.ts";
import type { Output, Verb } from "./command.ts";

export const serve: Verb = {
  flags: [
    ["--port <port>", "0 for any that is free", "8642"],
    ["--host <host>", "an address of this machine; other than 127.0.0.1 others can read too", "127.0.0.1"],
  ],
  about: `/ipns/CAMPAIGN/ is the live portal, /ipns/latest.CAMPAIGN/ the live tree, /ipfs/CID anything the campaign's node or
gateways have. Read only. Give IPFS_GATEWAY its address, and Python opens ipfs:// addresses through it.`,
  example: "fieldtree serve --port 8642",

  async run({ campaign, flags, out, world }) {
    await serveCampaign(await campaign(), { host: String(flags.host), port: Number(flags.port) }, out, world);
    return 0;
  },
};

/** Serve until `world.signal` says stop. Prints the address once it answers. */
export async function serveCampaign(
  campaign: Campaign,
  at: { readonly host: string; readonly port: number },
  out: Output,
  world: World,
): Promise<void> {
  const name = campaign.facts.campaign;
  const gateway = await openGateway(
    { node: nodeOf(campaign), resolve: resolverOf(campaign), campaign: name, ...at },
    world,
  );
  try {
    const portal = `${gateway.url}/ipns/${encodeURIComponent(name)}/`;
    const live = await campaign.log.head(world);
    const text = [`serving ${portal}`, ...(live ? await howToOpen(portal, gateway.url, world) : [])].join("\n");
    out.result({ event: "serving", url: gateway.url, portal }, text);
    if (!live) world.log("nothing is published yet: the portal appears with `fieldtree publish`");
    if (!world.signal.aborted) await once(world.signal, "abort");
  } finally {
    await gateway.close();
  }
}

/**
 * What the home node lacks, the campaign's gateways may have.
 *
 * They are asked on behalf of the campaign, not of one request: a block that several want is fetched once, and whoever
 * leaves first must not end that for the others.
 */
function nodeOf({ home, get, facts }: Campaign): Node {
  return {
    name: home.name,
    async get(cid, world) {
      const held = await home.get(cid, world);
      return held ?? (facts.gateways.length > 0 ? get(cid) : undefined);
    },
  };
}

function resolverOf({ facts, log }: Campaign): (name: string, world: World) => Promise<CID | undefined> {
  const names = [facts.campaign, ...(facts.domain ? [facts.domain] : [])];
  return async (name, world) => {
    const tree = name.startsWith("latest.");
    if (!names.includes(tree ? name.slice("latest.".length) : name)) return undefined;
    const live = await log.head(world);
    return tree ? live?.release.root : live?.release.portal;
  };
}

/** Lines of Python that open the portal's first Zarr dataset; none where it has none. */
async function howToOpen(portal: string, url: string, world: World): Promise<readonly string[]> {
  try {
    const answer = await world.fetch(new Request(`${portal}index.json`, { signal: world.signal }));
    if (!answer.ok) throw new Failure("unavailable", `the portal's index.json answered ${answer.status}`);
    const { datasets } = (await answer.json()) as {
      datasets: readonly { title?: string; cid: string; zarr?: number; consolidated?: boolean }[];
    };
    const first = datasets.find(({ zarr }) => zarr !== undefined);
    if (!first) return [];
    const unconsolidated = first.consolidated === false ? ", consolidated=False" : "";
    return [
      "",
      "    import xarray as xr",
      `    ds = xr.open_zarr("${url}/ipfs/${first.cid}"${unconsolidated})`,
      "",
      "Ctrl-C ends it.",
    ];
  } catch (error) {
    if (!isFailure(error)) throw error;
    world.log(error.message);
    return [];
  }
}
