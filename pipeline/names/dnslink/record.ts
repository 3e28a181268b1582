/**
 * Parses the TXT records at `_dnslink.<domain>`, and computes their next values.
 *
 * At every instant exactly one of them may be a link: Kubo takes two for an error and resolves neither. What counts as one
 * is what Kubo counts: `dnslink=/ipfs/…` and `dnslink=/ipns/…`, and the older spellings without `dnslink=`, without `/ipfs/`,
 * or both (boxo, namesys/dns_resolver.go). Other values at the name are other people's, and stay.
 *
 * @see https://dnslink.dev
 */
import { parseCid } from "../../core/cid.ts";
import { Failure } from "../../core/failure.ts";
import { byBytes } from "../../core/text/order.ts";
import { shown } from "../../core/text/shown.ts";
import type { RRset } from "./provider.ts";

/** Name of the TXT record of `domain`. */
export function recordName(domain: string): string {
  return `_dnslink.${domain}`;
}

/** The links among TXT values, as paths: `/ipfs/CID`, `/ipns/NAME/path`. */
export function linksIn(values: readonly string[]): string[] {
  return values.map(linkOf).filter((link) => link !== undefined);
}

/** The path in a single value; `undefined` if the value is no link. */
export function linkOf(value: string): string | undefined {
  const target = value.startsWith("dnslink=") ? value.slice("dnslink=".length) : value;
  if (/^\/ip[fn]s\/[^/]/.test(target)) return target;
  return isCid(target) ? `/ipfs/${target}` : undefined;
}

/** Why these values point nowhere, although there are links among them. */
export function problemOf(links: readonly string[]): string | undefined {
  if (links.length < 2) return undefined;
  const number = links.length === 2 ? "two" : String(links.length);
  return `${number} dnslink records, which resolvers refuse: ${links
    .slice(0, 5)
    .map((link) => shown(link))
    .join(" and ")}`;
}

/**
 * The records that point to `value` and to nothing else; what is not a link stays.
 *
 * @throws Failure `input` where `value` is no path that a DNSLink can contain.
 */
export function pointedAt(value: string, current: RRset | undefined, ttl: number): RRset {
  // Printable ASCII (the DNSLink standard); a line that long fits into every answer.
  if (!/^\/ip[fn]s\/[\x21-\x7e][\x20-\x7e]*$/.test(value) || value.length > 1000) {
    throw new Failure("input", `a DNSLink can't point to ${shown(value)}`, { hint: "percent-encode it" });
  }
  const others = (current?.values ?? []).filter((each) => linkOf(each) === undefined);
  return { values: [...others, `dnslink=${value}`].sort(byBytes), ttl };
}

function isCid(text: string): boolean {
  // No CID is shorter, so verification tokens and SPF rules in TXT records are not given to the decoder.
  if (!/^[A-Za-z0-9]{46,200}$/.test(text)) return false;
  try {
    parseCid(text);
    return true;
  } catch {
    return false;
  }
}
