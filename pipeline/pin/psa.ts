/**
 * Pin service: any implementation of the IPFS Pinning Service API 1.0.0.
 *
 * The API is frozen, and services differ in their extensions, so only four fields of a request are read: id, status,
 * creation time and CID. A request is never replaced (`POST /pins/ID`), because that unpins its previous CID.
 *
 * @see https://ipfs.github.io/pinning-services-api-spec/
 */
import type { CID } from "multiformats/cid";
import * as v from "valibot";
import { identity, parseCid } from "../core/cid.ts";
import { Failure } from "../core/failure.ts";
import { serializedByKey } from "../core/serialized-by-key.ts";
import type { World } from "../core/world.ts";
import { type Api, type ApiCall, askApi, excerpt } from "../http/http.ts";
import type { PinRequest, PinService, PinStatus } from "./service.ts";

export interface PsaOptions {
  readonly name: string;
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string;
  /** Hint for a rejected token: `check SHOP_TOKEN`. */
  readonly hint?: string;
}

/** Limits of the API: CIDs in one query, requests in one answer, characters of a name, origins of a pin request. */
const most = { cids: 10, results: 1000, name: 255, origins: 20 } as const;

/** Pages of one list: a hundred thousand requests. */
const mostPages = 100;

/** Up to so many CIDs, queries name each CID. For more, a list of all pin requests takes fewer HTTP requests. */
const askedByName = 100;

/** Without this filter a service lists only pinned CIDs, and a queued one would appear absent. */
const everyState = "queued,pinning,pinned,failed";

/** In order of preference: the first one counts if there are several requests for a CID. */
const states = ["pinned", "pinning", "queued", "failed"] as const;

/** Number of HTTP requests for the status of `cids` CIDs. If everything is listed, an estimate for ten thousand pins. */
export function requestsToList(cids: number): number {
  return Math.ceil(Math.min(cids, askedByName) / most.cids);
}

const requestSchema = v.object({
  // The id becomes part of a URL, in which `..` would address all requests.
  requestid: v.pipe(v.string(), v.regex(/^(?!\.{1,2}$).{1,1000}$/)),
  status: v.picklist(states),
  created: v.optional(v.string()),
  pin: v.object({ cid: v.string() }),
  info: v.optional(v.nullable(v.object({ status_details: v.optional(v.unknown()) }))),
});
type Request = v.InferOutput<typeof requestSchema>;

const listSchema = v.object({ count: v.number(), results: v.array(requestSchema) });

export function psaPins(options: PsaOptions): PinService {
  const { name } = options;
  const { add, listed, forget } = requestsAt(options);
  // Two parallel pin requests for one CID would both find none at the service, and create two.
  const inTurn = serializedByKey();

  return {
    name,

    async status(cids, world) {
      const requests: Request[] = [];
      if (cids.length > askedByName) requests.push(...(await listed("every CID", world)));
      else {
        for (let from = 0; from < cids.length; from += most.cids) {
          requests.push(...(await listed(cids.slice(from, from + most.cids), world)));
        }
      }
      const byCid = Map.groupBy(requests, ({ pin }) => identityOf(pin.cid) ?? "");
      return new Map(cids.map((cid) => [`${cid}`, statusOf(byCid.get(identity(cid)) ?? [])]));
    },

    pin: (pinRequest, world) =>
      inTurn(identity(pinRequest.cid), async () => {
        const known = (await listed([pinRequest.cid], world)).filter(isOf(pinRequest.cid));
        if (known.some(({ status }) => status !== "failed")) return statusOf(known);
        for (const request of known) await forget(request, world);
        return statusOf([await add(pinRequest, world)]);
      }),

    unpin: (cid, world) =>
      inTurn(identity(cid), async () => {
        const known = (await listed([cid], world)).filter(isOf(cid));
        for (const request of known) await forget(request, world);
      }),
  };
}

/** The pin requests that a service has. @throws Failure `corrupt` for answers that are not of this API. */
interface Requests {
  add(pinRequest: PinRequest, world: World): Promise<Request>;
  /** All requests for `cids`, from all pages. */
  listed(cids: readonly CID[] | "every CID", world: World): Promise<Request[]>;
  forget(request: Request, world: World): Promise<void>;
}

