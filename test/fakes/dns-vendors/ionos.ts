/**
 * IONOS: PATCH replaces by name and type, PUT replaces the whole zone, content comes back in quotes.
 *
 * Shapes as published by IONOS and as recorded by clients of it; `prio` is the field, `priority` is refused.
 */
import { type FakeRecord, type FakeZone, oddFields, printed, type State, textOf, type Vendor } from "./vendor.ts";

export const ionosVendor: Vendor = {
  base: "/dns/v1",
  authorization: (token) => ({ header: "X-API-Key", value: token }),
  unauthorized: {
    status: 401,
    body: [{ code: "UNAUTHORIZED", message: "The customer is not authorized to do this operation." }],
  },
  busy: { status: 429, body: [{ code: "RATE_LIMIT_EXCEEDED" }] },

  answer({ method, path, query, body }, state) {
    const [zones, id, more] = path;
    if (zones !== "zones" || more !== undefined) return { status: 404, body: [{ code: "NOT_FOUND" }] };
    if (id === undefined) {
      return { status: 200, body: state.zones.map(({ id, name }) => ({ id, name, type: "NATIVE" })) };
    }
    const zone = state.zones.find((zone) => zone.id === id);
    if (!zone) return { status: 404, body: [{ code: "ZONE_NOT_FOUND", message: "Zone does not exist." }] };

    switch (method) {
      case "GET": {
        const name = query.get("recordName");
        const type = query.get("recordType");
        const records = zone.records.filter(
          (record) => (!name || record.name === name) && (!type || record.type === type),
        );
        return {
          status: 200,
          body: { id, name: zone.name, type: "NATIVE", records: records.map((record) => shownRecord(zone, record)) },
        };
      }
      case "PATCH":
      case "PUT": {
        const wrong = (body as unknown[]).find((record) => problemOf(zone, record));
        if (wrong) {
          const parameters = { errorRecord: wrong, invalidFields: [problemOf(zone, wrong)] };
          return { status: 400, body: [{ code: "INVALID_RECORD", message: "Record is invalid.", parameters }] };
        }
        const sent = (body as Sent[]).map((record) => recordOf(record, state));
        const replaced = (old: FakeRecord) => sent.some(({ name, type }) => name === old.name && type === old.type);
        const kept = method === "PUT" ? [] : zone.records.filter((old) => !replaced(old));
        state.write(zone, [...kept, ...sent]);
        return { status: 200 };
      }
      default:
        return { status: 405, body: [{ code: "METHOD_NOT_ALLOWED" }] };
    }
  },
};

interface Sent {
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
  readonly disabled: boolean;
}

function problemOf({ name: zone }: FakeZone, record: unknown): string | undefined {
  const [odd] = oddFields(record, ["name", "type", "content"], ["ttl", "prio", "disabled"]);
  if (odd) return odd;
  const { name, ttl, content } = record as Sent;
  if (name !== zone && !name.endsWith(`.${zone}`)) return "name";
  if (!(ttl >= 60 && ttl <= 31_536_000)) return "ttl";
  return content === "" || (content.startsWith('"') && textOf(content) === undefined) ? "content" : undefined;
}

function recordOf({ name, type, content, ttl, disabled }: Sent, state: State): FakeRecord {
  return { id: state.nextId(), name, type, value: textOf(content) ?? content, ttl, disabled };
}

function shownRecord({ name: rootName }: FakeZone, { id, name, type, value, ttl, disabled = false }: FakeRecord) {
  const content = type === "TXT" ? printed(value) : value;
  return { id: `${id}`, name, rootName, type, content, changeDate: "2026-11-21T08:00:00.000Z", ttl, disabled };
}
