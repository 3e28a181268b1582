/**
 * Names kept on a PowerDNS server, asked by its HTTP API.
 *
 * PATCH with REPLACE makes an RRset what is sent, in one transaction of its database. There is no condition to put on it,
 * so we read, compare and write: whoever writes in the moment between is overwritten. Where that matters, the same server
 * takes `kind: rfc2136`, which has one.
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
  /** Environment variable that the key comes from, for messages. */
  readonly variable: string;
  /** `http://host:port`, without a slash at its end. */
  readonly api: string;
  /** Its `server_id`, `localhost` on all but collections of servers. */
  readonly serverId: string;
}

export function powerdns({ token, variable, api: address, serverId }: PowerdnsOptions): DnsProvider {
  const who = `powerdns at ${address}`;
  const base = `${address}/api/v1/servers/${encodeURIComponent(serverId)}`;
  const api: Api = {
    name: who,
    headers: { "x-api-key": token },
    hint: `check ${variable}: it wants the server's api-key`,
    words,
  };

  const look = async (name: string, world: World) => {
    const listed = await askApi(api, { url: `${base}/zones`, what: "listing zones" }, world);
    const all = shaped(`${who}: listing zones`, zones, listed.body);
    const { id } = zoneOf(
      who,
      name,
      all.map((zone) => ({ id: zone.id, name: withoutDot(zone.name).toLowerCase() })),
    );
    const zone = `${base}/zones/${encodeURIComponent(id)}`;
    // Older servers do not know the filter, and give the whole zone.
    const query = new URLSearchParams({ rrset_name: `${name}.`, rrset_type: "TXT" });
    const read = await askApi(api, { url: `${zone}?${query}`, what: `reading ${name}` }, world);
    const rrset = shaped(`${who}: reading ${name}`, holding, read.body).rrsets.find(
      (one) => one.type === "TXT" && withoutDot(one.name).toLowerCase() === name,
    );
    const { records = [], ttl = minTtl } = rrset ?? {};
    const held = records.filter(({ disabled }) => !disabled).map(({ content }) => ({ value: unquoted(content), ttl }));
    return { zone, held, disabled: records.filter((record) => record.disabled) };
  };

  return {
    name: who,
    minTtl,

    async read(name, world) {
      return rrsetOf((await look(name, world)).held);
    },

    async replace(name, next, expected, world) {
      const { zone, held, disabled } = await look(name, world);
      requireExpected(who, name, rrsetOf(held), expected);
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
const holding = v.object({
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
  const said = v.safeParse(refusal, error);
  return said.success ? [said.output.error, ...said.output.errors].join("; ") : undefined;
}
