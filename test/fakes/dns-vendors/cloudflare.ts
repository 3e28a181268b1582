/** Cloudflare: everything in an envelope with `success`, records by id, at most 50 zones a page. */
import { type FakeRecord, oddFields, pageOf, printed, type Said, textOf, type Vendor } from "./vendor.ts";

const failed = (status: number, code: number, message: string, chain: object[] = []): Said => ({
  status,
  body: {
    success: false,
    errors: [{ code, message, ...(chain.length > 0 && { error_chain: chain }) }],
    messages: [],
    result: null,
  },
});

export const cloudflareVendor: Vendor = {
  base: "/client/v4",
  authorization: (token) => ({ header: "Authorization", value: `Bearer ${token}` }),
  unauthorized: failed(403, 9109, "Invalid access token"),
  busy: failed(429, 971, "Please wait and consider throttling your request speed"),

  answer({ method, path, query, body }, state) {
    const [zones, zoneId, records, id] = path;
    if (zones !== "zones")
      return failed(400, 7003, `Could not route to /${path.join("/")}, perhaps your object identifier is invalid?`);
    if (zoneId === undefined) {
      return listed(
        state.zones.map(({ id, name }) => ({ id, name, status: "active", paused: false })),
        query,
        20,
        50,
      );
    }
    const zone = state.zones.find((zone) => zone.id === zoneId);
    if (!zone || records !== "dns_records") {
      return failed(404, 7003, `Could not route to /zones/${zoneId}, perhaps your object identifier is invalid?`);
    }
    if (id === undefined && method === "GET") {
      const name = query.get("name");
      const type = query.get("type");
      const found = zone.records.filter((one) => (!name || one.name === name) && (!type || one.type === type));
      return listed(found.map(shownRecord), query, 100, 5_000_000);
    }

    const held = zone.records.find((record) => `${record.id}` === id);
    if (id !== undefined && !held) return failed(404, 81044, "Record does not exist.");
    const others = zone.records.filter((record) => record !== held);
    if (method === "DELETE" && held) {
      state.write(zone, others);
      return { status: 200, body: { success: true, errors: [], messages: [], result: { id } } };
    }
    if ((method === "PATCH" && held) || (method === "POST" && id === undefined)) {
      const sent = { ...(held && shownSent(held)), ...(body as object) } as Sent;
      const [odd] = oddFields(sent, ["name", "type", "content", "ttl"], ["comment", "tags", "proxied", "settings"]);
      if (odd) return failed(400, 9207, `Request body is invalid: ${odd}`);
      if (sent.ttl !== 1 && (sent.ttl < 60 || sent.ttl > 86_400)) {
        return failed(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.");
      }
      if (!sent.name.endsWith(zone.name)) return failed(400, 9000, "DNS name is invalid.");
      const value = sent.content.startsWith('"') ? textOf(sent.content) : sent.content;
      if (value === undefined || value === "") return failed(400, 9208, "Content for TXT record is invalid.");
      const record = { id: held?.id ?? state.nextId(), name: sent.name, type: sent.type, value, ttl: sent.ttl };
      const same = (other: FakeRecord) =>
        shownRecord({ ...other, id: 0 }).content === printed(value) && other.name === record.name;
      if (others.some(same)) return failed(400, 81058, "An identical record already exists.");
      state.write(zone, [...others, record]);
      return { status: 200, body: { success: true, errors: [], messages: [], result: shownRecord(record) } };
    }
    return failed(405, 10405, "Method not allowed for this authentication scheme");
  },
};

interface Sent {
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
}

function shownSent(record: FakeRecord): Sent {
  const { name, type, content, ttl } = shownRecord(record);
  return { name, type, content, ttl };
}

function shownRecord({ id, name, type, value, ttl }: FakeRecord) {
  const content = type === "TXT" ? printed(value) : value;
  return {
    id: `${id}`,
    name,
    type,
    content,
    ttl,
    proxiable: false,
    proxied: false,
    settings: {},
    comment: null,
    tags: [],
  };
}

function listed(items: readonly object[], query: URLSearchParams, usual: number, most: number): Said {
  const { items: result, page, perPage, pages, total } = pageOf(items, query, usual, most);
  const result_info = { page, per_page: perPage, count: result.length, total_count: total, total_pages: pages };
  return { status: 200, body: { success: true, errors: [], messages: [], result, result_info } };
}
