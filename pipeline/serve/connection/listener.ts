/** The server's socket: HTTP/1.1 in the clear, or HTTP/2 and HTTP/1.1 over TLS, with the same limits. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import type { Server, Socket } from "node:net";
import { Failure } from "../../core/failure.ts";
import type { Limits } from "./limits.ts";

export interface Tls {
  /** PEM: the certificate, with those between it and a root. */
  readonly cert: string;
  /** PEM */
  readonly key: string;
}

export interface Listener {
  readonly server: Server;
  /** Closes every connection. */
  closeAll(): void;
}

/** Requests at once on one HTTP/2 connection. */
const streamsAtOnce = 100;

const largestHeaders = 16_384;

/** Alerts with which clients end a handshake because of the certificate (RFC 8446, section 6.2), as Node names them. */
const certificateAlert = /ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA)$/;

/** @throws Failure `input` for a certificate and key that don't belong together. */
export function createListener(
  limits: Limits,
  tls: Tls | undefined,
  respond: (request: IncomingMessage, response: ServerResponse) => void,
  onRefusedCertificate: (by: string, reason: string) => void = () => {},
): Listener {
  const options = {
    maxHeaderSize: largestHeaders,
    headersTimeout: limits.headers,
    requestTimeout: Math.max(limits.headers, limits.request),
    keepAliveTimeout: limits.keepAlive,
    // The interval at which Node checks both timeouts; its default is half a minute.
    connectionsCheckingInterval: Math.min(1000, limits.headers / 4),
  };
  if (!tls) {
    const server = createServer(options, respond);
    server.timeout = limits.idle;
    return { server, closeAll: () => server.closeAllConnections() };
  }
  const server = secureServer(tls, limits, options);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  // A client may have closed the connection already, which then has no address.
  server.on("tlsClientError", (error: NodeJS.ErrnoException, { remoteAddress = "a client" }) => {
    const [, reason] = certificateAlert.exec(error.code ?? "") ?? [];
    if (reason !== undefined) onRefusedCertificate(remoteAddress, reason.toLowerCase().replaceAll("_", " "));
  });
  server.on("session", (session) => session.setTimeout(limits.idle, () => session.destroy()));
  // Node's compatibility API: requests and responses of HTTP/2 look like those of HTTP/1.1.
  server.on("request", (request, response) =>
    respond(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  );
  return {
    server,
    closeAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function secureServer(tls: Tls, limits: Limits, options: object) {
  try {
    return createSecureServer({
      ...options,
      ...tls,
      allowHTTP1: true,
      handshakeTimeout: limits.headers,
      settings: { maxConcurrentStreams: streamsAtOnce, maxHeaderListSize: largestHeaders },
    });
  } catch (error) {
    throw new Failure("input", `the certificate and its key can't be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
