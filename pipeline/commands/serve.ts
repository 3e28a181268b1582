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
  ],
  about: `/ipns/CAMPAIGN/ is the live portal, /ipns/latest.CAMPAIGN/ the live tree, /ipns/NAME/ what a domain or an IPNS key
in campaign.yaml announces, /ipfs/CID anything that the campaign's node or gateways have. Read only. Give IPFS_GATEWAY its address, and Python opens ipfs:// addresses through it.`,
  example: "fieldtree serve --port 8642",

  endsBySignal: true,

  async run({ campaign, flags, out, world }) {
    const port = portIn(String(flags.port));
    await serveCampaign(await campaign(), { host: String(flags.host), port }, out, world);
    return 0;
  },
};
