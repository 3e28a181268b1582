/** What `serve` needs for TLS and for the Delegated Routing API, from flags and the campaign's state. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { base58btc } from "multiformats/bases/base58";
import type { CampaignStore } from "../campaign/campaign.ts";
import { probeBlock, recordServing } from "../campaign/parts/http-origin.ts";
import type { OtherNames } from "../campaign/parts/other-names.ts";
import { Failure } from "../core/failure.ts";
import { publicKeyOf } from "../core/key.ts";
import type { World } from "../core/world.ts";
import { readIfThere } from "../disk/read.ts";
import { writeDurably } from "../disk/write.ts";
import { hasBlock } from "../ipfs/has-block.ts";
import { fetchingLines } from "../pin/http-origin.ts";
import type { Tls } from "../serve/connection/listener.ts";
import type { NameRecord } from "../serve/response.ts";
import { multiaddrOf, type Routing } from "../serve/routing/routing.ts";

/** @throws Failure `input` for files that can't be read, and for one without the other. */
export async function tlsIn(cert: string | undefined, key: string | undefined): Promise<Tls | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new Failure("input", `--tls-${cert === undefined ? "cert" : "key"} is missing: TLS needs both files`);
  }
  const pem = async (file: string) => {
    try {
      return await readFile(file, "utf8");
    } catch (cause) {
      throw new Failure("input", `can't read ${file}: ${(cause as Error).message}`, { cause });
    }
  };
  return { cert: await pem(cert), key: await pem(key) };
}

/**
 * The campaign's own node as provider of what it has.
 *
 * @param url where other machines reach the gateway; asked for at each request.
 */
export async function routingOf(
  campaign: CampaignStore,
  others: OtherNames,
  recordOf: (name: string, world: World) => Promise<NameRecord | undefined>,
  url: () => string,
): Promise<Routing> {
  const { home, state } = campaign;
  return {
    peerId: await peerIdIn(join(state, "peer-id")),
    // A port without TLS behind a proxy is not where peers connect: `serve` refuses to start then.
    address: () => multiaddrOf(url()) ?? "",
    has: async (cid, world) => (await hasBlock(cid, home, world)) || (await probeBlock(state, cid)) !== undefined,
    record: recordOf,
    offer: (name, bytes, world) => others.records.offer(name, bytes, world),
  };
}

/**
 * The peer ID in `file`, created at the first use. Peers do not ask for its private key over HTTP, so none is stored.
 *
 * @throws Failure `input` where the file has something else.
 */
async function peerIdIn(file: string): Promise<string> {
  const stored = (await readIfThere(file))?.toString().trim();
  if (stored === undefined) {
    const id = base58btc.encode(Buffer.concat([peerIdPrefix, randomBytes(32)])).slice(1);
    await writeDurably(file, `${id}\n`);
    return id;
  }
  if (!publicKeyOf(stored))
    throw new Failure("input", `${file} has no peer ID`, { hint: "remove it: a new one is created" });
  return stored;
}

/** Identity multihash of an ed25519 key as protobuf (libp2p specs, peer-ids). */
const peerIdPrefix = Buffer.from([0x00, 0x24, 0x08, 0x01, 0x12, 0x20]);

/** Lines that let a Kubo, or those of a Cluster, fetch from `url`. */
export function howToFetch(url: string): readonly string[] {
  return [
    "",
    "A Kubo fetches from here after",
    "",
    ...fetchingLines({ url }).map((line) => `    ${line}`),
    "",
    "and a restart of its daemon.",
  ];
}

/** ms between two warnings: a Kubo tries again and again. */
const betweenWarnings = 60_000;

/** Lets processes that pin find this gateway, until `end`. `listens`: where it does. */
export async function announceOrigin(
  { state }: CampaignStore,
  { peerId, address }: Routing,
  { url, listens }: { readonly url: string; readonly listens: string },
  world: World,
) {
  const { hostname, port } = new URL(listens);
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  const host = bare === "0.0.0.0" ? "127.0.0.1" : bare === "::" ? "::1" : bare;
  const record = await recordServing(state, { url, address: address(), peerId, host, port: Number(port) });
  let warned = Number.NEGATIVE_INFINITY;
  return {
    refused(by: string, reason: string): void {
      record.refused(by, reason, world);
      if (performance.now() - warned < betweenWarnings) return;
      warned = performance.now();
      world.log(
        `warning: ${by} refused the certificate (${reason}): no public authority signed it, or it is for another host; a Kubo accepts one that SSL_CERT_FILE names`,
      );
    },
    end: record.end,
  };
}
