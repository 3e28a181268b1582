/**
 * Pin service: Pinata, by the requests of its own SDK (`@pinata/sdk` 2.1.0: pinByHash, pinJobs, pinList, unpin).
 *
 * The SDK itself is not used: it has a fixed address, drops the status and `Retry-After` of answers with an error message,
 * throws errors that contain the JWT, does not limit the length of answers and changes JavaScript's globals. The tests
 * compare each request with the one that the SDK sends.
 *
 * Pinata fetches in jobs: a CID is in pinJobs while it is fetched, and in pinList when it is pinned.
 *
 * @see https://docs.pinata.cloud/api-reference
 */
import type { CID } from "multiformats/cid";
import * as v from "valibot";
import { identity, parseCid } from "../core/cid.ts";
import { Failure } from "../core/failure.ts";
import { serializedByKey } from "../core/serialized-by-key.ts";
import type { World } from "../core/world.ts";
import { type Api, type ApiCall, askApi, excerpt } from "../http/http.ts";
import { isHttpAddress } from "./http-origin.ts";
import type { PinRequest, PinService, PinStatus } from "./service.ts";

export interface PinataOptions {
  readonly name: string;
  /** Without a slash at its end. Default: Pinata's own. */
  readonly endpoint?: string;
  readonly token: string;
  /** Hint for a rejected token: `check PINATA_JWT`. */
  readonly hint?: string;
}

/** Pinata's limits: nodes to fetch from, characters of a name or a value, metadata values, rows of one answer. */
const most = { hostNodes: 5, characters: 245, keyvalues: 10, pins: 1000, jobs: 99 } as const;

/** Up to so many CIDs, each is requested singly (two requests each). For more, all pins and jobs are listed. */
const fewCids = 2;

/** Pages of a list: a hundred thousand pins. */
const mostPages = 100;

/** States of a job in progress. Every other status is the reason why the job failed. */
const working: ReadonlyMap<string, PinStatus["state"]> = new Map([
  ["prechecking", "queued"],
  ["searching", "pinning"],
  ["retrieving", "pinning"],
  ["backfilled", "pinned"],
]);

const reasons: ReadonlyMap<string, string> = new Map([
  ["expired", "no node that has it was found in time"],
  ["over_free_limit", "the account has no room for it"],
  ["over_max_size", "it is larger than Pinata takes"],
  ["invalid_object", "Pinata could not read it"],
  ["bad_host_node", "an origin is no address that Pinata can dial"],
]);

const jobs = v.object({
  rows: v.array(v.object({ ipfs_pin_hash: v.string(), status: v.string(), date_queued: v.optional(v.string()) })),
});
type Job = v.InferOutput<typeof jobs>["rows"][number];

const pins = v.object({
  rows: v.array(
    v.object({
      ipfs_pin_hash: v.string(),
      date_pinned: v.optional(v.nullable(v.string())),
      date_unpinned: v.optional(v.nullable(v.string())),
    }),
  ),
});
type Pin = v.InferOutput<typeof pins>["rows"][number];

const taken = v.object({ status: v.optional(v.string()) });

export function pinataPins(options: PinataOptions): PinService {
  const { name, endpoint = "https://api.pinata.cloud", token } = options;
  const api: Api = {
    name,
    headers: { authorization: `Bearer ${token}` },
    hint: options.hint ?? `check the token of ${name}; pinning by CID is part of Pinata's paid plans`,
  };
  const { ask, pinsOf, allPins, jobsOf, allJobs } = listsOf(api, endpoint);
  // Two parallel pin requests for one CID would create two jobs.
  const inTurn = serializedByKey();

  const statusOfOne = async (cid: CID, world: World): Promise<PinStatus> => {
    const pins = await pinsOf(cid, world);
    const under = pinsWith(cid, pins).length > 0 ? [] : await jobsOf(cid, world);
    return statusIn([cid], pins, under).get(`${cid}`)!;
  };

  return {
    name,

    async status(cids, world) {
      if (cids.length === 0) return new Map();
      if (cids.length > fewCids) return statusIn(cids, await allPins(world), await allJobs(world));
      const statuses = new Map<string, PinStatus>();
      for (const cid of cids) statuses.set(`${cid}`, await statusOfOne(cid, world));
      return statuses;
    },

    pin: (pinRequest, world) =>
      inTurn(identity(pinRequest.cid), async () => {
        const known = await statusOfOne(pinRequest.cid, world);
        if (known.state !== "absent" && known.state !== "failed") return known;
        const what = `pinning ${pinRequest.cid}`;
        const { status } = await ask(
          { what, method: "POST", path: "/pinning/pinByHash", body: jobOf(pinRequest) },
          taken,
          world,
        );
        return { state: working.get(status ?? "") ?? "queued" };
      }),

    unpin: (cid, world) =>
      inTurn(identity(cid), async () => {
        // Only pins that exist are deleted: for others Pinata answers an error, which has changed over the years.
        const what = `unpinning ${cid}`;
        for (const { ipfs_pin_hash } of pinsWith(cid, await pinsOf(cid, world))) {
          const url = `${endpoint}/pinning/unpin/${parseCid(ipfs_pin_hash)}`;
          await askApi(api, { what, method: "DELETE", url, bare: true }, world);
        }
      }),
  };
}

