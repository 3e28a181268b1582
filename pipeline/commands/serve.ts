/**
 * `serve`: the campaign as a gateway on this machine, until it is interrupted.
 *
 * It reads the head of the log for each request, and takes no lock, so a release published meanwhile is served immediately.
 */
import { portIn, serveCampaign } from "../cli/serve-campaign.ts";
import { tlsIn } from "../cli/serve-routing.ts";
import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { limitGrownYoungHeap } from "../disk/young-heap.ts";

export const serve: Verb = {
  flags: [
    ["--port <port>", "0 for any that is free", "8642"],
    ["--host <host>", "an address of this machine; 0.0.0.0 is all of them, and others can read too", "127.0.0.1"],
    ["--subdomains <host...>", "hosts below which each root has a host of its own: CID.ipfs.HOST, NAME.ipns.HOST"],
    ["--hosts <host...>", "other hosts that a proxy passes on, where --host is this machine only"],
    ["--tls-cert <file>", "answer https and HTTP/2 with this certificate and its chain, PEM"],
    ["--tls-key <file>", "the certificate's private key, PEM"],
    ["--routing", "answer the Delegated Routing API, so that a Kubo fetches from here over https"],
    ["--public-url <url>", "where other machines reach this gateway, where that is a proxy in front of it"],
    ["--resolve-at <url...>", "endpoints of delegated routing to ask for IPNS names of others"],
  ],
  about: `/ipns/CAMPAIGN/ is the live portal, /ipns/latest.CAMPAIGN/ the live tree, /ipns/NAME/ what a domain or an IPNS key
in campaign.yaml or any other announces, /ipfs/CID anything that the campaign's node or gateways have. Read only. Give IPFS_GATEWAY its address, and Python opens ipfs:// addresses through it.`,
  example: "fieldtree serve --port 8642",

  endsBySignal: true,

  async run({ store, flags, out, world }) {
    const port = portIn(String(flags.port));
    const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
    const text = (value: unknown) => (value === undefined ? undefined : String(value));
    const tls = await tlsIn(text(flags.tlsCert), text(flags.tlsKey));
    const options = {
      host: String(flags.host),
      port,
      resolveAt: list(flags.resolveAt),
      hosts: { subdomains: list(flags.subdomains), others: list(flags.hosts) },
      routing: flags.routing === true,
      ...(flags.publicUrl !== undefined && { publicUrl: urlIn(String(flags.publicUrl)) }),
      ...(tls && { tls }),
    };
    // Objects of 200 requests at a time otherwise fill a part of the heap that grows to 100 MB.
    limitGrownYoungHeap();
    await serveCampaign(await store(), options, out, world);
    return 0;
  },
};

/** Without slash at the end. @throws Failure `input` */
function urlIn(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    throw new Failure("input", `--public-url takes an address like https://gate.example.org, and got “${text}”`);
  }
  return text.replace(/\/+$/, "");
}
