/**
 * A read-only HTTP gateway over any node.
 *
 * This file opens the port and has what all requests share. `exchange.ts` handles one request on its socket, and `respond.ts`
 * computes its response.
 *
 * ```ts
 * const served = await serve({ node, resolve, campaign: "eurec4a" }, world);
 * served.url; // http://127.0.0.1:8484
 * ```
 */
import { once } from "node:events";
import type { World } from "../core/world.ts";
import { listening, urlOf } from "../http/listen.ts";
import type { Node } from "../ipfs/node.ts";
import { sortedFolders } from "./bodies/folders.ts";
import { type Limits, usualLimits } from "./connection/limits.ts";
import { createListener, type Tls } from "./connection/listener.ts";
import { placesFor } from "./connection/slots.ts";
import { exchange, type Gateway } from "./exchange.ts";
import { getOf } from "./get.ts";
import { type Hosts, isLoopback, noHosts } from "./hosts/hosts.ts";
import { recentBlocks } from "./recent-blocks.ts";
import type { NameRecord, Resolved } from "./response.ts";
import type { Routing } from "./routing/routing.ts";

export interface Serving {
  /** Used only to read blocks. */
  readonly node: Node;
  /** The current target of `/ipns/<name>`; called for each request, so that a new release is visible at once. */
  readonly resolve: (name: string, world: World) => Promise<Resolved | undefined>;
  /** The record of any IPNS key; absent where records are not given. */
  readonly record?: (name: string, world: World) => Promise<NameRecord | undefined>;
  /** Hosts that stand for roots; absent: none. */
  readonly hosts?: Hosts;
  /** Answer the Delegated Routing API; absent: it is not there. */
  readonly routing?: Routing;
  /** Encrypt connections, and speak HTTP/2; absent: plain HTTP/1.1. */
  readonly tls?: Tls;
  /** A client at `by` ended its handshake because of the certificate. */
  readonly onRefusedCertificate?: (by: string, reason: string) => void;
  /** The name that `/` redirects to. */
  readonly campaign: string;
  /** Loopback where absent, so that the gateway is reachable from other machines only if the operator chooses so. */
  readonly host?: string;
  /** 0, or absent: any free port. */
  readonly port?: number;
  /** Milliseconds until the first bytes must be there. */
  readonly firstBytesMs?: number;
  /** Milliseconds; see `limits.ts`. */
  readonly limits?: Partial<Limits>;
}

export interface Served {
  /** Without trailing slash. */
  readonly url: string;
  /** Close the port and all connections. */
  close(): Promise<void>;
}

/** Most bodies sent at once; further requests wait. */
const bodiesAtOnce = 64;

const connectionsAtOnce = 512;

/** Most bytes of memory for directories and roots of files. */
const atHand = 128 * 1024 * 1024;

/**
 * Resolves when the server accepts requests.
 *
 * @throws Failure `input` for a host or port that can't be opened, `refused` where the port is in use or not permitted.
 */
export async function serve(serving: Serving, world: World): Promise<Served> {
  const { host = "127.0.0.1", port = 0 } = serving;
  const limits: Limits = {
    ...usualLimits,
    ...(serving.firstBytesMs !== undefined && { firstBytes: serving.firstBytesMs }),
    ...serving.limits,
  };
  let gateway: Gateway | undefined;
  const { server, closeAll } = createListener(
    limits,
    serving.tls,
    (request, response) => void (gateway && exchange(gateway, request, response)),
    serving.onRefusedCertificate,
  );
  server.maxConnections = connectionsAtOnce;
  const opened = await listening(server, host, port);
  gateway = gatewayOf(serving, limits, isLoopback(opened.address), world);
  const { underway } = gateway;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    closeAll();
    await closed;
  };
  const abort = () => {
    for (const stop of underway) stop(world.signal.reason);
    void close();
  };
  world.signal.addEventListener("abort", abort, { once: true });
  return { url: urlOf(opened, serving.tls ? "https" : "http"), close };
}

function gatewayOf(serving: Serving, limits: Limits, loopback: boolean, world: World): Gateway {
  const { node, resolve, record, hosts = noHosts, routing, campaign } = serving;
  const recent = recentBlocks(atHand);
  return {
    ...{ node, resolve, hosts, campaign, loopback, limits, world, recent },
    ...(record && { record }),
    ...(routing && { routing }),
    places: placesFor(bodiesAtOnce, { wait: limits.place, stall: limits.stall }),
    list: sortedFolders((signal) => getOf(node, recent, () => ({ ...world, signal }), false)),
    underway: new Set(),
  };
}
