/**
 * Pinata on a loopback port, as its documentation and its SDK's types describe it: jobs that turn into pins, lists that
 * go over pages, errors in its own words. What it is sent is held against what it takes.
 *
 * Time passes when it is asked: a job comes one step further with every look at the jobs.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { CID } from "multiformats/cid";
import { closed, listening } from "../servers/loopback.ts";

export type PinataFault =
  | "busy"
  | "server error"
  /** Its words for a token it no longer knows; here with the token in them. */
  | "expired"
  /** Pinning by CID is part of paid plans. */
  | "unpaid"
  | "web page"
  | "other api"
  | "huge"
  | "lost before"
  /** Everything is done, and then the connection breaks. */
  | "lost after";

export interface FakePinata {
  readonly endpoint: string;
  /** `METHOD /path?query` with the body behind it, first to last. */
  readonly requests: string[];
  /** What is to come of jobs that are made from now on: `retrieving` for ever, `expired`, … Default: they are pinned. */
  outcome: string | undefined;
  fail(fault: PinataFault | undefined, times?: number): void;
  /** Pins and jobs for a CID, by identical spelling. */
  count(cid: CID): number;
  stop(): Promise<void>;
}

interface Row {
  readonly id: string;
  readonly ipfs_pin_hash: string;
  readonly date: string;
  readonly name: string | null;
  readonly keyvalues: object;
  readonly outcome: string | undefined;
  status: string;
  unpinned?: string;
}

/** Asked by proxies as `http://host/path`: only the path counts, so that the SDK can be sent here too. */
export async function startFakePinata(jwt: string): Promise<FakePinata> {
  let jobs: Row[] = [];
  const pins: Row[] = [];
  let made = 0;
  let fault: PinataFault | undefined;
  let faultsLeft = 0;

  const advance = (): void => {
    const next = new Map([
      ["prechecking", "retrieving"],
      ["retrieving", "done"],
    ]);
    for (const job of jobs) {
      if (job.status === "retrieving" && job.outcome !== undefined) job.status = job.outcome;
      else job.status = next.get(job.status) ?? job.status;
    }
    pins.unshift(...jobs.filter(({ status }) => status === "done"));
    jobs = jobs.filter(({ status }) => status !== "done");
  };

  const pinByHash = (body: string): Said => {
    const { hashToPin, pinataOptions = {}, pinataMetadata = {} } = JSON.parse(body) as Sent;
    if (!isCid(hashToPin)) return refusal(400, "INVALID_CID", "hashToPin is no CID");
    const { hostNodes = [] } = pinataOptions;
    if (hostNodes.length > 5) return refusal(400, "INVALID_HOST_NODES", "at most 5 host nodes");
    if (!hostNodes.every((node) => /^\/.+\/p2p\/\w+$/.test(node)))
      return refusal(400, "INVALID_HOST_NODES", "bad node");
    const { name, keyvalues = {} } = pinataMetadata;
    const values = Object.values(keyvalues);
    if (values.length > 10) return refusal(400, "INVALID_METADATA", "at most 10 keyvalues");
    if (![name ?? "", ...values].every((value) => typeof value === "string" && value.length <= 245)) {
      return refusal(400, "INVALID_METADATA", "text of at most 245 characters");
    }
    const row: Row = {
      id: `job-${++made}`,
      ipfs_pin_hash: hashToPin,
      date: new Date(Date.UTC(2024, 7, 10) + made * 1000).toISOString(),
      name: name ?? null,
      keyvalues,
      outcome: fake.outcome,
      status: "prechecking",
    };
    jobs.push(row);
    return { status: 200, body: { id: row.id, ipfsHash: hashToPin, status: row.status, name: row.name } };
  };

  const unpin = (hash: string): Said => {
    const kept = pins.filter(({ ipfs_pin_hash, unpinned }) => ipfs_pin_hash === hash && !unpinned);
    if (kept.length === 0) return refusal(400, "CURRENT_USER_HAS_NOT_PINNED_CID", `not pinned: ${hash}`);
    for (const row of kept) row.unpinned = row.date;
    return { status: 200, text: "OK" };
  };

  const pinList = (query: URLSearchParams): Said => {
    const limit = Number(query.get("pageLimit") ?? 10);
    if (!(limit >= 1 && limit <= 1000)) return refusal(400, "INVALID_PAGE_LIMIT", "1 to 1000");
    const from = Number(query.get("pageOffset") ?? 0);
    const found = pins
      .filter(({ ipfs_pin_hash }) => ipfs_pin_hash.includes(query.get("hashContains") ?? ""))
      .filter(({ unpinned }) => query.get("status") !== "pinned" || !unpinned);
    const rows = found.slice(from, from + limit).map(({ id, ipfs_pin_hash, date, unpinned, name, keyvalues }) => ({
      id,
      ipfs_pin_hash,
      size: 1,
      user_id: "us",
      date_pinned: date,
      date_unpinned: unpinned ?? null,
      metadata: { name, keyvalues },
      regions: [],
    }));
    return { status: 200, body: { rows } };
  };

  const pinJobs = (query: URLSearchParams): Said => {
    const limit = Number(query.get("limit") ?? 5);
    if (!(limit >= 1 && limit <= 1000)) return refusal(400, "INVALID_LIMIT", "1 to 1000");
    const from = Number(query.get("offset") ?? 0);
    const wanted = query.get("ipfs_pin_hash");
    const found = jobs.filter(({ ipfs_pin_hash }) => wanted === null || ipfs_pin_hash === wanted);
    const rows = found.slice(from, from + limit).map(({ id, ipfs_pin_hash, date, name, status, keyvalues }) => ({
      id,
      ipfs_pin_hash,
      date_queued: date,
      name,
      status,
      keyvalues,
    }));
    advance();
    return { status: 200, body: { count: found.length, rows } };
  };

  const api = ({ method, headers }: IncomingMessage, url: URL, body: string): Said => {
    if (headers.authorization !== `Bearer ${jwt}`) {
      return refusal(401, "INVALID_CREDENTIALS", "The provided credentials do not match any user");
    }
    switch (`${method} ${url.pathname.replace(/(?<=unpin\/).*/, "*")}`) {
      case "POST /pinning/pinByHash":
        return pinByHash(body);
      case "DELETE /pinning/unpin/*":
        return unpin(url.pathname.split("/").at(-1)!);
      case "GET /data/pinList":
        return pinList(url.searchParams);
      case "GET /pinning/pinJobs":
        return pinJobs(url.searchParams);
      default:
        return refusal(404, "NOT_FOUND", url.pathname);
    }
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://pinata");
    const body = await text(request);
    fake.requests.push(`${request.method} ${url.pathname}${url.search} ${body}`.trim());
    const now = faultsLeft-- > 0 ? fault : undefined;
    if (now === "lost before") return void request.socket.resetAndDestroy();
    if (now && now !== "lost after") return misbehave(now, request, response);
    const said = api(request, url, body);
    if (now) return void request.socket.resetAndDestroy();
    const type = said.text === undefined ? "application/json" : "text/plain";
    response.writeHead(said.status, { "content-type": type }).end(said.text ?? JSON.stringify(said.body));
  });

  const fake: FakePinata = {
    endpoint: await listening(server),
    requests: [],
    outcome: undefined,
    fail(next, times = Number.POSITIVE_INFINITY) {
      fault = next;
      faultsLeft = next ? times : 0;
    },
    count: (cid) =>
      [...jobs, ...pins.filter((pin) => !pin.unpinned)].filter((row) => row.ipfs_pin_hash === `${cid}`).length,
    stop: () => closed(server),
  };
  return fake;
}

