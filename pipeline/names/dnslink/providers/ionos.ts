/**
 * DNS provider: IONOS (the hosting product, not IONOS Cloud).
 *
 * PATCH on a zone atomically replaces all records of one name and type, and nothing else; PUT on the same URL would delete
 * all other records of the zone. The API has no conditional write, so this reads, compares and writes: a concurrent write in
 * between is overwritten. Content is returned in quotes; other clients send it without, as does this one if none are needed.
 *
 * @see https://developer.hosting.ionos.com/docs/dns
 */
import * as v from "valibot";
import type { World } from "../../../core/world.ts";
import { type Api, askApi } from "../../../http/http.ts";
import type { DnsProvider } from "../provider.ts";
import { requireExpected, rrsetOf } from "../rrset.ts";
import { shaped, txtContent, type VendorOptions, zoneOf } from "./http-api.ts";
import { quoted, unquoted } from "./txt.ts";

const who = "ionos";
const minTtl = 60;

/** `token`: the public prefix of the key, a dot, and its secret. */
export function ionos({
  token,
  variable,
  api: base = "https://api.hosting.ionos.com/dns/v1",
}: VendorOptions): DnsProvider {
  const api: Api = {
    name: who,
    headers: { "x-api-key": token },
    hint: `check ${variable}: it must be an API key as PREFIX.SECRET`,
    words,
  };

  const lookUp = async (name: string, world: World) => {
    const listed = await askApi(api, { url: `${base}/zones`, what: "listing zones" }, world);
    const { id } = zoneOf(who, name, shaped(`${who}: listing zones`, zones, listed.body));
    const zone = `${base}/zones/${encodeURIComponent(id)}`;
    const query = new URLSearchParams({ recordName: name, recordType: "TXT" });
    const read = await askApi(api, { url: `${zone}?${query}`, what: `reading ${name}` }, world);
    // The server may ignore the filter, so the records are filtered again.
    const records = shaped(`${who}: reading ${name}`, zoneRecords, read.body).records.filter(
      (record) => record.type === "TXT" && record.name.toLowerCase() === name,
    );
    const current = records
      .filter(({ disabled }) => !disabled)
      .map(({ content, ttl }) => ({ content, ttl, value: unquoted(content) }));
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
      // Unchanged values are sent back exactly as received.
      const contentOf = (value: string) => current.find((record) => record.value === value)?.content ?? sent(value);
      const ttl = Math.max(minTtl, next.ttl);
      const body = [
        ...next.values.map((value) => ({ content: contentOf(value), ttl, disabled: false })),
        ...disabled.map((record) => ({ content: record.content, ttl: record.ttl, disabled: true })),
      ].map((record) => ({ name, type: "TXT", prio: 0, ...record }));
      await askApi(api, { method: "PATCH", url: zone, what: `replacing ${name}`, body }, world);
    },
  };
}

function sent(value: string): string {
  return /^[\x21\x23-\x5b\x5d-\x7e](?:[\x20\x21\x23-\x5b\x5d-\x7e]{0,253}[\x21\x23-\x5b\x5d-\x7e])?$/.test(value)
    ? value
    : quoted(value);
}

const zones = v.array(v.object({ id: v.string(), name: v.string() }));
const zoneRecords = v.object({
  records: v.array(
    v.object({
      name: v.string(),
      type: v.string(),
      content: txtContent,
      ttl: v.number(),
      disabled: v.optional(v.boolean(), false),
    }),
  ),
});

const errors = v.array(v.object({ code: v.string(), message: v.optional(v.string()) }));

function words(error: unknown): string | undefined {
  const parsed = v.safeParse(errors, error);
  return parsed.success
    ? parsed.output.map(({ code, message }) => [message, `(${code})`].join(" ").trim()).join("; ")
    : undefined;
}
