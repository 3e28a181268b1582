/**
 * DNS provider: Cloudflare.
 *
 * Records are changed one by one, by id. The dnslink record keeps its id and gets its new value in one PATCH, so that there
 * is never none or two of it; other TXT values at the name are not changed. The API has no conditional write, so this reads,
 * compares and writes. A concurrent write in between is overwritten or, if there was no record yet, leaves two records,
 * which the next probe reports.
 *
 * @see https://developers.cloudflare.com/api/resources/dns/subresources/records/
 */
import * as v from "valibot";
import type { World } from "../../../core/world.ts";
import { type Api, type ApiCall, askApi } from "../../../http/http.ts";
import type { DnsProvider } from "../provider.ts";
import { requireExpected, rrsetOf } from "../rrset.ts";
import { applyEdit, editOf } from "./by-record.ts";
import { everyPage, shaped, txtContent, type VendorOptions, zoneOf } from "./http-api.ts";
import { quoted, unquoted } from "./txt.ts";

const who = "cloudflare";
const minTtl = 60;
/** s. Cloudflare reports its automatic TTL, which is this one, as 1. */
const automaticTtl = 300;

/** `token`: an API token with Zone:Read and DNS:Edit, not the account's global key. */
export function cloudflare({
  token,
  variable,
  api: base = "https://api.cloudflare.com/client/v4",
}: VendorOptions): DnsProvider {
  const api: Api = {
    name: who,
    headers: { authorization: `Bearer ${token}` },
    hint: `check ${variable}: it must be an API token that may read the zone and edit its DNS`,
    words,
  };

  const list = <Item extends v.GenericSchema>(item: Item, url: string, query: object, what: string, world: World) =>
    everyPage(async (page) => {
      const asked = new URLSearchParams({ ...query, page: `${page}`, per_page: "50" });
      const { body } = await askApi(api, { url: `${url}?${asked}`, what }, world);
      const { result, result_info } = shaped(`${who}: ${what}`, pageOf(item), body);
      return { items: result, more: page < (result_info?.total_pages ?? 1) };
    });

  const lookUp = async (name: string, world: World) => {
    const zone = zoneOf(who, name, await list(zones, `${base}/zones`, {}, "listing zones", world));
    const records = `${base}/zones/${encodeURIComponent(zone.id)}/dns_records`;
    const listed = await list(txtRecords, records, { type: "TXT", name }, `reading ${name}`, world);
    const current = listed
      .filter((record) => record.type === "TXT" && record.name.toLowerCase() === name)
      .map(({ id, content, ttl }) => ({ id, value: unquoted(content), ttl: ttl === 1 ? automaticTtl : ttl }));
    return { records, current };
  };

  return {
    name: who,
    minTtl,

    async read(name, world) {
      return rrsetOf((await lookUp(name, world)).current);
    },

    async replace(name, next, expected, world) {
      const { records, current } = await lookUp(name, world);
      requireExpected(who, name, rrsetOf(current), expected);
      const ttl = Math.max(minTtl, next.ttl);
      const at = (id: string) => `${records}/${encodeURIComponent(id)}`;
      const body = (value: string) => ({ type: "TXT", name, content: quoted(value), ttl });
      const send = (call: ApiCall) => askApi(api, call, world);
      await applyEdit(editOf(who, name, current, { values: next.values, ttl }), {
        remove: (id) => send({ method: "DELETE", url: at(id), what: `removing a second record of ${name}` }),
        change: (id, value) => send({ method: "PATCH", url: at(id), what: `replacing ${name}`, body: body(value) }),
        create: (value) => send({ method: "POST", url: records, what: `making ${name}`, body: body(value) }),
      });
    },
  };
}

const zones = v.object({ id: v.string(), name: v.string() });
const txtRecords = v.object({
  id: v.string(),
  type: v.string(),
  name: v.string(),
  content: txtContent,
  ttl: v.number(),
});

function pageOf<Item extends v.GenericSchema>(item: Item) {
  return v.object({
    success: v.literal(true),
    result: v.array(item),
    result_info: v.nullish(v.object({ total_pages: v.optional(v.number()) })),
  });
}

const one = v.object({ code: v.number(), message: v.string() });
const refusal = v.object({ errors: v.array(v.object({ ...one.entries, error_chain: v.optional(v.array(one), []) })) });

function words(error: unknown): string | undefined {
  const parsed = v.safeParse(refusal, error);
  if (!parsed.success) return undefined;
  const all = parsed.output.errors.flatMap(({ error_chain, ...outer }) => [outer, ...error_chain]);
  return all.map(({ code, message }) => `${message} (${code})`).join("; ");
}
