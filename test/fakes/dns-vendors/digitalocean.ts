/** DigitalOcean: records by id, text without quotes, no backslash, at most 512 characters as in a zone file. */
import { type FakeRecord, type FakeZone, oddFields, pageOf, printed, type Said, type Vendor } from "./vendor.ts";

const failed = (status: number, id: string, message: string): Said => ({
  status,
  body: { id, message, request_id: "4d9d8375-3c56-4925-a3e7-eb137fed17e9" },
});
const notFound = failed(404, "not_found", "The resource you were accessing could not be found.");

export const digitaloceanVendor: Vendor = {
  base: "/v2",
  authorization: (token) => ({ header: "Authorization", value: `Bearer ${token}` }),
  unauthorized: failed(401, "Unauthorized", "Unable to authenticate you"),
  busy: failed(429, "too_many_requests", "API Rate limit exceeded."),

  answer({ method, path, query, body }, state) {
    const [domains, domain, records, id] = path;
    if (domains !== "domains") return notFound;
    if (domain === undefined) {
      return listed(
        "domains",
        state.zones.map(({ name }) => ({ name, ttl: 1800, zone_file: "…" })),
        query,
      );
    }
    const zone = state.zones.find((zone) => zone.name === domain);
    if (!zone || records !== "records") return notFound;
    if (id === undefined && method === "GET") {
      // The filter wants the full name, where records say the name within the zone.
      const name = query.get("name");
      const type = query.get("type");
      const found = zone.records.filter((one) => (!name || one.name === name) && (!type || one.type === type));
      return listed(
        "domain_records",
        found.map((record) => shownRecord(zone, record)),
        query,
      );
    }

    const held = zone.records.find((record) => `${record.id}` === id);
    if (id !== undefined && !held) return notFound;
    const others = zone.records.filter((record) => record !== held);
    if (method === "DELETE" && held) {
      state.write(zone, others);
      return { status: 204 };
    }
    if ((method === "PUT" && held) || (method === "POST" && id === undefined)) {
      const sent = body as { type: string; name: string; data: string; ttl: number };
      const [odd] = oddFields(sent, ["type", "name", "data"], ["ttl", "priority", "port", "weight", "flags", "tag"]);
      if (odd) return failed(422, "unprocessable_entity", `${odd} is missing or not known`);
      if (sent.ttl < 30) return failed(422, "unprocessable_entity", "TTL must be greater than or equal to 30.");
      if (sent.data === "" || sent.data.includes("\\") || printed(sent.data).length > 512) {
        return failed(422, "unprocessable_entity", "Data is invalid");
      }
      if (sent.name.endsWith(zone.name)) return failed(422, "unprocessable_entity", "Name is invalid");
      const name = sent.name === "@" ? zone.name : `${sent.name}.${zone.name}`;
      const record = { id: held?.id ?? state.nextId(), name, type: sent.type, value: sent.data, ttl: sent.ttl ?? 1800 };
      state.write(zone, [...others, record]);
      return { status: method === "POST" ? 201 : 200, body: { domain_record: shownRecord(zone, record) } };
    }
    return failed(405, "method_not_allowed", "Method not allowed");
  },
};

function shownRecord(zone: FakeZone, { id, name, type, value, ttl }: FakeRecord) {
  const within = name === zone.name ? "@" : name.slice(0, -zone.name.length - 1);
  return { id, type, name: within, data: value, priority: null, port: null, ttl, weight: null, flags: null, tag: null };
}

function listed(key: string, all: readonly object[], query: URLSearchParams): Said {
  const { items, page, pages, total } = pageOf(all, query, 20, 200);
  // On the vendor's own host, where a token for this server has no business.
  const next = `https://api.digitalocean.com/v2/${key}?page=${page + 1}`;
  return { status: 200, body: { [key]: items, links: page < pages ? { pages: { next } } : {}, meta: { total } } };
}
