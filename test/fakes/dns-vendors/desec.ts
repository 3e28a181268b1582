/** deSEC: RRsets in zone-file form, TTL of an hour at least, slashes at the end of every address. */
import { oddFields, printed, textOf, type Vendor, zoneHolding } from "./vendor.ts";

const minimum_ttl = 3600;

export const desecVendor: Vendor = {
  base: "/api/v1",
  authorization: (token) => ({ header: "Authorization", value: `Token ${token}` }),
  unauthorized: { status: 401, body: { detail: "Invalid token." } },
  busy: { status: 429, body: { detail: "Request was throttled. Expected available in 7 seconds." } },

  answer({ method, path, query, body }, state) {
    const [domains, name, ...below] = path;
    if (domains !== "domains" || path.at(-1) !== "") return { status: 404, body: "<h1>Not Found</h1>" };
    if (name === "") {
      const asked = query.get("owns_qname");
      // At deSEC the limit is 500; nobody who may have many domains can do without asking for the one.
      if (!asked && state.zones.length > 200) return { status: 400, body: { detail: "Pagination required." } };
      const found = asked ? [zoneHolding(state, asked)].filter((zone) => zone !== undefined) : state.zones;
      return { status: 200, body: found.map((zone) => ({ name: zone.name, minimum_ttl, ...dates })) };
    }
    const zone = state.zones.find((zone) => zone.name === name);
    if (!zone || below[0] !== "rrsets") return { status: 404, body: { detail: "Not found." } };
    const full = (subname: string) => (subname === "" || subname === "@" ? zone.name : `${subname}.${zone.name}`);

    if (method === "GET" && below.length === 4) {
      const [, subname, type] = below as [string, string, string];
      const found = zone.records.filter((record) => record.name === full(subname) && record.type === type);
      if (found.length === 0) return { status: 404, body: { detail: "Not found." } };
      const records = found.map(({ value }) => printed(value));
      return {
        status: 200,
        body: { domain: zone.name, subname, name: `${full(subname)}.`, type, ttl: found[0]!.ttl, records, ...dates },
      };
    }
    if (method === "PUT" && below.length === 2) {
      const sent = body as Sent[];
      const errors = sent.map(problemOf);
      if (errors.some((error) => Object.keys(error).length > 0)) return { status: 400, body: errors };
      const replaced = (at: string, type: string) => sent.some((one) => full(one.subname) === at && one.type === type);
      state.write(zone, [
        ...zone.records.filter((record) => !replaced(record.name, record.type)),
        ...sent.flatMap(({ subname, type, ttl, records }) =>
          records.map((content) => ({ id: state.nextId(), name: full(subname), type, value: textOf(content)!, ttl })),
        ),
      ]);
      return { status: 200, body: sent.map((rrset) => ({ domain: zone.name, ...rrset, ...dates })) };
    }
    return { status: 405, body: { detail: `Method "${method}" not allowed.` } };
  },
};

interface Sent {
  readonly subname: string;
  readonly type: string;
  readonly ttl: number;
  readonly records: readonly string[];
}

function problemOf(rrset: Sent): object {
  const [odd] = oddFields(rrset, ["subname", "type", "ttl", "records"]);
  if (odd) return { [odd]: ["This field is required, or not known."] };
  if (rrset.subname === "@") return { subname: ["Subname can only use (lowercase) a-z, 0-9, ., -, and _."] };
  if (rrset.ttl < minimum_ttl) return { ttl: [`Ensure this value is greater than or equal to ${minimum_ttl}.`] };
  if (rrset.ttl > 86_400) return { ttl: ["Ensure this value is less than or equal to 86400."] };
  const texts = rrset.records.map(textOf);
  if (texts.includes(undefined)) return { records: ["Record content malformed: cannot parse."] };
  return new Set(texts).size < texts.length ? { non_field_errors: ["RRset contains duplicates."] } : {};
}

const dates = { created: "2026-11-01T08:00:00.000000Z", touched: "2026-11-21T08:00:00.000000Z" };
