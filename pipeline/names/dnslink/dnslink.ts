/**
 * A name of the DNS that points into IPFS: the TXT record at `_dnslink.<domain>`.
 *
 * It is looked at where it is served, at every server that answers for it, and changed where it is kept, at the provider.
 * Between the two lies the time that servers take to follow one another.
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
  /** s that resolvers may remember it. Raised to what the provider takes. */
  readonly ttl: number;
  /** Where the record is kept; without one the name can be looked at only. */
  readonly provider?: DnsProvider;
}

export function dnslink({ domain, ttl, provider, ...options }: DnslinkOptions): Name {
  const at = recordName(domain);
  const servers = authorities(at, options);

  return {
    name: domain,

    async probe(world) {
      const said = await servers.ask(world);
      const answers = said.map(answerOf);
      const [first] = answers;
      const agrees = answers.every((answer) => answer.problem === undefined && answer.value === first!.value);
      const ttls = said.map((one) => one.ttl).filter((one) => one !== undefined);
      return {
        authorities: answers,
        agrees,
        ...(agrees && first?.value !== undefined && { value: first.value }),
        ...(ttls.length > 0 && { ttl: Math.max(...ttls) }),
      };
    },

    async announce(value, expected, world) {
      if (!provider) {
        throw new Failure("input", `no owner is named who keeps the DNS records of ${domain}`, {
          hint: "name its provider: in campaign.yaml",
        });
      }
      const there = await provider.read(at, world);
      const links = linksIn(there?.values ?? []);
      // What was asked for stands there: an earlier run's answer was lost, or somebody did it by hand.
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
 * The TXT records at `name`, where all its servers say the same: all that can be known of records that a person keeps.
 *
 * @throws Failure `unavailable` where they don't, or one of them does not answer well.
 */
export async function readAuthorities(
  name: string,
  options: AuthorityOptions,
  world: World,
): Promise<RRset | undefined> {
  const said = await authorities(name, options).ask(world);
  const bad = said.find((one) => one.problem !== undefined);
  if (bad) throw new Failure("unavailable", `${name}: ${bad.server} ${bad.problem}`);
  const other = said.find(({ rrset }) => !sameValues(rrset, said[0]!.rrset));
  if (other) throw new Failure("unavailable", `${name}: ${said[0]!.server} and ${other.server} answer differently`);
  return said[0]?.rrset;
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
 * That what stands there is what we believe to stand there.
 *
 * Two links are mended where one of them is ours, the old or the new; of two others nobody but a person can say which is
 * right.
 *
 * @throws Failure `conflict`
 */
function requireOurs(
  where: string,
  links: readonly string[],
  { value, expected }: { readonly value: string; readonly expected: string | undefined },
): void {
  const before = expected === undefined ? "no dnslink record" : shown(expected);
  const hint = "look who did, and why; then run again, which starts from what is there now";
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
