/**
 * A DNS vendor on a loopback port: zones with records, kept and changed as its API says.
 *
 * What is the same for all of them is here: the state, a journal of what anybody could have seen at a name, and ways to
 * fail. What requests look like, and what is refused with which words, is each vendor's own and stands in its file.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onLoopback } from "../loopback.ts";

/** A record as the world sees it: `value` of a TXT is its text, without quotes. */
export interface FakeRecord {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly ttl: number;
  readonly disabled?: boolean;
}

export interface FakeZone {
  readonly id: string;
  readonly name: string;
  records: readonly FakeRecord[];
}

export interface Ask {
  readonly method: string;
  /** Decoded, without those of the API's own address: `["zones", "ID"]`. A slash at the end leaves an empty one. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Said {
  readonly status: number;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Vendor {
  /** Of its API on the vendor's own host: `/dns/v1`. */
  readonly base: string;
  /** What a request must carry. */
  authorization(token: string): { readonly header: string; readonly value: string };
  /** Its words for a wrong token, and for too many requests. */
  readonly unauthorized: Said;
  readonly busy: Said;
  answer(ask: Ask, state: State): Said;
}

export interface State {
  readonly zones: FakeZone[];
  /** A number no record has had yet. */
  nextId(): number;
  /** Put other records into a zone, at one stroke. */
  write(zone: FakeZone, records: readonly FakeRecord[]): void;
}

export type Fault =
  /** 429 in the vendor's words, with Retry-After: 7. */
  | "busy"
  /** A proxy's page with status 502. */
  | "page"
  /** A page with status 200. */
  | "page, as if well"
  /** 200 and JSON of another API. */
  | "other shape"
  /** The connection is cut before anything is done. */
  | "reset"
  /** What is asked for is done, and the answer lost. */
  | "lost"
  /** 401 that repeats the token. */
  | "chatty"
  /** 302 to somebody else. */
  | "redirect";

export interface FakeVendor {
  /** Address of its API, without a slash at its end. */
  readonly api: string;
  readonly state: State;
  /** Method and path of every request, first to last. */
  readonly requests: string[];
  /** The TXT values that could be seen at any name after each write since the last `plant`. */
  readonly journal: { readonly zone: string; readonly values: (name: string) => string[] }[];
  /** What happens to the next `times` requests of this method. */
  fail(fault: Fault, method: string, times: number): void;
  plant(name: string, values: readonly string[], ttl: number): void;
}

/**
 * Zones as a busy account has them: `example.test`, below it `data.example.test`, and more of others than fit on a page.
 * Ended when the test is over.
 */
export async function startFakeVendor(vendor: Vendor, token: string): Promise<FakeVendor> {
  let id = 1000;
  const nextId = () => id++;
  const others = Array.from({ length: 230 }, (_, i) => `other-${String(i).padStart(3, "0")}.test`);
  const zones = [...others, "example.test", "data.example.test"].map((name, i) => zoneWith(name, i, nextId));
  const requests: string[] = [];
  const journal: FakeVendor["journal"] = [];
  let failing: { fault: Fault; method: string; times: number } | undefined;

  const state: State = {
    zones,
    nextId,
    write(zone, records) {
      zone.records = records;
      journal.push({ zone: zone.name, values: (name) => txtAt(records, name) });
    },
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://vendor");
    requests.push(`${request.method} ${url.pathname}`);
    const text = await bodyOf(request);
    const fault = failing && failing.times > 0 && failing.method === request.method ? failing.fault : undefined;
    if (fault) failing!.times--;
    if (fault && fault !== "lost") {
      misbehave(fault, vendor, request, response);
      return;
    }

    const { header, value } = vendor.authorization(token);
    if (request.headers[header.toLowerCase()] !== value) return send(response, vendor.unauthorized);
    if (!url.pathname.startsWith(`${vendor.base}/`)) return send(response, { status: 404, body: "no such page" });
    const path = url.pathname
      .slice(vendor.base.length + 1)
      .split("/")
      .map(decodeURIComponent);
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const said = vendor.answer({ method: request.method!, path, query: url.searchParams, body }, state);
    if (fault === "lost") return void response.socket?.resetAndDestroy();
    send(response, said);
  });
  const address = await onLoopback(server);

  return {
    api: `${address}${vendor.base}`,
    state,
    requests,
    journal,
    fail(fault, method, times) {
      failing = { fault, method, times };
    },
    plant(name, values, ttl) {
      const zone = zoneHolding(state, name)!;
      const kept = zone.records.filter((record) => record.name !== name || record.type !== "TXT");
      zone.records = [...kept, ...values.map((value) => ({ id: nextId(), name, type: "TXT", value, ttl }))];
      journal.length = 0;
    },
  };
}

