/**
 * Gates between the program and its servers: every exchange has a name, and can be met on its way.
 *
 * ```ts
 * const gates = openGates();
 * const api = await gates.http(kubo.api, ({ url }) => `mirror ${url.pathname}`);
 * gates.guard = async (exchange, when) => exchange !== "mirror /api/v0/pin/add" || when === "before";
 * // Pins are made, and nobody is told.
 * ```
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { onLoopback } from "../fakes/loopback.ts";
import { isUpdate, relay } from "../names/dnslink/relay.ts";

/** `before`: nothing of it has reached the server. `after`: the server has answered, and nobody was told. */
export type When = "before" | "after";

export interface Gates {
  /** Names of the exchanges that came so far, first to last. */
  readonly passed: string[];
  /** Met by every exchange, before and after; where it says false, the exchange is lost. Lets all pass until it is set. */
  guard: (exchange: string, when: When) => boolean | Promise<boolean>;
  /** A gate before the HTTP server at `origin`; resolves to its own address, without a slash at its end. */
  http(origin: string, nameOf: (asked: Asked) => string): Promise<string>;
  /** A gate before the DNS server at `address`; resolves to its own `host:port`. Exchanges: `dns query` and `dns update`. */
  dns(address: string): Promise<string>;
}

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
}

/** Closed when the test is over. */
export function openGates(): Gates {
  const passed: string[] = [];
  const through = async <T>(name: string, onward: () => Promise<T>): Promise<T | undefined> => {
    passed.push(name);
    if (!(await gates.guard(name, "before"))) return undefined;
    const answer = await onward();
    return (await gates.guard(name, "after")) ? answer : undefined;
  };

  const gates: Gates = {
    passed,
    guard: () => true,

    async http(origin, nameOf) {
      const pass = async (asked: IncomingMessage, answer: ServerResponse) => {
        const body = await buffer(asked);
        const url = new URL(asked.url!, origin);
        const name = nameOf({ method: asked.method!, url, body });
        const came = await through(name, () => forwarded(asked, url, body));
        if (!came) return void asked.socket.destroy();
        answer.writeHead(came.status, came.headers).write(came.body);
        answer.addTrailers(came.trailers);
        answer.end();
      };
      const server = createServer((asked, answer) => void pass(asked, answer).catch(() => asked.socket.destroy()));
      return onLoopback(server);
    },

    async dns(address) {
      const all = () => true;
      const pass = (message: Buffer, forward: () => Promise<Buffer>) =>
        through(isUpdate(message) ? "dns update" : "dns query", forward);
      return (await relay(address, pass, all)).address;
    },
  };
  return gates;
}

async function forwarded({ method, headers }: IncomingMessage, url: URL, body: Buffer) {
  const onward = request(url, { method: method!, headers }).end(body);
  const [came] = (await once(onward, "response")) as [IncomingMessage];
  const bytes = await buffer(came);
  return {
    status: came.statusCode!,
    headers: came.headers,
    body: bytes,
    trailers: came.trailers as NodeJS.Dict<string>,
  };
}

/** What git asks of its server over HTTP: pushes by what they do, and everything else as looking. */
export function gitExchange({ url, body }: Asked): string {
  const [, to, branch] = /[0-9a-f]{40} ([0-9a-f]{40}) refs\/heads\/([\w/-]+)/.exec(body.toString("latin1")) ?? [];
  if (!url.pathname.endsWith("/git-receive-pack") || branch === undefined) return "git look";
  if (!branch.endsWith("-lease")) return "git release";
  return /^0+$/.test(to!) ? "git give the lease back" : "git take the lease";
}
