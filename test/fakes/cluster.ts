/**
 * An IPFS Cluster's REST API on a loopback port: peers that queue, fetch and hold what they are asked to, as far as the
 * blocks are there, and that misbehave when told to.
 *
 * It keeps the pin service contract as a real one does (`test/pin/cluster.test.ts` runs both), and answers word for word
 * what IPFS Cluster 1.1.0 was seen to answer, so what a fault teaches about it holds for real ones.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { CarReader } from "@ipld/car";
import { decode as decodePb } from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { cidOf } from "../../pipeline/dag/hash.ts";
import { closed, listening } from "../servers/loopback.ts";

export type Fault =
  /** Says nothing at all. */
  | "silent"
  /** A proxy's page, with status 200. */
  | "page"
  /** A proxy's page, with status 502. */
  | "bad gateway"
  /** Half of the last line, and then a well-ended answer. */
  | "cut mid-line"
  /** Half of the answer, and then the connection is gone. */
  | "cut off"
  /** All but the last line, and then a well-ended answer. */
  | "one line short"
  /** All lines, and then an error in the trailer. */
  | "late error"
  /** Lines without end. */
  | "endless"
  /** A pin of which no peer says anything. */
  | "nobody"
  /** A pin with a status that no version of Cluster has. */
  | "new word"
  /** JSON, of something else. */
  | "other JSON"
  /** 503. */
  | "overloaded"
  /** 404 to a pin that follows another: it was unpinned since. */
  | "no update"
  /** 404 to everything, in plain text. */
  | "another service";

export interface FakeCluster {
  readonly api: string;
  /** What was asked, `GET /pins?cids=…`, first to last. */
  readonly asked: string[];
  /** Answer like this from now on; properly again with `undefined`. */
  fault: Fault | undefined;
  /** Peers that are gone, by their name. */
  readonly offline: Set<string>;
  /** Peers whose Kubo can't pin, by their name. */
  readonly broken: Set<string>;
  /** Peers that stay at fetching, by their name. */
  readonly stuck: Set<string>;
  /** Peers that hear of nothing new, by their name. */
  readonly deaf: Set<string>;
  /** What is known of a pin. */
  pin(cid: CID): FakePin | undefined;
  /** Let it find these blocks. */
  offer(blocks: readonly Block[]): void;
  close(): Promise<void>;
}

export interface FakePin {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Ids of peers; none means all of them. */
  readonly allocations: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly origins: readonly string[];
  readonly created: string;
  readonly from: string | undefined;
}

export interface FakeClusterOptions {
  readonly peers?: number;
  /** How many peers keep a pin that doesn't say so itself; all where it is absent. */
  readonly factor?: number;
  /** The only `authorization` header that it takes. */
  readonly authorization?: string;
}

type Names = Set<string>;

interface FakePeer {
  readonly id: string;
  readonly name: string;
  /** How far it is with each CID. */
  readonly progress: Map<string, "pin_queued" | "pinning" | "pinned" | "pin_error">;
  /** Pins as it heard of them before it went deaf. */
  readonly heard: Map<string, FakePin>;
}

