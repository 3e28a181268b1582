/**
 * Queries every authoritative server of a name.
 *
 * A resolver caches, and queries any one of the servers, so its answer does not show whether a change has reached all of
 * them. Here the zone's servers are determined (SOA upwards to the zone cut, its NS, their addresses) and each is queried at
 * each of its addresses, without recursion; only authoritative answers (AA bit) count. A server with an error is returned
 * with the problem, and never left out.
 *
 * ```ts
 * for (const { server, rrset, problem } of await authorities("_dnslink.example.org", {}).ask(world)) …
 * ```
 */
import { isIPv6 } from "node:net";
import type { SoaData } from "dns-packet";
import { Failure, isFailure } from "../../../core/failure.ts";
import { byBytes } from "../../../core/text/order.ts";
import { shown } from "../../../core/text/shown.ts";
import type { World } from "../../../core/world.ts";
import type { RRset } from "../provider.ts";
import {
  addressesOf,
  ask,
  called,
  type DnsRecord,
  plainName,
  type Question,
  type Reply,
  type Server,
  textOf,
} from "./query.ts";
import { askResolvers } from "./resolvers.ts";

export interface AuthorityOptions {
  /** `host:port` of the authoritative servers, in place of those in the DNS. */
  readonly authorities?: readonly string[];
  /** `host:port` of the resolver used to find them. Default: the system's. */
  readonly resolver?: string;
  /** ms for one answer. */
  readonly timeoutMs?: number;
  /** Port of the servers found in the DNS. Default: 53. */
  readonly port?: number;
}

export interface Authorities {
  /**
   * Queries all servers in parallel. Returns one answer for each, in the order in which they are named.
   *
   * @throws Failure `unavailable` or `input` if the servers can't be determined.
   */
  ask(world: World): Promise<ServerAnswer[]>;
}

/** The answer of one server at one of its addresses. */
export interface ServerAnswer {
  /** `192.0.2.1:53 (ns1.example.org)` */
  readonly server: string;
  /** Absent if there are no TXT records, or a problem. */
  readonly rrset?: RRset;
  /** s for which resolvers may cache the answer, also a negative one (RFC 2308). */
  readonly ttl?: number;
  /** Serial number of the zone at this server: shows which server is out of date. */
  readonly serial?: number;
  /** Why the answer is not valid. */
  readonly problem?: string;
  /** True if the server answered, and the problem is its answer. */
  readonly wrong?: boolean;
}

/** The authoritative servers of `name`. They are resolved at the first query only. */
export function authorities(name: string, options: AuthorityOptions): Authorities {
  const timeoutMs = options.timeoutMs ?? 3000;
  const given = options.authorities ?? [];
  const find = (world: World) =>
    given.length > 0 ? whereNamed(given) : findServers(name, { ...options, timeoutMs }, world);
  let found: Promise<readonly ServerAddress[]> | undefined;
  let loggedNoIPv6 = false;

  return {
    async ask(world) {
      found ??= find(world).catch((error) => {
        found = undefined;
        throw error;
      });
      const places = await found;
      const outcomes = await Promise.all(places.map((place) => askOne(name, place, timeoutMs, world)));
      const counted = withoutUnreachableIPv6(outcomes);
      if (counted.length < outcomes.length && !loggedNoIPv6) {
        world.log(`${name}: nothing comes back over IPv6, so its servers count by what they answer over IPv4`);
        loggedNoIPv6 = true;
      }
      return counted.map(({ answer }) => answer);
    },
  };
}

/** An address to query, or why there is none. */
type ServerAddress = { readonly server: Server } | { readonly lost: ServerAnswer };

interface Outcome {
  readonly answer: ServerAnswer;
  /** Absent if the server has no address. */
  readonly server?: Server;
  /** False if no answer arrived, possibly because this machine has no route to the address. */
  readonly reached: boolean;
}

/** Maximum number of servers. No zone has more; without a limit, a zone could make this process query many third parties. */
const mostServers = 64;

/** Error codes of the system if this machine has no route to an address. */
const noRoute: ReadonlySet<unknown> = new Set([
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "EACCES",
]);

async function askOne(name: string, place: ServerAddress, timeoutMs: number, world: World): Promise<Outcome> {
  if ("lost" in place) return { answer: place.lost, reached: false };
  const { server } = place;
  try {
    const questions = ["TXT", "SOA"] as const;
    const [txt, soa] = await Promise.all(questions.map((type) => ask({ name, type }, server, { timeoutMs }, world)));
    return { server, reached: true, answer: { server: called(server), ...readOff(name, txt!, soa!) } };
  } catch (error) {
    world.signal.throwIfAborted();
    if (!isFailure(error, "unavailable")) throw error;
    const { name: kind, code } = error.cause as { readonly name?: string; readonly code?: unknown };
    const problem = error.message.slice(called(server).length + 1);
    const reached = kind !== "TimeoutError" && !noRoute.has(code);
    return { server, reached, answer: { server: called(server), problem } };
  }
}

/**
 * Many machines have no IPv6. If no answer arrives over IPv6 at all, servers that answer over IPv4 count by that answer
 * only.
 */
