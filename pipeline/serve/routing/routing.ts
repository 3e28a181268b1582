/**
 * The Delegated Routing API, with this gateway as the one provider: of the blocks that its node has, and of IPNS records.
 *
 * A Kubo that is given its address fetches blocks from here by HTTP alone, without libp2p.
 *
 * @see https://specs.ipfs.tech/routing/http-routing-v1/
 */
import type { CID } from "multiformats/cid";
import { parseAddressedCid } from "../../core/cid.ts";
import type { World } from "../../core/world.ts";
import { recordType } from "../bodies/record.ts";
import { freshness } from "../headers.ts";
import { keyName } from "../hosts/key-name.ts";
import { Refusal } from "../refusal.ts";
import type { Answer, Asking, NameRecord } from "../response.ts";

export interface Routing {
  /** `12D3Koo…`: who the provider is; the same after a restart. */
  readonly peerId: string;
  /** Multiaddr of this gateway, `/dns/gate.example.org/tcp/443/tls/http`; asked for when it listens. */
  readonly address: () => string;
  /** Whether the node itself has the block: other nodes must not be sent here for what would be fetched from them. */
  readonly has: (cid: CID, world: World) => Promise<boolean>;
  readonly record: (name: string, world: World) => Promise<NameRecord | undefined>;
  /** Takes a record over. @throws Failure `input` where it is not valid or older than the known one. */
  readonly offer: (name: string, bytes: Uint8Array, world: World) => Promise<void>;
}

/** Bytes of a record ("Record size limit" of the IPNS specification). */
export const largestRecord = 10 * 1024;

const protocol = "transport-ipfs-gateway-http";

/** s for which an answer may be cached: that there is a provider, and that there is none. */
const maxAge = { found: 300, none: 15 };

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, PUT, OPTIONS",
  "access-control-allow-headers": "Accept, Content-Type",
};

export function isRouting(url: string): boolean {
  return url.startsWith("/routing/v1/");
}

/** @param body the bytes that came with a PUT, at most {@link largestRecord}. @throws Refusal, Failure. */
export async function routed(asking: Asking, body: Uint8Array, routing: Routing, world: World): Promise<Answer> {
  const { method } = asking;
  const url = new URL(asking.url, "http://localhost");
  const [, , , kind = "", id = "", ...rest] = url.pathname.split("/");
  if (rest.length > 0) throw new Refusal(404, `there is no ${url.pathname.slice(0, 200)} in this API`);
  if (method === "OPTIONS") return { status: 204, headers: cors };
  if (kind === "ipns") return method === "PUT" ? put(id, body, routing, world) : record(id, asking, routing, world);
  if (method !== "GET" && method !== "HEAD") {
    throw new Refusal(405, `${method} is not for ${url.pathname.slice(0, 200)}`, { allow: "GET, HEAD, OPTIONS" });
  }
  if (kind === "providers") {
    const isHere = await routing.has(cidIn(id), world);
    return peers("Providers", isHere, url.searchParams, asking, routing);
  }
  if (kind === "peers") {
    const own = keyName(routing.peerId);
    return peers("Peers", keyName(id) === own, url.searchParams, asking, routing);
  }
  throw new Refusal(404, "this API has providers/CID, peers/ID and ipns/NAME");
}

function cidIn(text: string): CID {
  try {
    return parseAddressedCid(text);
  } catch {
    throw new Refusal(422, `${JSON.stringify(text.slice(0, 120))} is not a CID`);
  }
}

function peers(
  field: "Providers" | "Peers",
  found: boolean,
  query: URLSearchParams,
  { method, headers }: Asking,
  { peerId, address: own }: Routing,
): Answer {
  const address = own();
  const isAsked =
    found && allows(query.get("filter-protocols"), [protocol]) && allows(query.get("filter-addrs"), address.split("/"));
  const peer = { Schema: "peer", ID: peerId, Addrs: [address], Protocols: [protocol] };
  const listed = isAsked ? [peer] : [];
  const lines = /\bapplication\/x-ndjson\b/i.test(headers.accept ?? "");
  const text = lines ? listed.map((each) => `${JSON.stringify(each)}\n`).join("") : JSON.stringify({ [field]: listed });
  const bytes = new TextEncoder().encode(text);
  return {
    status: 200,
    headers: {
      ...cors,
      vary: "Accept",
      "content-type": lines ? "application/x-ndjson" : "application/json",
      "content-length": String(bytes.length),
      "cache-control": `public, max-age=${isAsked ? maxAge.found : maxAge.none}`,
    },
    ...(method !== "HEAD" && { body: bytes }),
  };
}

/** IPIP-484: a comma-separated list, of which one must be among `has`, and none that begins with `!`. */
function allows(filter: string | null, has: readonly string[]): boolean {
  const each = (filter ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const [not, some] = [each.filter((name) => name.startsWith("!")), each.filter((name) => !name.startsWith("!"))];
  if (not.some((name) => has.includes(name.slice(1)))) return false;
  return some.length === 0 || some.some((name) => has.includes(name));
}

async function record(id: string, asking: Asking, routing: Routing, world: World): Promise<Answer> {
  if (asking.method !== "GET" && asking.method !== "HEAD") {
    throw new Refusal(405, `${asking.method} is not for records`, { allow: "GET, HEAD, PUT, OPTIONS" });
  }
  const found = await routing.record(nameIn(id), world);
  if (!found) throw new Refusal(404, `no record of ${id} is known here`);
  const headers = {
    ...cors,
    ...freshness("ipns", found),
    vary: "Accept",
    "content-type": recordType,
    "content-length": String(found.bytes.length),
  };
  return { status: 200, headers, ...(asking.method === "GET" && { body: found.bytes }) };
}

async function put(id: string, body: Uint8Array, { offer }: Routing, world: World): Promise<Answer> {
  await offer(nameIn(id), body, world);
  return { status: 200, headers: { ...cors, "cache-control": "no-store", "content-length": "0" } };
}

function nameIn(id: string): string {
  const name = keyName(id);
  if (name === undefined) throw new Refusal(400, `${JSON.stringify(id.slice(0, 120))} is not the name of a key`);
  return name;
}

/** `https://gate.example.org` as the address that peers are given; `undefined` where it is not https. */
export function multiaddrOf(url: string): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "https:") return undefined;
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  const kind = bare !== hostname ? "ip6" : /^[\d.]+$/.test(hostname) ? "ip4" : "dns";
  return `/${kind}/${bare}/tcp/${port || 443}/tls/http`;
}
