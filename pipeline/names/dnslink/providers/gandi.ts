/**
 * DNS provider: Gandi (LiveDNS).
 *
 * PUT on the URL of one RRset atomically creates or replaces it. The API has no conditional write, so this reads, compares
 * and writes: a concurrent write in between is overwritten.
 *
 * @see https://api.gandi.net/docs/livedns/
 */
import * as v from "valibot";
import type { World } from "../../../core/world.ts";
import { type Api, askApi } from "../../../http/http.ts";
import type { DnsProvider } from "../provider.ts";
import { requireExpected, rrsetOf } from "../rrset.ts";
import { everyPage, shaped, txtContent, type VendorOptions, withinZone, zoneOf } from "./http-api.ts";
import { quoted, unquoted } from "./txt.ts";

const who = "gandi";
const minTtl = 300;
const perPage = 100;

/** `token`: a personal access token. */
export function gandi({ token, variable, api: base = "https://api.gandi.net/v5/livedns" }: VendorOptions): DnsProvider {
  const api: Api = {
    name: who,
    headers: { authorization: `Bearer ${token}` },
    hint: `check ${variable}: it must be a personal access token that may manage the domain's technical configuration`,
    words,
  };

  const lookUp = async (name: string, world: World) => {
    const listed = await everyPage(async (page) => {
      const query = new URLSearchParams({ page: `${page}`, per_page: `${perPage}` });
      const { body } = await askApi(api, { url: `${base}/domains?${query}`, what: "listing domains" }, world);
      const items = shaped(`${who}: listing domains`, domains, body).map(({ fqdn }) => ({ name: fqdn }));
      return { items, more: items.length >= perPage };
    });
    const zone = zoneOf(who, name, listed).name;
    const url = `${base}/domains/${encodeURIComponent(zone)}/records/${encodeURIComponent(withinZone(name, zone))}/TXT`;
    const { status, body } = await askApi(api, { url, what: `reading ${name}`, also: [404] }, world);
    if (status === 404) return { url, current: undefined };
    const { rrset_values, rrset_ttl } = shaped(`${who}: reading ${name}`, rrset, body);
    return { url, current: rrsetOf(rrset_values.map((content) => ({ value: unquoted(content), ttl: rrset_ttl }))) };
  };

  return {
    name: who,
    minTtl,

    async read(name, world) {
      return (await lookUp(name, world)).current;
    },

    async replace(name, next, expected, world) {
      const { url, current } = await lookUp(name, world);
      requireExpected(who, name, current, expected);
      const body = { rrset_ttl: Math.max(minTtl, next.ttl), rrset_values: next.values.map(quoted) };
      await askApi(api, { method: "PUT", url, what: `replacing ${name}`, body }, world);
    },
  };
}

const domains = v.array(v.object({ fqdn: v.string() }));
const rrset = v.object({ rrset_ttl: v.number(), rrset_values: v.array(txtContent) });

const refusal = v.object({
  message: v.optional(v.string()),
  errors: v.optional(v.array(v.object({ name: v.string(), description: v.string() }))),
});

function words(error: unknown): string | undefined {
  const parsed = v.safeParse(refusal, error);
  if (!parsed.success) return undefined;
  const { message, errors = [] } = parsed.output;
  const all = [...(message ? [message] : []), ...errors.map(({ name, description }) => `${name}: ${description}`)];
  return all.length > 0 ? all.join("; ") : undefined;
}
