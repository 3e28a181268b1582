/**
 * DNSLink: a domain name that points into IPFS by the TXT record at `_dnslink.<domain>`.
 *
 * The record is read from every authoritative server, and changed at the DNS provider. A change takes some time to reach
 * every server.
 *
 * ```ts
 * const name = dnslink({ domain: "latest.example.org", ttl: 300, provider });
 * const { value } = await name.probe(world); // "/ipfs/bafy…"
 * await name.announce("/ipfs/bafk…", value, world);
 * ```
 */
import { Failure } from "../../core/failure.ts";
import { shown, unprintable } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { AuthorityAnswer, Name } from "../name.ts";
import type { DnsProvider, RRset } from "./provider.ts";
import { type AuthorityOptions, authorities, type ServerAnswer } from "./query/authoritative.ts";
import { linksIn, pointedAt, problemOf, recordName } from "./record.ts";
import { sameValues } from "./rrset.ts";

export interface DnslinkOptions extends AuthorityOptions {
  readonly domain: string;
  /** s for which resolvers may cache the record. Raised to the provider's minimum. */
  readonly ttl: number;
  /** The provider that stores the record. Absent: the name can be read only. */
  readonly provider?: DnsProvider;
}

export function dnslink({ domain, ttl, provider, ...options }: DnslinkOptions): Name {
  const at = recordName(domain);
  const servers = authorities(at, options);

  return {
    name: domain,

    async probe(world) {
      const replies = await servers.ask(world);
      const answers = replies.map(answerOf);
      const [first] = answers;
      const agrees = answers.every((answer) => answer.problem === undefined && answer.value === first!.value);
      const ttls = replies.map((one) => one.ttl).filter((one) => one !== undefined);
      return {
        authorities: answers,
        agrees,
        ...(agrees && first?.value !== undefined && { value: first.value }),
        ...(ttls.length > 0 && { ttl: Math.max(...ttls) }),
      };
    },

    async announce(value, expected, world) {
      if (!provider) {
        throw new Failure("input", `no owner is named for the DNS records of ${domain}`, {
          hint: "name its provider: in campaign.yaml",
        });
      }
      const there = await provider.read(at, world);
      const links = linksIn(there?.values ?? []);
      // The record already has this value: an earlier run lost the answer to its write, or a person wrote it.
      if (links.length === 1 && links[0] === value) return;
      requireOurs(`${provider.name}: ${at}`, links, { value, expected });
      if (ttl < provider.minTtl) {
        world.log(
          `${domain}: ${provider.name} takes no TTL below ${provider.minTtl} s, so it is that and not ${ttl} s`,
        );
      }
      await provider.replace(at, pointedAt(value, there, Math.max(ttl, provider.minTtl)), there, world);
    },
  };
}

/**
 * The TXT records at `name`, if all its servers agree. Used for records that a person edits, which have no provider API.
 *
 * @throws Failure `unavailable` if the servers differ, or one has a problem.
 */
export async function readAuthorities(
  name: string,
  options: AuthorityOptions,
  world: World,
): Promise<RRset | undefined> {
  const replies = await authorities(name, options).ask(world);
  const bad = replies.find((one) => one.problem !== undefined);
  if (bad) throw new Failure("unavailable", `${name}: ${bad.server} ${bad.problem}`);
  const other = replies.find(({ rrset }) => !sameValues(rrset, replies[0]!.rrset));
  if (other) throw new Failure("unavailable", `${name}: ${replies[0]!.server} and ${other.server} answer differently`);
  return replies[0]?.rrset;
}

function answerOf({
  server,
  rrset,
  ttl,
  serial,
  problem,
  wrong = problem === undefined,
}: ServerAnswer): AuthorityAnswer {
  const links = linksIn(rrset?.values ?? []);
  const unreadable = links.find((link) => unprintable.test(link));
  const trouble = problem ?? problemOf(links) ?? (unreadable && `points to ${shown(unreadable)}, which is no path`);
  return {
    server,
    ...(ttl !== undefined && { ttl }),
    ...(serial !== undefined && { serial }),
    ...(trouble !== undefined
      ? { problem: trouble, ...(wrong && { wrong }) }
      : links[0] !== undefined && { value: links[0] }),
  };
}

/**
 * Checks that the links at the provider are the expected ones.
 *
 * Two links are accepted, and replaced by one, if one of them is the old or the new value. Otherwise a person must decide
 * which is right.
 *
 * @throws Failure `conflict`
 */
function requireOurs(
  where: string,
  links: readonly string[],
  { value, expected }: { readonly value: string; readonly expected: string | undefined },
): void {
  const before = expected === undefined ? "no dnslink record" : shown(expected);
  const hint = "find out who did, and why; then run again, which starts from the record as it is now";
  if (links.length > 1) {
    if (links.some((link) => link === expected || link === value)) return;
    throw new Failure("conflict", `${where} has ${problemOf(links)}; ${before} was expected`, {
      hint: "none of them is ours: remove by hand those that are wrong",
    });
  }
  const [link] = links;
  if (link === expected) return;
  const now = link === undefined ? "nothing" : shown(link);
  throw new Failure("conflict", `someone else moved it: ${where} points to ${now}, where ${before} was expected`, {
    hint,
  });
}
