/**
 * DNS provider: a PowerDNS server, by its HTTP API.
 *
 * PATCH with REPLACE replaces an RRset in one database transaction. The API has no conditional write, so this reads,
 * compares and writes: a concurrent write in between is overwritten. For a conditional write, use the same server with
 * `kind: rfc2136`.
 *
 * @see https://doc.powerdns.com/authoritative/http-api/zone.html
 */
import * as v from "valibot";
import type { World } from "../../../core/world.ts";
import { type Api, askApi } from "../../../http/http.ts";
import type { DnsProvider } from "../provider.ts";
import { requireExpected, rrsetOf } from "../rrset.ts";
import { shaped, txtContent, zoneOf } from "./http-api.ts";
import { quoted, unquoted } from "./txt.ts";

const minTtl = 1;

export interface PowerdnsOptions {
  /** Its `api-key`. */
  readonly token: string;
  /** Environment variable that contains the key, for messages. */
  readonly variable: string;
  /** `http://host:port`, without a trailing slash. */
  readonly api: string;
  /** Its `server_id`: `localhost`, except if the API manages several servers. */
  readonly serverId: string;
}

export function powerdns({ token, variable, api: address, serverId }: PowerdnsOptions): DnsProvider {
  const who = `powerdns at ${address}`;
  const base = `${address}/api/v1/servers/${encodeURIComponent(serverId)}`;
  const api: Api = {
    name: who,
    headers: { "x-api-key": token },
    hint: `check ${variable}: it must be the server's api-key`,
    words,
  };

  const lookUp = async (name: string, world: World) => {
    const listed = await askApi(api, { url: `${base}/zones`, what: "listing zones" }, world);
    const all = shaped(`${who}: listing zones`, zones, listed.body);
    const { id } = zoneOf(
      who,
      name,
      all.map((zone) => ({ id: zone.id, name: withoutDot(zone.name).toLowerCase() })),
    );
    const zone = `${base}/zones/${encodeURIComponent(id)}`;
    // Older servers ignore the filter, and return the whole zone.
    const query = new URLSearchParams({ rrset_name: `${name}.`, rrset_type: "TXT" });
    const read = await askApi(api, { url: `${zone}?${query}`, what: `reading ${name}` }, world);
    const rrset = shaped(`${who}: reading ${name}`, zoneRecords, read.body).rrsets.find(
      (one) => one.type === "TXT" && withoutDot(one.name).toLowerCase() === name,
    );
    const { records = [], ttl = minTtl } = rrset ?? {};
    const current = records
      .filter(({ disabled }) => !disabled)
      .map(({ content }) => ({ value: unquoted(content), ttl }));
    return { zone, current, disabled: records.filter((record) => record.disabled) };
  };

  return {
    name: who,
    minTtl,

    async read(name, world) {
      return rrsetOf((await lookUp(name, world)).current);
    },

    async replace(name, next, expected, world) {
      const { zone, current, disabled } = await lookUp(name, world);
      requireExpected(who, name, rrsetOf(current), expected);
      const records = [...next.values.map((value) => ({ content: quoted(value), disabled: false })), ...disabled];
      const ttl = Math.max(minTtl, next.ttl);
      const body = { rrsets: [{ name: `${name}.`, type: "TXT", ttl, changetype: "REPLACE", records }] };
      await askApi(api, { method: "PATCH", url: zone, what: `replacing ${name}`, body }, world);
    },
  };
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, "");
}

const zones = v.array(v.object({ id: v.string(), name: v.string() }));
const zoneRecords = v.object({
  rrsets: v.array(
    v.object({
      name: v.string(),
      type: v.string(),
      ttl: v.number(),
      records: v.array(v.object({ content: txtContent, disabled: v.boolean() })),
    }),
  ),
});

const refusal = v.object({ error: v.string(), errors: v.optional(v.array(v.string()), []) });

function words(error: unknown): string | undefined {
  const parsed = v.safeParse(refusal, error);
  return parsed.success ? [parsed.output.error, ...parsed.output.errors].join("; ") : undefined;
}
