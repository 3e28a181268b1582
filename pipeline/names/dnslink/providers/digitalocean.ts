/**
 * DNS provider: DigitalOcean.
 *
 * Records are changed one by one, by id. The dnslink record keeps its id and gets its new value in one PUT, so that there is
 * never none or two of it; other TXT values at the name are not changed. The API has no conditional write, so this reads,
 * compares and writes. A concurrent write in between is overwritten or, if there was no record yet, leaves two records,
 * which the next probe reports. Values are sent without quotes, and the API can't store every value.
 *
 * @see https://docs.digitalocean.com/reference/api/digitalocean/#tag/Domain-Records
 */
import * as v from "valibot";
import { Failure } from "../../../core/failure.ts";
import type { World } from "../../../core/world.ts";
import { type Api, type ApiCall, askApi } from "../../../http/http.ts";
import type { DnsProvider } from "../provider.ts";
import { requireExpected, rrsetOf } from "../rrset.ts";
import { applyEdit, editOf } from "./by-record.ts";
import { everyPage, shaped, txtContent, type VendorOptions, withinZone, zoneOf } from "./http-api.ts";
import { quoted } from "./txt.ts";

const who = "digitalocean";
const minTtl = 30;
/** Maximum characters of a value in zone file notation. Other providers limit each string instead. */
const longest = 509;

/** `token`: a personal access token with the scopes domain:read, create, update and delete. */
export function digitalocean({
  token,
  variable,
  api: base = "https://api.digitalocean.com/v2",
}: VendorOptions): DnsProvider {
  const api: Api = {
    name: who,
    headers: { authorization: `Bearer ${token}` },
    hint: `check ${variable}: it must be a personal access token that may read, create, update and delete in domains`,
    words,
  };

  /** Pages are numbered here: following the `next` link of an answer could send the token to another server. */
  const list = <Item>(url: string, query: object, what: string, itemsIn: (body: unknown) => Item[], world: World) =>
    everyPage(async (page) => {
      const asked = new URLSearchParams({ ...query, page: `${page}`, per_page: "200" });
      const { body } = await askApi(api, { url: `${url}?${asked}`, what }, world);
      const { links } = shaped(`${who}: ${what}`, linked, body);
      return { items: itemsIn(body), more: links?.pages?.next !== undefined };
    });

  const lookUp = async (name: string, world: World) => {
    const domainsIn = (body: unknown) => shaped(`${who}: listing domains`, domains, body).domains;
    const zone = zoneOf(who, name, await list(`${base}/domains`, {}, "listing domains", domainsIn, world)).name;
    const records = `${base}/domains/${encodeURIComponent(zone)}/records`;
    const within = withinZone(name, zone);
    const recordsIn = (body: unknown) => shaped(`${who}: reading ${name}`, txtRecords, body).domain_records;
    const listed = await list(records, { type: "TXT", name }, `reading ${name}`, recordsIn, world);
    const current = listed
      .filter((record) => record.type === "TXT" && record.name.toLowerCase() === within)
      .map(({ id, data, ttl }) => ({ id: `${id}`, value: data, ttl }));
    return { records, within, current };
  };

  return {
    name: who,
    minTtl,

    async read(name, world) {
      return rrsetOf((await lookUp(name, world)).current);
    },

    async replace(name, next, expected, world) {
      const { records, within, current } = await lookUp(name, world);
      requireExpected(who, name, rrsetOf(current), expected);
      const ttl = Math.max(minTtl, next.ttl);
      const edit = editOf(who, name, current, { values: next.values, ttl });
      for (const value of [edit.change?.value, edit.create]) if (value !== undefined) requireKeepable(name, value);

      const at = (id: string) => `${records}/${id}`;
      const body = (data: string) => ({ type: "TXT", name: within, data, ttl });
      const send = (call: ApiCall) => askApi(api, call, world);
      await applyEdit(edit, {
        remove: (id) => send({ method: "DELETE", url: at(id), what: `removing a second record of ${name}` }),
        change: (id, value) => send({ method: "PUT", url: at(id), what: `replacing ${name}`, body: body(value) }),
        create: (value) => send({ method: "POST", url: records, what: `making ${name}`, body: body(value) }),
      });
    },
  };
}

/** Rejects values that DigitalOcean refuses without a reason, or stores differently from what was sent. */
function requireKeepable(name: string, value: string): void {
  const length = quoted(value).length;
  if (value.includes("\\"))
    throw new Failure("input", `${who}: a value at ${name} contains a backslash, which would be lost`);
  if (length <= longest) return;
  throw new Failure("input", `${who}: a value at ${name} takes ${length} characters, where ${longest} are the most`);
}

const linked = v.object({
  links: v.optional(v.object({ pages: v.optional(v.object({ next: v.optional(v.string()) })) })),
});
const domains = v.object({ domains: v.array(v.object({ name: v.string() })) });
const txtRecords = v.object({
  domain_records: v.array(
    v.object({
      id: v.pipe(v.number(), v.safeInteger()),
      type: v.string(),
      name: v.string(),
      data: txtContent,
      ttl: v.number(),
    }),
  ),
});

const refusal = v.object({ id: v.string(), message: v.string() });

function words(error: unknown): string | undefined {
  const parsed = v.safeParse(refusal, error);
  return parsed.success ? `${parsed.output.message} (${parsed.output.id})` : undefined;
}
