/** Gandi LiveDNS: one address an RRset, names as seen from the zone, TTL of 300 s at least. */
import { oddFields, pageOf, printed, type Said, textOf, type Vendor } from "./vendor.ts";

const failed = (code: number, cause: string, object: string, message: string): Said => ({
  status: code,
  body: { code, message, object, cause },
});

export const gandiVendor: Vendor = {
  base: "/v5/livedns",
  authorization: (token) => ({ header: "Authorization", value: `Bearer ${token}` }),
  unauthorized: failed(403, "Forbidden", "HTTPForbidden", "Access was denied to this resource."),
  busy: failed(429, "Too Many Requests", "HTTPTooManyRequests", "Too many requests, try again later."),

  answer({ method, path, query, body }, state) {
    const [domains, fqdn, records, within, type, more] = path;
    if (domains !== "domains") return failed(404, "Not Found", "HTTPNotFound", "The resource could not be found.");
    if (fqdn === undefined) {
      const { items } = pageOf(state.zones, query, 100, 100);
      return { status: 200, body: items.map(({ name }) => ({ fqdn: name, domain_href: "", domain_records_href: "" })) };
    }
    const zone = state.zones.find((zone) => zone.name === fqdn);
    if (!zone || records !== "records" || !within || !type || more !== undefined) {
      return failed(404, "Not Found", "dns-zone", "The resource could not be found.");
    }
    const name = within === "@" ? zone.name : `${within}.${zone.name}`;

    if (method === "GET") {
      const found = zone.records.filter((record) => record.name === name && record.type === type);
      if (found.length === 0) {
        return failed(404, "Not Found", "dns-record", `Can't find the DNS record ${within}/${type} in the zone`);
      }
      const rrset_values = found.map(({ value }) => printed(value));
      return { status: 200, body: { rrset_name: within, rrset_type: type, rrset_ttl: found[0]!.ttl, rrset_values } };
    }
    if (method === "PUT") {
      const sent = body as { rrset_ttl: number; rrset_values: string[] };
      const wrong = problemOf(sent);
      if (wrong) return { status: 400, body: { status: "error", errors: [{ location: "body", ...wrong }] } };
      state.write(zone, [
        ...zone.records.filter((record) => record.name !== name || record.type !== type),
        ...sent.rrset_values.map((content) => ({
          id: state.nextId(),
          name,
          type,
          value: textOf(content)!,
          ttl: sent.rrset_ttl,
        })),
      ]);
      return { status: 201, body: { message: "DNS Record Created" } };
    }
    return failed(405, "Method Not Allowed", "HTTPMethodNotAllowed", "The method is not allowed for this resource.");
  },
};

function problemOf(sent: { rrset_ttl: number; rrset_values: string[] }) {
  const [odd] = oddFields(sent, ["rrset_values"], ["rrset_ttl"]);
  if (odd) return { name: odd, description: "unrecognized or missing" };
  if (sent.rrset_ttl < 300) {
    return { name: "rrset_ttl", description: `${sent.rrset_ttl} is less than minimum value 300` };
  }
  if (sent.rrset_ttl > 2_592_000) {
    return { name: "rrset_ttl", description: `${sent.rrset_ttl} is greater than maximum value 2592000` };
  }
  return sent.rrset_values.some((content) => textOf(content) === undefined)
    ? { name: "rrset_values", description: "invalid TXT value" }
    : undefined;
}
