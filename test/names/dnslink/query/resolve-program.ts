/** Our resolver as a program, for the standard's conformance test: `node resolve-program.ts DOMAIN '{"udp": PORT}'`. */

import type { Reply } from "../../../../pipeline/names/dnslink/query/query.ts";
import { type Link, resolveDnslink } from "../../../../pipeline/names/dnslink/query/resolve.ts";
import { testWorld } from "../../../fakes/world.ts";

const [domain, options] = process.argv.slice(2) as [string, string];
const { udp } = JSON.parse(options) as { udp: number };
try {
  const servers = [`127.0.0.1:${udp}`];
  const { links, notes } = await resolveDnslink(domain, { mode: "standard", servers, timeoutMs: 30_000 }, testWorld());
  console.log(JSON.stringify({ links: byNamespace(links), log: notes }));
} catch (error) {
  const reply = (error as Error).cause as Reply | undefined;
  if (reply?.code === undefined) throw error;
  console.log(JSON.stringify({ error: { code: `DNS_RCODE_${reply.code}` } }));
}

function byNamespace(links: readonly Link[]): object {
  const grouped = Object.groupBy(links, ({ namespace }) => namespace);
  return Object.fromEntries(
    Object.entries(grouped).map(([namespace, those]) => [
      namespace,
      those!.map(({ identifier, ttl }) => ({ identifier, ttl })),
    ]),
  );
}
