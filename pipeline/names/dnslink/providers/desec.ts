/**
 * DNS provider: deSEC.
 *
 * PUT on a domain's RRsets atomically creates or replaces the RRsets sent, and leaves the others. The API has no conditional
 * write, so this reads, compares and writes: a concurrent write in between is overwritten. A domain allows two writes a
 * second and 300 a day; beyond that, deSEC answers 429 with `Retry-After`.
 *
 * @see https://desec.readthedocs.io/en/latest/dns/rrsets.html
 */
import * as v from "valibot";
import type { World } from "../../../core/world.ts";
import { type Api, askApi } from "../../../http/http.ts";
import type { DnsProvider } from "../provider.ts";
import { requireExpected, rrsetOf } from "../rrset.ts";
import { shaped, txtContent, type VendorOptions, withinZone, zoneOf } from "./http-api.ts";
import { quoted, unquoted } from "./txt.ts";

const who = "desec";
/** Default minimum TTL of a domain. deSEC support can lower it; the API then reports the domain's own. */
const minTtl = 3600;

export function desec({ token, variable, api: base = "https://desec.io/api/v1" }: VendorOptions): DnsProvider {
  const api: Api = {
    name: who,
    headers: { authorization: `Token ${token}` },
    hint: `check ${variable}: it must be a token that may write the domain's RRsets`,
    words,
  };

  const lookUp = async (name: string, world: World) => {
    const query = new URLSearchParams({ owns_qname: name });
    const listed = await askApi(
      api,
      { url: `${base}/domains/?${query}`, what: `finding the domain of ${name}` },
      world,
    );
    const domain = zoneOf(who, name, shaped(`${who}: finding the domain of ${name}`, domains, listed.body));
    const rrsets = `${base}/domains/${encodeURIComponent(domain.name)}/rrsets/`;
    const subname = withinZone(name, domain.name);
    const url = `${rrsets}${encodeURIComponent(subname)}/TXT/`;
    const { status, body } = await askApi(api, { url, what: `reading ${name}`, also: [404] }, world);
    if (status === 404) return { rrsets, domain, current: undefined };
    const { records, ttl } = shaped(`${who}: reading ${name}`, rrset, body);
    return { rrsets, domain, current: rrsetOf(records.map((content) => ({ value: unquoted(content), ttl }))) };
  };

  return {
    name: who,
    minTtl,

    async read(name, world) {
      return (await lookUp(name, world)).current;
    },

    async replace(name, next, expected, world) {
      const { rrsets, domain, current } = await lookUp(name, world);
      requireExpected(who, name, current, expected);
      const within = withinZone(name, domain.name);
      const subname = within === "@" ? "" : within;
      const ttl = Math.max(domain.minimum_ttl, next.ttl);
      const body = [{ subname, type: "TXT", ttl, records: next.values.map(quoted) }];
      await askApi(api, { method: "PUT", url: rrsets, what: `replacing ${name}`, body }, world);
    },
  };
}

const domains = v.array(v.object({ name: v.string(), minimum_ttl: v.optional(v.number(), minTtl) }));
const rrset = v.object({ records: v.array(txtContent), ttl: v.number() });

/** The messages of an error, which are grouped by field: `{ detail }`, `{ ttl: [] }`, `[{ non_field_errors: [] }]`. */
function words(error: unknown): string | undefined {
  const reasons: string[] = [];
  const collect = (node: unknown, field: string, depth: number): void => {
    if (typeof node === "string") reasons.push(unnamed.has(field) ? node : `${field}: ${node}`);
    else if (node && typeof node === "object" && depth < 5) {
      for (const [key, inner] of Object.entries(node)) collect(inner, Array.isArray(node) ? field : key, depth + 1);
    }
  };
  collect(error, "detail", 0);
  return reasons.length > 0 ? reasons.join("; ") : undefined;
}

const unnamed: ReadonlySet<string> = new Set(["detail", "non_field_errors"]);