export async function startFakeCluster(options: FakeClusterOptions = {}): Promise<FakeCluster> {
  const { peers: count = 2, factor = -1, authorization } = options;
  const peers: FakePeer[] = Array.from({ length: count }, (_, index) => ({
    id: `12D3KooWFakePeer${"abcdefghij"[index]}`,
    name: `peer-${index}`,
    progress: new Map(),
    heard: new Map(),
  }));
  const pins = new Map<string, FakePin>();
  const blocks = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const [offline, broken, stuck, deaf] = [1, 2, 3, 4].map(() => new Set<string>()) as [Names, Names, Names, Names];

  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response).catch((error: Error) => {
      if (!response.headersSent) reply(response, problem(500, error.message));
      else response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (fake.fault === "silent") return;
    if (fake.fault === "page") return void page(response, 200, "Sign in");
    if (fake.fault === "bad gateway") return void page(response, 502, "Bad Gateway");
    if (fake.fault === "overloaded") return reply(response, problem(503, "try later"));
    if (fake.fault === "another service") return void response.writeHead(404).end("404 page not found");
    if (fake.fault === "other JSON") return void response.end('{"Version":"0.43.0"}\n');
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      return reply(response, problem(401, "unauthorized: access denied"));
    }
    // Go's server counts its limit of 4096 bytes a little generously.
    if (request.url!.length > 8000) {
      response.writeHead(431, { "content-type": "text/plain; charset=utf-8" });
      return void response.end("431 Request Header Fields Too Large");
    }
    const { pathname, searchParams: query } = new URL(request.url!, "http://fake");
    const [, place, cid, verb] = pathname.split("/");
    const asks = `${request.method} ${place}${cid ? "/cid" : ""}${verb ? `/${verb}` : ""}`;
    switch (asks) {
      case "GET peers":
        return stream(response, peers.filter(({ name }) => !offline.has(name)).map(idOf));
      case "GET pins":
        return stream(response, query.get("cids")!.split(",").map(infoOf));
      case "GET allocations/cid":
        return reply(response, pins.has(cid!) ? fine(pinOf(cid!)) : unknown);
      case "POST pins/cid":
        return reply(response, take(cid!, query));
      case "POST pins/cid/recover":
        for (const peer of alive()) if (peer.progress.get(cid!) === "pin_error") peer.progress.set(cid!, "pin_queued");
        return reply(response, fine(infoOf(cid!)));
      case "DELETE pins/cid":
        for (const { progress, heard } of peers) for (const known of [progress, heard]) known.delete(cid!);
        return reply(response, pins.delete(cid!) ? fine({}) : unknown);
      case "POST add":
        return add(request, response, query);
      default:
        return reply(response, problem(404, "not found"));
    }
  }

  const alive = () => peers.filter(({ name }) => !offline.has(name));

  function take(cid: string, query: URLSearchParams): Reply {
    const from = query.get("pin-update");
    const previous = from ? pins.get(from) : undefined;
    if (from && from !== cid) {
      if (!previous || fake.fault === "no update") return unknown;
      // All of the pin as it stood; only its name is new.
      pins.set(cid, { ...previous, name: query.get("name") || previous.name, created: now(), from });
      return taken(cid);
    }
    const least = Number(query.get("replication-min") ?? factor);
    const most = Number(query.get("replication-max") ?? factor);
    const origins = query.get("origins")?.split(",").filter(Boolean) ?? [];
    if (!origins.every((origin) => /^\/.+\/p2p\/\w+$/.test(origin))) {
      return problem(400, "multiaddress does not contain peer ID: protocol not found in multiaddr");
    }
    const allocations = allocated(cid, least, most, query.get("user-allocations")?.split(",") ?? []);
    if (!allocations) {
      const numbers = `Needed at least: ${least}. Wanted at most: ${most}. Available candidates: ${alive().length}.`;
      return problem(500, `not enough peers to allocate CID. ${numbers} See logs for more info.`);
    }
    const metadata = Object.fromEntries(
      [...query].filter(([key]) => /^meta-./.test(key)).map(([key, value]) => [key.slice("meta-".length), value]),
    );
    const name = query.get("name") ?? "";
    pins.set(cid, { name, least, most, allocations, metadata, origins, created: now(), from: undefined });
    return taken(cid);
  }

  function taken(cid: string): Reply {
    for (const peer of peers.filter(({ name }) => !deaf.has(name))) peer.heard.set(cid, pins.get(cid)!);
    return fine(pinOf(cid));
  }

  /** Who has it keeps it, then whom the wish names, then the first; `undefined` where there are too few. */
  function allocated(cid: string, least: number, most: number, wanted: readonly string[]): string[] | undefined {
    if (least < 0) return [];
    const has = pins.get(cid)?.allocations ?? [];
    const rank = ({ id }: FakePeer) => (has.includes(id) ? 0 : wanted.includes(id) ? 1 : 2);
    const ranked = alive().sort((a, b) => rank(a) - rank(b));
    return ranked.length < least ? undefined : ranked.slice(0, most).map(({ id }) => id);
  }

  function holders(cid: string): FakePeer[] {
    return peers.filter((peer) => isHolder(peer, pins.get(cid)));
  }

  function pinAsHeard({ name, heard }: FakePeer, cid: string): FakePin | undefined {
    return (deaf.has(name) ? heard : pins).get(cid);
  }

  async function add(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
    const form = await buffer(request);
    const boundary = /boundary=(.+)$/.exec(request.headers["content-type"]!)![1]!;
    const start = form.indexOf("\r\n\r\n") + 4;
    const file = form.subarray(start, form.lastIndexOf(`\r\n--${boundary}--`));
    const everyone = peers.map(({ id }) => id);
    if (query.get("format") !== "car") {
      if (query.get("raw-leaves") !== "true") return reply(response, problem(500, "only CARs and raw leaves here"));
      const cid = cidOf(codecs.raw, file);
      blocks.set(keyOf(cid), file);
      return stream(response, [{ name: "blocks.car", cid: `${cid}`, allocations: everyone }]);
    }
    const car = await CarReader.fromBytes(file);
    const [root, ...others] = await car.getRoots();
    if (!root || others.length > 0) return stream(response, [], "only CAR files with a single root are supported");
    let blocksAdded = 0;
    for await (const { cid, bytes } of car.blocks()) {
      blocks.set(keyOf(cid), bytes);
      blocksAdded++;
    }
    if (blocksAdded === 0) return void request.socket.destroy();
    const least = Number(query.get("replication-min") ?? factor);
    const allocations = allocated("", least, least, []) ?? [];
    if (query.get("no-pin") !== "true") take(`${root}`, query);
    stream(response, [
      { name: "blocks.car", cid: `${root}`, allocations: allocations.length > 0 ? allocations : everyone },
    ]);
  }

  /** Each look at a peer lets it come one step further. */
  function step(peer: FakePeer, cid: string): string {
    const before = peer.progress.get(cid) ?? "pin_queued";
    if (before === "pin_queued") peer.progress.set(cid, "pinning");
    if (before === "pinning" && broken.has(peer.name)) peer.progress.set(cid, "pin_error");
    else if (before === "pinning" && !stuck.has(peer.name) && isWhole(CID.parse(cid))) peer.progress.set(cid, "pinned");
    return before;
  }

  function isWhole(cid: CID): boolean {
    const bytes = blocks.get(keyOf(cid));
    if (!bytes) return false;
    return cid.code !== codecs.dagPb || decodePb(bytes).Links.every(({ Hash }) => isWhole(Hash));
  }

  function infoOf(cid: string): unknown {
    const pin = pins.get(cid);
    // As Cluster does, of the pin itself it says what the last peer says of it.
    const heard = pin && pinAsHeard(holders(cid).at(-1)!, cid);
    const { name = "", allocations = [], origins = null, created = longAgo, metadata = null } = heard ?? {};
    const says = peers.map((peer) => [peer.id, { peername: peer.name, ...saysOf(peer, cid, pin) }]);
    const peer_map = fake.fault === "nobody" ? {} : Object.fromEntries(says);
    return { cid, name, allocations, origins, created, metadata, peer_map };
  }

  function saysOf(peer: FakePeer, cid: string, pin: FakePin | undefined): { status: string; error: string } {
    if (!pin) return { status: "unpinned", error: "" };
    if (!isHolder(peer, pin)) return { status: "remote", error: "" };
    if (offline.has(peer.name)) return { status: "cluster_error", error: "failed to dial 12D3: dial backoff" };
    if (fake.fault === "new word") return { status: "pondering", error: "" };
    const heard = pinAsHeard(peer, cid);
    if (!heard) return { status: "unpinned", error: "" };
    if (!isHolder(peer, heard)) return { status: "remote", error: "" };
    const status = step(peer, cid);
    return { status, error: status === "pin_error" ? "merkledag: not found \u001b[31m" : "" };
  }

  function pinOf(cid: string): unknown {
    const { least, most, name, allocations, metadata, origins, created } = pins.get(cid)!;
    const factors = { replication_factor_min: least, replication_factor_max: most };
    return { ...factors, name, metadata, origins, cid, allocations, timestamp: created };
  }

  function idOf({ id, name }: FakePeer): unknown {
    const address = `/ip4/127.0.0.1/tcp/4001/p2p/${id.replace("Peer", "Kubo")}`;
    return { id, error: "", ipfs: { id, addresses: [address], error: "" }, peername: name };
  }

  function stream(response: ServerResponse, items: readonly unknown[], late = ""): void {
    const lines = items.map((item) => `${JSON.stringify(item)}\n`);
    const all = lines.join("");
    response.writeHead(200, { "content-type": "application/json", trailer: "X-Stream-Error" });
    switch (fake.fault) {
      case "cut mid-line":
        return void response.end(all.slice(0, -20));
      case "one line short":
        return void response.end(lines.slice(0, -1).join(""));
      case "cut off":
        response.write(all.slice(0, all.length / 2), () => response.destroy());
        return;
      case "endless": {
        const more = (): void => {
          while (!response.destroyed && response.write(all));
          if (!response.destroyed) response.once("drain", more);
        };
        more();
        return;
      }
    }
    response.write(all);
    // Cluster sets the trailer twice: once to nothing, for browsers' sake.
    const error = fake.fault === "late error" ? "context deadline exceeded" : late;
    response.addTrailers([
      ["X-Stream-Error", ""],
      ...(error === "" ? [] : ([["X-Stream-Error", error]] as [string, string][])),
    ]);
    response.end();
  }

  const fake: FakeCluster = {
    api: await listening(server),
    asked,
    fault: undefined,
    offline,
    broken,
    stuck,
    deaf,
    pin: (cid) => pins.get(`${cid}`),
    offer: (offered) => offered.forEach(({ cid, bytes }) => void blocks.set(keyOf(cid), bytes)),
    close: () => closed(server),
  };
  return fake;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Go's time zero. */
const longAgo = "0001-01-01T00:00:00Z";

const unknown = problem(404, "pin is not part of the pinset");

function isHolder({ id }: FakePeer, pin: FakePin | undefined): boolean {
  return !pin || pin.allocations.length === 0 || pin.allocations.includes(id);
}

function keyOf(cid: CID): string {
  return Buffer.from(cid.multihash.bytes).toString("base64");
}

/** Cluster remembers when to the second. */
function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function fine(body: unknown): Reply {
  return { status: 200, body };
}

function problem(code: number, message: string): Reply {
  return { status: code, body: { code, message } };
}

function reply(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}

function page(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { "content-type": "text/html" });
  response.end(`<!doctype html><title>${title}</title>`);
}
