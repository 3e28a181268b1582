/**
 * DNS over HTTP in front of a real DNS server: the one way in which Kubo can be told whom to ask.
 *
 * BIND speaks DoH over HTTP/2 only, and Kubo, without TLS, over HTTP/1.1 only; so the messages are passed on as they are.
 *
 * @see RFC 8484
 */
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { closed, listening } from "./loopback.ts";

export interface Doh {
  /** For Kubo's `DNS.Resolvers`: `http://127.0.0.1:PORT/dns-query`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** `address`: `127.0.0.1:PORT` of the server that answers. */
export async function startDoh(address: string): Promise<Doh> {
  const server = createServer(async (request, response) => {
    try {
      const reply = await overTcp(address, await messageIn(request));
      response.writeHead(200, { "content-type": "application/dns-message" }).end(reply);
    } catch {
      response.writeHead(502).end();
    }
  });
  return {
    url: `${await listening(server)}/dns-query`,
    stop: () => closed(server),
  };
}

async function messageIn(request: IncomingMessage): Promise<Buffer> {
  const asked = new URL(request.url!, "http://localhost").searchParams.get("dns");
  if (request.method === "GET") return Buffer.from(asked ?? "", "base64url");
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** What the server says to a message, as it came. */
export async function overTcp(address: string, message: Buffer): Promise<Buffer> {
  const [host, port] = address.split(":") as [string, string];
  const socket = connect(Number(port), host);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.write(Buffer.concat([length, message]));
  let got = Buffer.alloc(0);
  try {
    for await (const part of socket) {
      got = Buffer.concat([got, part as Buffer]);
      if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) return got.subarray(2);
    }
    throw new Error(`${address} hung up`);
  } finally {
    socket.destroy();
  }
}
