/**
 * `serve`: the campaign as a gateway on this machine, until it is interrupted.
 *
 * It reads the head of the log for each request, and takes no lock, so a release published meanwhile is served immediately.
 */
import { portIn, serveCampaign } from "../cli/serve-campaign.ts";
import type { Verb } from "../cli/verb.ts";

export const serve: Verb = {
  flags: [
    ["--port <port>", "0 for any that is free", "8642"],
    ["--host <host>", "an address of this machine; 0.0.0.0 is all of them, and others can read too", "127.0.0.1"],
    ["--subdomains <host...>", "hosts below which each root has a host of its own: CID.ipfs.HOST, NAME.ipns.HOST"],
    ["--hosts <host...>", "other hosts that a proxy passes on, where --host is this machine only"],
    ["--resolve-at <url...>", "endpoints of delegated routing to ask for IPNS names of others"],
  ],
  about: `/ipns/CAMPAIGN/ is the live portal, /ipns/latest.CAMPAIGN/ the live tree, /ipns/NAME/ what a domain or an IPNS key
in campaign.yaml announces or anybody's does, /ipfs/CID anything that the campaign's node or gateways have. Read only. Give IPFS_GATEWAY its address, and Python opens ipfs:// addresses through it.`,
  example: "fieldtree serve --port 8642",

  endsBySignal: true,

  async run({ campaign, flags, out, world }) {
    const port = portIn(String(flags.port));
    const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
    const options = {
      host: String(flags.host),
      port,
      resolveAt: list(flags.resolveAt),
      hosts: { subdomains: list(flags.subdomains), others: list(flags.hosts) },
    };
    await serveCampaign(await campaign(), options, out, world);
    return 0;
  },
};