function withoutUnreachableIPv6(outcomes: readonly Outcome[]): readonly Outcome[] {
  const six = outcomes.filter(({ server }) => server && isIPv6(server.ip));
  if (six.some(({ reached }) => reached)) return outcomes;
  const four = outcomes.filter(({ server, reached }) => reached && server && !isIPv6(server.ip));
  const hosts = new Set(four.map(({ server }) => server!.host).filter((host) => host !== undefined));
  return outcomes.filter((outcome) => !six.includes(outcome) || !hosts.has(outcome.server!.host!));
}

function readOff(name: string, txt: Reply, soa: Reply): Omit<ServerAnswer, "server"> {
  if (txt.rcode !== "NOERROR" && txt.rcode !== "NXDOMAIN") return { problem: `answers ${txt.rcode}` };
  if (!txt.authoritative) {
    return { problem: "does not answer for the zone itself, though the zone names it (lame delegation)" };
  }
  const owner = plainName(name);
  const alias = txt.answers.find((record) => record.type === "CNAME" && record.name === owner);
  if (alias) return { problem: `a CNAME exists at ${name}, to ${shown(String(alias.data))}`, wrong: true };

  const authority = zoneOf(soa) ?? zoneOf(txt);
  const serial = authority?.data.serial ?? undefined;
  const records = txt.answers.filter((record) => record.type === "TXT" && record.name === owner);
  if (records.length === 0) {
    // TTL of a negative answer: the smaller of the SOA's TTL and its MINIMUM field (RFC 2308 §5).
    const ttl = authority && Math.min(authority.ttl, authority.data.minimum ?? authority.ttl);
    return { ...(ttl !== undefined && { ttl }), ...(serial !== undefined && { serial }) };
  }
  const ttl = Math.min(...records.map((record) => record.ttl));
  const values = records.map((record) => textOf(record.data)).sort(byBytes);
  return { rrset: { values, ttl }, ttl, ...(serial !== undefined && { serial }) };
}

/** The SOA record of a reply, from its answer or authority section. */
function zoneOf({ answers, authorities }: Reply): { name: string; ttl: number; data: SoaData } | undefined {
  const soa = [...answers, ...authorities].find((record) => record.type === "SOA");
  return soa && { name: soa.name, ttl: soa.ttl, data: soa.data };
}

async function whereNamed(given: readonly string[]): Promise<ServerAddress[]> {
  const servers = await Promise.all(given.map(addressesOf));
  return servers.flat().map((server) => ({ server }));
}

/** SOA upwards to the zone cut, then NS, then every address of each. */
async function findServers(
  name: string,
  options: AuthorityOptions & { timeoutMs: number },
  world: World,
): Promise<ServerAddress[]> {
  const servers = options.resolver === undefined ? undefined : [options.resolver];
  const resolve = (question: Question) => askResolvers(question, { ...options, ...(servers && { servers }) }, world);
  const zone = await zoneAbove(name, resolve);
  const hosts = texts(await resolve({ name: zone, type: "NS" }), "NS");
  if (hosts.length === 0) throw new Failure("unavailable", `the zone ${zone} names no server (NS)`);

  const places = await Promise.all(hosts.map((host) => addressesIn(host)));
  const known = new Map(
    places.flat().map((place) => ["server" in place ? called(place.server) : place.lost.server, place]),
  );
  if (known.size > mostServers) {
    throw new Failure(
      "refused",
      `the zone ${zone} names ${known.size} servers; more than ${mostServers} are not asked`,
      { hint: "name those that are to be asked: authorities: under names: in campaign.yaml" },
    );
  }
  return [...known.values()];

  async function addressesIn(host: string): Promise<ServerAddress[]> {
    const types = ["A", "AAAA"] as const;
    const found = await Promise.all(types.map(async (type) => texts(await resolve({ name: host, type }), type)));
    const ips = found.flat();
    if (ips.length === 0) return [{ lost: { server: shown(host), problem: "has no address" } }];
    return ips.map((ip) => ({ server: { ip, port: options.port ?? 53, host } }));
  }
}

/** The zone that contains `name`: the nearest SOA at or above it. */
async function zoneAbove(name: string, resolve: (question: Question) => Promise<Reply>): Promise<string> {
  for (let above = plainName(name); above.includes("."); above = above.slice(above.indexOf(".") + 1)) {
    const zone = zoneOf(await resolve({ name: above, type: "SOA" }))?.name;
    // After a CNAME, the SOA may be that of another name.
    if (zone !== undefined && zone !== "." && zone !== "" && `.${above}`.endsWith(`.${zone}`)) return zone;
  }
  throw new Failure("input", `the DNS has no zone that contains ${name}`, {
    hint: 'is the domain registered, and spelt right? Where it is not public, name its servers: authorities: ["host:port"]',
  });
}

function texts({ answers }: Reply, type: DnsRecord["type"]): string[] {
  return answers
    .filter((record) => record.type === type)
    .map((record) => String(record.data))
    .sort(byBytes);
}
