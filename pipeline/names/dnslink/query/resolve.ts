/**
 * Resolves the DNSLink of a domain by public resolvers.
 *
 * There are two sets of rules. The standard returns every link of every namespace, and falls back to the domain itself if
 * `_dnslink.` has no record. Kubo reads `_dnslink.` only, requires exactly one link, and follows it from domain to domain.
 * Announcements must be valid by both; names are opened by Kubo's rules (`strict`).
 *
 * `serve` opens any `/ipns/DOMAIN` with it; tests check announcements by both rules.
 *
 * ```ts
 * const { links } = await resolveDnslink("latest.example.org", { mode: "strict" }, world);
 * links[0]; // { namespace: "ipfs", identifier: "bafy…", ttl: 300 }
 * ```
 *
 * @see https://dnslink.dev and boxo, namesys/dns_resolver.go
 */
import { Failure } from "../../../core/failure.ts";
import { byBytes } from "../../../core/text/order.ts";
import { shown } from "../../../core/text/shown.ts";
import type { World } from "../../../core/world.ts";
import { linksIn, problemOf, recordName } from "../record.ts";
import { type Reply, textOf } from "./query.ts";
import { askResolvers } from "./resolvers.ts";

export interface ResolveOptions {
  readonly mode: "standard" | "strict";
  /** `host:port` of the resolvers. Default: the system's. */
  readonly servers?: readonly string[];
  /** ms for one answer. Default: 5000. */
  readonly timeoutMs?: number;
}

export interface Resolution {
  /** Sorted by the bytes of namespace and identifier. Exactly one in strict mode. */
  readonly links: readonly Link[];
  readonly notes: readonly Note[];
}

export interface Link {
  /** `ipfs` */
  readonly namespace: string;
  /** `CID`, `CID/path` */
  readonly identifier: string;
  /** s; the minimum of all records followed */
  readonly ttl: number;
}

/** Log entries with the codes of the standard. */
export type Note =
  | { readonly code: "FALLBACK" }
  | { readonly code: "INVALID_ENTRY"; readonly entry: string; readonly reason: Reason };

type Reason = "WRONG_START" | "INVALID_CHARACTER" | "NAMESPACE_MISSING" | "NO_IDENTIFIER";

/** Maximum number of domains followed to a CID (boxo, namesys.DefaultDepthLimit). */
const mostDomains = 32;

/**
 * @throws Failure `unavailable` if no resolver has an answer; its cause is the DNS reply, if there was one. `input` if the
 * domain does not exist, or has no link in strict mode; `refused` if strict mode finds several links, or too long a chain.
 */
export async function resolveDnslink(domain: string, options: ResolveOptions, world: World): Promise<Resolution> {
  const resolvers = { timeoutMs: options.timeoutMs ?? 5000, ...(options.servers && { servers: options.servers }) };
  const ask = (name: string) => askResolvers({ name, type: "TXT" }, resolvers, world);
  return options.mode === "standard" ? everyLink(domain, ask) : theLink(domain, ask);
}

type Ask = (name: string) => Promise<Reply>;

async function everyLink(domain: string, ask: Ask): Promise<Resolution> {
  const bare = domain.replace(/\.$/, "").replace(/^_dnslink\./, "");
  const notes: Note[] = [];
  let reply = await ask(recordName(bare));
  if (reply.rcode === "NXDOMAIN") {
    notes.push({ code: "FALLBACK" });
    reply = await ask(bare);
  }
  if (reply.rcode === "NXDOMAIN") throw new Failure("input", `there is no domain ${shown(domain)}`, { cause: reply });

  const links: Link[] = [];
  for (const { value, ttl } of textsOf(reply)) {
    if (!value.startsWith("dnslink=")) continue;
    const read = readEntry(value.slice("dnslink=".length));
    if (typeof read === "string") notes.push({ code: "INVALID_ENTRY", entry: value, reason: read });
    else links.push({ ...read, ttl });
  }
  links.sort((a, b) => byBytes(a.namespace, b.namespace) || byBytes(a.identifier, b.identifier));
  return { links, notes };
}

function readEntry(entry: string): { readonly namespace: string; readonly identifier: string } | Reason {
  if (!entry.startsWith("/")) return "WRONG_START";
  if (!/^[\x20-\x7e]*$/.test(entry)) return "INVALID_CHARACTER";
  const [, namespace = "", ...rest] = entry.split("/");
  if (namespace === "") return "NAMESPACE_MISSING";
  const identifier = rest.join("/");
  return identifier === "" ? "NO_IDENTIFIER" : { namespace, identifier };
}

async function theLink(domain: string, ask: Ask): Promise<Resolution> {
  let at = domain;
  let below = "";
  let shortest = Number.POSITIVE_INFINITY;
  for (let domains = 0; domains < mostDomains; domains++) {
    const texts = textsOf(await ask(recordName(at)));
    const links = linksIn(texts.map(({ value }) => value));
    const problem = problemOf(links);
    if (problem) throw new Failure("refused", `${shown(at)} has ${problem}`);
    if (links[0] === undefined) throw new Failure("input", `${shown(at)} has no dnslink record`);

    shortest = texts.reduce((least, { ttl }) => Math.min(least, ttl), shortest);
    const [, namespace, root, path] = /^\/(ip[fn]s)\/([^/]+)\/*(.*?)\/*$/s.exec(links[0])!;
    below = [path, below].filter((part) => part !== "").join("/");
    // An identifier without a dot is a key, not a domain.
    if (namespace === "ipfs" || !root!.includes(".")) {
      const identifier = below === "" ? root! : `${root}/${below}`;
      return { links: [{ namespace: namespace!, identifier, ttl: shortest }], notes: [] };
    }
    at = root!;
  }
  throw new Failure("refused", `${shown(domain)} leads from domain to domain, more than ${mostDomains} of them`);
}

function textsOf({ answers }: Reply): { readonly value: string; readonly ttl: number }[] {
  const records = answers.filter((record) => record.type === "TXT");
  return records.map(({ data, ttl }) => ({ value: textOf(data), ttl }));
}