/** Pinata's two lists: what is pinned, and the jobs that fetch. */
interface Lists {
  /** Pins whose CID contains that of `cid`, and maybe others. */
  pinsOf(cid: CID, world: World): Promise<Pin[]>;
  allPins(world: World): Promise<Pin[]>;
  jobsOf(cid: CID, world: World): Promise<Job[]>;
  allJobs(world: World): Promise<Job[]>;
  /** One request, whose answer is checked. @throws Failure `corrupt` for an answer of another form. */
  ask<const Schema extends v.GenericSchema>(
    call: Omit<ApiCall, "url"> & { readonly path: string },
    schema: Schema,
    world: World,
  ): Promise<v.InferOutput<Schema>>;
}

function listsOf(api: Api, endpoint: string): Lists {
  const { name } = api;

  const ask: Lists["ask"] = async (call, schema, world) => {
    const { body } = await askApi(api, { ...call, url: `${endpoint}${call.path}` }, world);
    const { success, output, issues } = v.safeParse(schema, body);
    if (success) return output;
    const where = v.getDotPath(issues[0]) ?? "all of it";
    const not = `${excerpt(where)}: ${excerpt(issues[0].message)}`;
    throw new Failure("corrupt", `${name}: ${call.what} answered what is not Pinata's (${not})`);
  };

  const pinsPage = async (query: Readonly<Record<string, string>>, world: World): Promise<Pin[]> => {
    const path = `/data/pinList?includeCount=false&${new URLSearchParams(query)}`;
    return (await ask({ what: "listing pins", path }, pins, world)).rows;
  };

  const jobsPage = async (query: Readonly<Record<string, string>>, world: World): Promise<Job[]> => {
    const path = `/pinning/pinJobs?${new URLSearchParams(query)}`;
    return (await ask({ what: "listing jobs", path }, jobs, world)).rows;
  };

  const everyPage = async <Row>(full: number, page: (offset: number) => Promise<Row[]>): Promise<Row[]> => {
    const all: Row[] = [];
    for (let pages = 0; pages < mostPages; pages++) {
      const rows = await page(all.length);
      all.push(...rows);
      if (rows.length < full) return all;
    }
    throw new Failure("corrupt", `${name}: a list has more than ${all.length} entries, or no end`);
  };

  return {
    ask,
    pinsOf: (cid, world) => pinsPage({ hashContains: `${cid}`, status: "pinned", pageLimit: `${most.pins}` }, world),
    allPins: (world) =>
      everyPage(most.pins, (offset) =>
        pinsPage(
          { status: "pinned", pageLimit: `${most.pins}`, ...(offset > 0 && { pageOffset: `${offset}` }) },
          world,
        ),
      ),
    jobsOf: (cid, world) => jobsPage({ sort: "ASC", ipfs_pin_hash: `${cid}`, limit: `${most.jobs}` }, world),
    allJobs: (world) =>
      everyPage(most.jobs, (offset) =>
        jobsPage({ sort: "ASC", limit: `${most.jobs}`, ...(offset > 0 && { offset: `${offset}` }) }, world),
      ),
  };
}

/** Status of each CID from both lists: pinned, or the state of its newest job. */
function statusIn(cids: readonly CID[], pins: readonly Pin[], under: readonly Job[]): Map<string, PinStatus> {
  const pinsBy = Map.groupBy(pins.filter(isPinned), identityOf);
  const jobsBy = Map.groupBy(under, identityOf);
  return new Map(
    cids.map((cid) => {
      const [pin] = pinsBy.get(identity(cid)) ?? [];
      if (pin) return [`${cid}`, { state: "pinned", ...sinceOf(pin.date_pinned) }];
      const newest = jobsBy.get(identity(cid))?.reduce((a, b) => (queuedAt(b) >= queuedAt(a) ? b : a));
      return [`${cid}`, newest ? statusOfJob(newest) : { state: "absent" }];
    }),
  );
}

function statusOfJob({ status, date_queued }: Job): PinStatus {
  const since = sinceOf(date_queued);
  const state = working.get(status);
  if (state) return { state, ...since };
  const reason = reasons.get(status);
  return { state: "failed", ...since, message: reason ? `${status}: ${reason}` : excerpt(status) };
}

function pinsWith(cid: CID, pins: readonly Pin[]): Pin[] {
  return pins.filter((pin) => isPinned(pin) && identityOf(pin) === identity(cid));
}

/** Pinata's list of pinned CIDs sometimes contains unpinned ones, too. */
function isPinned({ date_unpinned }: Pin): boolean {
  return !date_unpinned;
}

/** Identity of the pin's CID; `undefined` if it is no CID, and so none that was requested. */
function identityOf({ ipfs_pin_hash }: { readonly ipfs_pin_hash: string }): string | undefined {
  try {
    return identity(parseCid(ipfs_pin_hash));
  } catch {
    return undefined;
  }
}

function queuedAt({ date_queued }: Job): number {
  return Date.parse(date_queued ?? "") || 0;
}

function sinceOf(date: string | null | undefined): { since?: string } {
  const time = Date.parse(date ?? "");
  return Number.isNaN(time) ? {} : { since: new Date(time).toISOString() };
}

function jobOf({ cid, label, previous, origins, meta }: PinRequest): object {
  // Pinata's nodes connect with peers, and know no gateways.
  const peers = origins.filter((address) => !isHttpAddress(address));
  const cut = (text: string) => text.slice(0, most.characters).toWellFormed();
  const keyvalues = Object.entries({ ...(previous && { prev: `${previous}` }), ...meta }).slice(0, most.keyvalues);
  return {
    hashToPin: `${cid}`,
    pinataOptions: peers.length > 0 ? { hostNodes: [...new Set(peers)].slice(0, most.hostNodes) } : {},
    pinataMetadata: {
      name: cut(label),
      keyvalues: Object.fromEntries(keyvalues.map(([key, text]) => [cut(key), cut(text)])),
    },
  };
}
