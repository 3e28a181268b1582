/** PowerDNS's HTTP API: names end in a dot, RRsets are replaced in a transaction, errors are one sentence. */
import { type FakeRecord, oddFields, printed, type Said, textOf, type Vendor } from "./vendor.ts";

const failed = (status: number, error: string): Said => ({ status, body: { error } });

export const powerdnsVendor: Vendor = {
  base: "/api/v1/servers/localhost",
  authorization: (token) => ({ header: "X-API-Key", value: token }),
  unauthorized: { status: 401, body: "Unauthorized" },
  busy: failed(429, "Too Many Requests"),

  answer({ method, path, query, body }, state) {
    const [zones, id, more] = path;
    if (zones !== "zones" || more !== undefined) return failed(404, "Not Found");
    if (id === undefined) {
      return {
        status: 200,
        body: state.zones.map(({ name }) => ({ id: `${name}.`, name: `${name}.`, kind: "Native" })),
      };
    }
    const zone = state.zones.find((zone) => `${zone.name}.` === id);
    if (!zone) return failed(404, "Not Found");

    if (method === "GET") {
      const name = query.get("rrset_name");
      const type = query.get("rrset_type");
      const found = zone.records.filter((one) => (!name || `${one.name}.` === name) && (!type || one.type === type));
      const rrsets = Map.groupBy(found, (record) => `${record.name} ${record.type}`).values();
      return { status: 200, body: { id, name: id, kind: "Native", rrsets: [...rrsets].map(shownRrset) } };
    }
    if (method !== "PATCH") return failed(405, "Method Not Allowed");
    for (const sent of (body as { rrsets: Sent[] }).rrsets) {
      const wrong = problemOf(sent, id);
      if (wrong) return failed(422, wrong);
      const others = zone.records.filter((record) => `${record.name}.` !== sent.name || record.type !== sent.type);
      const name = sent.name.slice(0, -1);
      const made = sent.records.map(({ content, disabled }) => ({
        id: state.nextId(),
        name,
        type: sent.type,
        value: textOf(content)!,
        ttl: sent.ttl,
        disabled,
      }));
      state.write(zone, [...others, ...made]);
    }
    return { status: 204 };
  },
};

interface Sent {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly changetype: string;
  readonly records: readonly { readonly content: string; readonly disabled: boolean }[];
}

function problemOf(sent: Sent, zone: string): string | undefined {
  const [odd] = oddFields(sent, ["name", "type", "ttl", "changetype", "records"]);
  if (odd) return `Key '${odd}' not an Integer or not present`;
  if (sent.changetype !== "REPLACE") return "Changetype not understood";
  if (!sent.name.endsWith(".")) return `DNS Name '${sent.name}' is not canonical`;
  if (sent.name !== zone && !sent.name.endsWith(`.${zone}`))
    return `RRset ${sent.name} IN ${sent.type}: Name is out of zone`;
  const bad = sent.records.find(({ content }) => textOf(content) === undefined);
  return bad && `Record ${sent.name}/${sent.type} '${bad.content}': Data field in DNS should start with quote (")`;
}

function shownRrset(records: readonly FakeRecord[]) {
  const [{ name, type, ttl }] = records as [FakeRecord];
  const shown = records.map(({ value, disabled = false }) => ({
    content: type === "TXT" ? printed(value) : value,
    disabled,
  }));
  return { name: `${name}.`, type, ttl, records: shown, comments: [] };
}