function zoneWith(name: string, number: number, nextId: () => number): FakeZone {
  const record = (type: string, value: string, at = name) => ({ id: nextId(), name: at, type, value, ttl: 3600 });
  return {
    id: `${String(number).padStart(8, "0")}-0000-4000-8000-000000000000`,
    name,
    records: [
      record("SOA", `ns1.${name}. hostmaster.${name}. 1 7200 900 1209600 300`),
      record("NS", `ns1.${name}.`),
      record("A", "192.0.2.1"),
      record("TXT", "v=spf1 -all"),
      record("A", "192.0.2.2", `_dnslink.${name}`),
    ],
  };
}

export function zoneHolding({ zones }: State, name: string): FakeZone | undefined {
  return zones
    .filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

function txtAt(records: readonly FakeRecord[], name: string): string[] {
  return records
    .filter((record) => record.type === "TXT" && record.name === name && !record.disabled)
    .map(({ value }) => value);
}

/** Fields of a request's object that the vendor does not know, or that are missing. */
export function oddFields(object: unknown, required: readonly string[], optional: readonly string[] = []): string[] {
  if (object === null || typeof object !== "object") return [...required];
  const keys = Object.keys(object);
  const unknown = keys.filter((key) => !required.includes(key) && !optional.includes(key));
  return [...unknown, ...required.filter((key) => !keys.includes(key))];
}

/**
 * The text of a TXT record written as in a zone file; `undefined` where a server would not take it. A reading of
 * RFC 1035 §5.1 of its own, so that the pipeline's is held against another one.
 */
export function textOf(content: string): string | undefined {
  const bytes: number[] = [];
  let rest = Buffer.from(content);
  while (rest.length > 0) {
    if (rest[0] !== 0x22) return undefined;
    let at = 1;
    let length = 0;
    for (; rest[at] !== 0x22; length++) {
      if (at >= rest.length) return undefined;
      if (rest[at] !== 0x5c) bytes.push(rest[at++]!);
      else if (/^\d{3}$/.test(rest.toString("latin1", at + 1, at + 4))) {
        bytes.push(Number(rest.toString("latin1", at + 1, at + 4)));
        at += 4;
      } else {
        bytes.push(rest[at + 1]!);
        at += 2;
      }
    }
    if (length > 255) return undefined;
    rest = rest.subarray(at + 1);
    if (rest.length > 0 && rest[0] !== 0x20) return undefined;
    while (rest[0] === 0x20) rest = rest.subarray(1);
  }
  return bytes.length > 0 || content !== "" ? Buffer.from(bytes).toString() : undefined;
}

/** As servers print it: every string as long as it may be, what is not ASCII as numbers. */
export function printed(text: string): string {
  const characters = [...Buffer.from(text).toString("latin1")];
  const strings: string[] = [];
  while (characters.length > 0) {
    const string = characters.splice(0, 255).map((character) => {
      if (character === '"' || character === "\\") return `\\${character}`;
      return /[ -~]/.test(character) ? character : `\\${String(character.charCodeAt(0)).padStart(3, "0")}`;
    });
    strings.push(`"${string.join("")}"`);
  }
  return strings.join(" ");
}

/** Items of one page, as `page` and `per_page` ask for them. */
export function pageOf<Item>(items: readonly Item[], query: URLSearchParams, usual: number, most: number) {
  const perPage = Math.min(Number(query.get("per_page") ?? usual), most);
  const page = Number(query.get("page") ?? 1);
  const pages = Math.max(1, Math.ceil(items.length / perPage));
  return { items: items.slice((page - 1) * perPage, page * perPage), page, perPage, pages, total: items.length };
}

function misbehave(
  fault: Exclude<Fault, "lost">,
  vendor: Vendor,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const page = "<html><head><title>502 Bad Gateway</title></head></html>";
  switch (fault) {
    case "busy":
      send(response, { ...vendor.busy, headers: { "retry-after": "7" } });
      break;
    case "page":
      send(response, { status: 502, body: page });
      break;
    case "page, as if well":
      send(response, { status: 200, body: page });
      break;
    case "other shape":
      send(response, { status: 200, body: { ok: true } });
      break;
    case "reset":
      response.socket?.resetAndDestroy();
      break;
    case "chatty": {
      const { header } = vendor.authorization("");
      const sent = request.headers[header.toLowerCase()];
      send(response, { status: 401, body: { message: `no such token: ${sent}`, error: `no: ${sent}` } });
      break;
    }
    case "redirect":
      send(response, { status: 302, headers: { location: "http://127.0.0.1:1/elsewhere" } });
      break;
  }
}

function send(response: ServerResponse, { status, body, headers }: Said): void {
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  const type = typeof body === "string" ? "text/html" : "application/json";
  response.writeHead(status, { ...(text !== "" && { "content-type": type }), ...headers }).end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