function requestsAt({ name, endpoint, token, hint }: PsaOptions): Requests {
  const api: Api = {
    name,
    headers: { authorization: `Bearer ${token}` },
    hint: hint ?? `check the token of ${name}`,
  };
  const call = async (what: Omit<ApiCall, "url"> & { readonly path: string }, world: World): Promise<unknown> =>
    (await askApi(api, { ...what, url: `${endpoint}${what.path}` }, world)).body;

  const read = <const Schema extends v.GenericSchema>(
    schema: Schema,
    body: unknown,
    what: string,
  ): v.InferOutput<Schema> => {
    const { success, output, issues } = v.safeParse(schema, body);
    if (success) return output;
    const where = v.getDotPath(issues[0]) ?? "all of it";
    throw new Failure(
      "corrupt",
      `${name}: ${what} answered what is no Pinning Service API (${excerpt(where)}: ${excerpt(issues[0].message)})`,
      { hint: `is ${endpoint} the address of that API, with its base path?` },
    );
  };

  return {
    async add(pinRequest, world) {
      const what = `pinning ${pinRequest.cid}`;
      const body = await call({ what, method: "POST", path: "/pins", body: pinOf(pinRequest) }, world);
      return read(requestSchema, body, what);
    },

    async listed(cids, world) {
      const which = cids === "every CID" || cids.length === 1 ? `${cids}` : `${cids.length} CIDs`;
      const what = `listing pins of ${which}`;
      const all = new Map<string, Request>();
      const query = new URLSearchParams({ status: everyState, limit: `${most.results}` });
      if (cids !== "every CID") query.set("cid", cids.join(","));
      for (let page = 0; page < mostPages; page++) {
        const { count, results } = read(listSchema, await call({ what, path: `/pins?${query}` }, world), what);
        const known = all.size;
        for (const request of results) all.set(request.requestid, request);
        if (results.length === 0 || results.length >= count) return [...all.values()];
        const oldest = oldestOf(results);
        if (oldest === undefined || all.size === known) break;
        // Precision differs by service, from seconds to nanoseconds. The pages overlap a little, so that no request is missed.
        query.set("before", new Date(Date.parse(oldest) + 1).toISOString());
      }
      throw new Failure("corrupt", `${name}: ${what}: the pages of its answer do not come to an end`);
    },

    async forget({ requestid, pin }, world) {
      const path = `/pins/${encodeURIComponent(requestid)}`;
      await call({ what: `unpinning ${excerpt(pin.cid)}`, method: "DELETE", path, also: [404] }, world);
    },
  };
}

function isOf(cid: CID): (request: Request) => boolean {
  const asked = identity(cid);
  const spelled = `${cid}`;
  return ({ pin }) => pin.cid === spelled || identityOf(pin.cid) === asked;
}

/** Identity of a CID: a service may report a CID in another encoding, and list CIDs that were not requested. */
function identityOf(text: string): string | undefined {
  try {
    return identity(parseCid(text));
  } catch {
    return undefined;
  }
}

function statusOf(requests: readonly Request[]): PinStatus {
  const state = states.find((state) => requests.some(({ status }) => status === state));
  if (state === undefined) return { state: "absent" };
  const alike = requests.filter(({ status }) => status === state);
  const since = oldestOf(alike);
  const details = alike.map(({ info }) => info?.status_details).find((says) => typeof says === "string" && says !== "");
  return {
    state,
    ...(since !== undefined && { since }),
    ...(typeof details === "string" && { message: excerpt(details) }),
  };
}

/** The earliest creation time among `requests`, as the service formats it. */
function oldestOf(requests: readonly Request[]): string | undefined {
  const times = requests.flatMap(({ created }) => (created !== undefined && isInstant(created) ? [created] : []));
  return times.sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}

/** Whether `text` is a date-time of RFC 3339, section 5.6. */
function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT[\d:.]{8,30}(?:Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text));
}

function pinOf({ cid, label, previous, origins, meta }: PinRequest): object {
  return {
    cid: `${cid}`,
    name: label.slice(0, most.name).toWellFormed(),
    ...(origins.length > 0 && { origins: [...new Set(origins)].slice(0, most.origins) }),
    meta: { ...meta, ...(previous && { prev: `${previous}` }) },
  };
}
