/** Ports for servers that come back: while they are down, nobody else may get them. */
import { createSocket } from "node:dgram";
import { createServer, isIPv6 } from "node:net";

/** Below what systems lend to whoever calls out (Linux: from 32 768), and more than any one process asks for. */
const range = { first: 10_000, count: 22_000 };

/** On the Fetch standard's list of bad ports, the only one in our range. */
const refusedByFetch = 10_080;

/** Processes that test side by side begin in different places, and none gives a port twice. */
let next = (process.pid * 97) % range.count;

/** A port that is free on each of `ips`, over UDP and TCP. */
export async function freePort(ips: readonly string[] = ["127.0.0.1"]): Promise<number> {
  for (;;) {
    const port = range.first + (next++ % range.count);
    if (port === refusedByFetch) continue;
    const free = await Promise.all(ips.map((ip) => isFree(ip, port)));
    if (free.every(Boolean)) return port;
  }
}

async function isFree(ip: string, port: number): Promise<boolean> {
  const [udp, tcp] = [createSocket(isIPv6(ip) ? "udp6" : "udp4"), createServer()];
  const opened = (thing: typeof udp | typeof tcp) =>
    new Promise<boolean>((resolve) => {
      thing.once("listening", () => resolve(true));
      thing.once("error", () => resolve(false));
    });
  const both = Promise.all([opened(udp), opened(tcp)]);
  udp.bind(port, ip);
  tcp.listen(port, ip);
  const free = (await both).every(Boolean);
  await Promise.all([new Promise((done) => udp.close(() => done(0))), new Promise((done) => tcp.close(done))]);
  return free;
}
