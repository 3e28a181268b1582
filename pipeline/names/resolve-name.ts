/**
 * Resolves any `/ipns/NAME` to a CID: domains by DNSLink, keys by their records, one leading to the other.
 *
 * Answers are cached for their TTL. What a domain points to is followed as Kubo follows it.
 *
 * ```ts
 * const { cid, names, ttl } = (await nameResolver(lookup).resolve("docs.example.org", world))!;
 * ```
 */
import type { CID } from "multiformats/cid";
import { parseAddressedCid } from "../core/cid.ts";
import { Failure, isFailure } from "../core/failure.ts";
import { shown } from "../core/text/shown.ts";
import type { World } from "../core/world.ts";
import { resolveDnslink } from "./dnslink/query/resolve.ts";
import type { IpnsLookup } from "./ipns/lookup.ts";
import { cachedFor } from "./ttl.ts";

export interface ResolvedName {
  readonly cid: CID;
  /** Names below it. */
  readonly names: readonly string[];
  /** s for which the answer may be cached from now on: the least of all that led to it. */
  readonly ttl: number;
}

export interface NameResolver {
  /**
   * `undefined` where there is no such domain or record.
   *
   * @throws Failure `unavailable`, `corrupt` for invalid records, `refused` where names lead to one another without end.
   */
  resolve(name: string, world: World): Promise<ResolvedName | undefined>;
}

/** Names followed from one to the next (boxo, namesys.DefaultDepthLimit). */
const mostNames = 32;

/** Domains whose links are remembered. */
const mostDomains = 1024;

interface Link {
  /** `/ipfs/…` or `/ipns/…` */
  readonly path: string;
  /** ms since the epoch */
  readonly until: number;
}

/** @param servers `host:port` of the DNS resolvers; default: the system's. */
export function nameResolver(lookup: IpnsLookup, servers?: readonly string[]): NameResolver {
  const domains = new Map<string, Link>();

  const linkOf = async (domain: string, world: World): Promise<Link | undefined> => {
    const now = world.now().getTime();
    const known = domains.get(domain);
    if (known && now < known.until) return known;
    try {
      const { links } = await resolveDnslink(domain, { mode: "strict", ...(servers && { servers }) }, world);
      const [link] = links;
      if (!link) return undefined;
      const found = { path: `/${link.namespace}/${link.identifier}`, until: now + cachedFor(link.ttl) * 1000 };
      domains.delete(domain);
      domains.set(domain, found);
      const [oldest] = domains.keys();
      if (domains.size > mostDomains && oldest !== undefined) domains.delete(oldest);
      return found;
    } catch (error) {
      if (isFailure(error, "input")) return undefined;
      throw error;
    }
  };

  return {
    async resolve(name, world) {
      let at = name;
      let below: readonly string[] = [];
      let ttl = Number.POSITIVE_INFINITY;
      for (let count = 0; count < mostNames; count++) {
        const isDomain = at.includes(".");
        const link = isDomain ? await linkOf(at.toLowerCase(), world) : undefined;
        const record = isDomain ? undefined : await lookup.find(at, world);
        const path = link?.path ?? record?.value;
        if (path === undefined) return undefined;
        ttl = Math.min(ttl, record?.fresh ?? ((link?.until ?? 0) - world.now().getTime()) / 1000);
        const [, namespace, root = "", ...names] = path.split("/");
        below = [...names.filter((each) => each !== ""), ...below];
        if (namespace === "ipfs") return { cid: cidIn(root, at), names: below, ttl: Math.max(0, ttl) };
        at = root;
      }
      throw new Failure("refused", `${shown(name)} leads from name to name, more than ${mostNames} of them`);
    },
  };
}

function cidIn(text: string, name: string): CID {
  try {
    return parseAddressedCid(text);
  } catch (cause) {
    throw new Failure("corrupt", `${shown(name)} points to ${shown(text)}, which is not a CID`, { cause });
  }
}