interface Sent {
  readonly hashToPin: string;
  readonly pinataOptions?: { readonly hostNodes?: string[] };
  readonly pinataMetadata?: { readonly name?: string; readonly keyvalues?: Record<string, unknown> };
}

interface Said {
  readonly status: number;
  readonly body?: object;
  readonly text?: string;
}

function refusal(status: number, reason: string, details: string): Said {
  return { status, body: { error: { reason, details } } };
}

function isCid(text: string): boolean {
  try {
    return CID.parse(text) !== undefined;
  } catch {
    return false;
  }
}

async function misbehave(how: PinataFault, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const asJson = { "content-type": "application/json" };
  const refuse = (status: number, reason: string, details: string, headers: object = {}) => {
    response.writeHead(status, { ...asJson, ...headers }).end(JSON.stringify(refusal(status, reason, details).body));
  };
  switch (how) {
    case "busy":
      return refuse(429, "RATE_LIMITED", "You have hit your rate limit", { "retry-after": "60" });
    case "expired":
      return refuse(401, "INVALID_CREDENTIALS", `token ${request.headers.authorization} is expired`);
    case "unpaid":
      return refuse(403, "PAID_FEATURE_ONLY", "You must be on a paid plan to use this feature");
    case "server error":
      return void response.writeHead(502).end("<html><title>502 Bad Gateway</title></html>");
    case "web page":
      return void response
        .writeHead(200, { "content-type": "text/html" })
        .end("<title>Pinata is being updated</title>");
    case "other api":
      return void response.writeHead(200, asJson).end('{"data":{"jobs":[]}}');
    default: {
      response.writeHead(200, asJson);
      const blanks = new Uint8Array(65_536).fill(0x20);
      const chunks = function* () {
        for (let sent = 0; sent < 1e9; sent += blanks.length) yield blanks;
      };
      // Whoever asked hangs up long before the end.
      await pipeline(Readable.from(chunks()), response).catch(() => {});
    }
  }
}
