/**
 * From a request to a response: the path gateway and the trustless gateway, without a socket.
 *
 * The status and headers are decided before a byte is sent, and the body is produced as fast as the client reads.
 *
 * **Scripts.** On a path gateway everything shares one origin: the portal's page, and any HTML in a dataset, which other
 * people wrote. So no page gets that origin. Every response has `Content-Security-Policy: sandbox` without
 * `allow-same-origin`: each page runs in an origin of its own, without storage, service workers or access to other pages,
 * and the rest of the policy allows it to load from this gateway only. The portal's page needs no more than that (all
 * that it reads is public, and CORS allows it), so it gets the same policy, and a browser of several files can replace
 * it.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/ and https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
import type { CID } from "multiformats/cid";
import { identity, parseAddressedCid } from "../core/cid.ts";
import { codecs, type Get, keyOf } from "../dag/block.ts";
import { shapeOf } from "../dag/codec/decode.ts";
import { child, content, type Stat, statOf } from "../dag/read/read.ts";
import { car } from "./car.ts";
import { startLength, typeByBytes, typeByName } from "./content-type.ts";
import type { SortedFolder } from "./folders.ts";
import { common, disposition, lengths, preflight } from "./headers.ts";
import { listing, listingVersion, pageLength } from "./listing.ts";
import { Refusal } from "./refusal.ts";
import { type Address, addressOf, documents, type Form, formOf, names, rangeOf } from "./request.ts";
import { type Answer, type Asking, fresh, once, type Place } from "./response.ts";

/** Bytes, as in most clients and proxies: for addresses, and for headers that repeat them. */
const longestUrl = 8192;

/** What a name resolves to: a CID, or a path below it. */
export interface Resolved {
  readonly cid: CID;
  /** Names below it. */
  readonly names?: readonly string[];
}

export interface Source {
  readonly get: Get;
  /** A directory in the order of its names. */
  readonly list: (cid: CID) => Promise<SortedFolder>;
  /** The current target of `/ipns/<name>`; `undefined` for names of other campaigns. */
  readonly resolve: (name: string) => Promise<Resolved | undefined>;
  /** The campaign in `/ipns/<campaign>/`, to which `/` redirects. */
  readonly campaign: string;
}

/** @throws Refusal for requests that can't be answered, Failure where blocks are unavailable or corrupt. */
export async function answer(asking: Asking, source: Source): Promise<Answer> {
  const { method, url, headers } = asking;
  if (url.length > longestUrl)
    throw new Refusal(414, `an address of ${url.length} bytes; this gateway takes ${longestUrl}`);
  if (method === "OPTIONS") return { status: 204, headers: preflight };
  if (method !== "GET" && method !== "HEAD") {
    throw new Refusal(405, `this gateway is read only: ${method} is not for it`, { allow: "GET, HEAD, OPTIONS" });
  }
  if (url === "/") {
    const location = `/ipns/${encodeURIComponent(source.campaign)}/`;
    return { status: 302, headers: { ...common, location, "cache-control": "no-cache" } };
  }
  if (headers["service-worker"] !== undefined) {
    throw new Refusal(400, "no service workers: everything here shares one origin");
  }
  const address = addressOf(url);
  if (!address) throw new Refusal(404, "there is /ipfs/<CID> and /ipns/<name> here, and nothing else");
  const form = formOf(address.query, headers.accept);
  const place = await find(address, form, source).catch((error) => {
    const probing = /\bonly-if-cached\b/i.test(headers["cache-control"] ?? "");
    throw probing && error instanceof Refusal && error.status === 404 ? new Refusal(412, error.message) : error;
  });
  const given = await give(place, form, asking, source);
  return method === "HEAD" ? { status: given.status, headers: given.headers } : given;
}

async function find(address: Address, form: Form, { get, resolve }: Source): Promise<Place> {
  const passed = new Map<string, CID>();
  const passing: Get = (cid) => {
    passed.set(keyOf(cid), cid);
    return get(cid);
  };
  const start = await startOf(address, resolve);
  let { cid } = start;
  const roots = [cid];
  const trail = [...(start.names ?? []), ...address.names];
  for (const [depth, name] of trail.entries()) {
    if (cid.code !== codecs.dagPb && cid.code !== codecs.raw) {
      throw new Refusal(501, `${cid} is neither a file nor a directory: this gateway does not resolve ${name}`);
    }
    const next = await step(cid, name, passing);
    if (!next) {
      const at = [
        ...(start.names ? ["ipfs", start.cid] : [address.namespace, address.root]),
        ...trail.slice(0, depth),
      ].join("/");
      throw new Refusal(404, `there is no ${JSON.stringify(name)} in /${at}`);
    }
    cid = next;
    roots.push(cid);
  }
  const mutable = address.namespace === "ipns";
  return {
    address,
    root: roots[0]!,
    cid,
    block: await get(cid),
    passed: form.kind === "car" ? [...passed.values()] : [],
    headers: {
      ...common,
      "cache-control": mutable ? "no-cache" : "public, max-age=29030400, immutable",
      "x-ipfs-path": address.path,
      ...rootsHeader(roots),
      ...(form.kind !== "page" && !address.query.has("format") ? { "content-location": located(address, form) } : {}),
    },
  };
}

async function startOf({ namespace, root }: Address, resolve: Source["resolve"]): Promise<Resolved> {
  if (namespace === "ipns") {
    const resolved = await resolve(root);
    if (!resolved) throw new Refusal(404, `this gateway knows no name ${JSON.stringify(root)}`);
    return resolved;
  }
  try {
    return { cid: parseAddressedCid(root) };
  } catch {
    throw new Refusal(400, `${JSON.stringify(root.slice(0, 120))} is not a CID`);
  }
}

/** The child of that name; `undefined` where there is none, or `cid` is a file. */
async function step(cid: CID, name: string, get: Get): Promise<CID | undefined> {
  const block = await get(cid);
  const { kind } = shapeOf(cid, block);
  if (kind !== "directory" && kind !== "shard") return undefined;
  return child(cid, name, (each) => (each.equals(cid) ? Promise.resolve(block) : get(each)));
}

function located({ path, query }: Address, form: Form): string {
  const parameters = new URLSearchParams(query);
  parameters.set("format", form.kind === "codec" ? form.name : form.kind);
  return `${path}?${parameters}`;
}

/** CIDs from the root on. Left out where it would be longer than clients accept. */
function rootsHeader(roots: readonly CID[]): Record<string, string> {
  const value = roots.map(textOf).join(",");
  return value.length <= longestUrl ? { "x-ipfs-roots": value } : {};
}

/** The same as `toString` of the CID, several times faster. */
const textOf = (cid: CID): string => (cid.version === 1 ? identity(cid) : cid.toString());

async function give(place: Place, form: Form, asking: Asking, source: Source): Promise<Answer> {
  const { cid, block } = place;
  const { get } = source;
  switch (form.kind) {
    case "raw":
      return blockAs(place, asking, { etag: `"${cid}.raw"`, type: "application/vnd.ipld.raw", ending: "bin" });
    case "car":
      return car(place, form, asking, get);
    case "codec": {
      const { code, type, ending } = documents[form.name];
      if (cid.code === code) return blockAs(place, asking, { etag: `"${cid}.${form.name}"`, type, ending });
      const isFile = cid.code === codecs.raw || (cid.code === codecs.dagPb && statOf(cid, block).type === "file");
      if (form.name !== "json" || !isFile) {
        throw new Refusal(406, `${cid} isn't ${form.name}, and nothing is converted here; ask for it with ?format=raw`);
      }
      return file(place, statOf(cid, block), asking, get, { type });
    }
    case "page": {
      const known = Object.entries(documents).find(([, { code }]) => code === cid.code);
      if (known) {
        const [name, { type, ending }] = known;
        return blockAs(place, asking, { etag: `"${cid}.${name}"`, type, ending });
      }
      const stat = statOf(cid, block);
      if (stat.type === "directory") return directory(place, asking, source);
      if (place.address.slash && place.address.names.length > 0) {
        throw new Refusal(404, `${place.address.path} is a ${stat.type}, not a directory: ask without the last slash`);
      }
      return file(place, stat, asking, get);
    }
  }
}

interface BlockForm {
  readonly etag: string;
  readonly type: string;
  readonly ending: string;
}

function blockAs(place: Place, asking: Asking, { etag, type, ending }: BlockForm): Answer {
  const range = askedRange(asking, etag, place.block.length);
  const attached = ending !== "json" || place.address.query.get("download") === "true";
  const part = range ? place.block.subarray(range.offset, range.offset + range.length) : place.block;
  return fresh(place, asking, etag, {
    status: range ? 206 : 200,
    headers: {
      ...lengths(range, place.block.length),
      "content-type": type,
      "content-disposition": disposition(place.address, attached, `${place.cid}.${ending}`),
    },
    body: once(part),
  });
}

async function file(
  place: Place,
  stat: Stat,
  asking: Asking,
  get: Get,
  given: { type?: string; etag?: string } = {},
): Promise<Answer> {
  const { cid, block, address } = place;
  const from: Get = (each) => (each.equals(cid) ? Promise.resolve(block) : get(each));
  const { type, etag = type === undefined ? `"${cid}"` : `"${cid}.json"` } = given;
  if (stat.type === "symlink") {
    // Sent as text, and not followed: its target was written by other people, and may be outside this DAG.
    const target = new TextEncoder().encode(stat.target);
    const headers = { "content-type": "inode/symlink", "content-length": String(target.length) };
    return fresh(place, asking, etag, { status: 200, headers, body: once(target) });
  }
  const range = askedRange(asking, etag, stat.size);
  const name = address.query.get("filename") || address.names.at(-1) || "";
  const named = type ?? typeByName(name);
  const attached = address.query.get("download") === "true";
  return fresh(place, asking, etag, {
    status: range ? 206 : 200,
    headers: {
      ...lengths(range, stat.size),
      "content-type": named ?? typeByBytes(await start(cid, from)),
      ...(attached || address.query.has("filename")
        ? { "content-disposition": disposition(address, attached, name) }
        : {}),
    },
    body: content(cid, from, range),
  });
}

async function start(cid: CID, get: Get): Promise<Uint8Array> {
  const bytes: Uint8Array[] = [];
  for await (const chunk of content(cid, get, { offset: 0, length: startLength })) bytes.push(chunk);
  return Buffer.concat(bytes);
}

async function directory(place: Place, asking: Asking, { get, list }: Source): Promise<Answer> {
  const { address, cid, block } = place;
  if (!address.slash) {
    const location = `${address.path}/${address.search}`;
    return { status: 301, headers: { ...place.headers, location, "content-length": "0" } };
  }
  const from: Get = (each) => (each.equals(cid) ? Promise.resolve(block) : get(each));
  const index = await child(cid, "index.html", from);
  if (index) {
    const within = { ...address, names: [...address.names, "index.html"] };
    const indexBlock = await get(index);
    const stat = statOf(index, indexBlock);
    const inside = { ...place, address: within, cid: index, block: indexBlock };
    if (stat.type === "file") return file(inside, stat, asking, get, { etag: `"${cid}"` });
  }
  const asked = address.query.get("page") ?? "1";
  const page = /^[1-9]\d{0,6}$/.test(asked) ? Number(asked) : undefined;
  // The page shows its own path, so one directory at two addresses gives two pages.
  const etag = `"DirIndex-${listingVersion}-${page}_CID-${cid}${address.names.length}"`;
  // The page is generated and may change with a new version, although the directory can't.
  const caching = address.namespace === "ipns" ? "no-cache" : "public, max-age=604800, stale-while-revalidate=2678400";
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": caching };
  const known = fresh(place, asking, etag, { status: 200, headers });
  // Every directory has a first page: a conditional request for it is answered without generating it.
  if (page !== undefined && known.status === 304) return { ...known, headers: { ...known.headers, ...headers } };
  if (page === 1 && asking.method === "HEAD") return known;

  const folder = page === undefined ? undefined : await list(cid);
  const first = ((page ?? 1) - 1) * pageLength;
  if (page === undefined || !folder || first >= Math.max(1, folder.count)) {
    throw new Refusal(404, `there is no page ${JSON.stringify(asked.slice(0, 20))} of this directory`);
  }
  const trail = [address.namespace, address.root, ...address.names];
  const shown = folder.slice(first, first + pageLength).map((entry) => ({ ...entry, cid: textOf(entry.cid) }));
  const html = new TextEncoder().encode(listing({ trail, cid: `${cid}`, entries: shown, count: folder.count, page }));
  return { ...known, headers: { ...known.headers, "content-length": String(html.length) }, body: once(html) };
}

function askedRange({ headers }: Asking, etag: string, size: number) {
  const still = headers["if-range"] === undefined || headers["if-range"] === etag;
  return still && !names(headers["if-none-match"], etag) ? rangeOf(headers.range, size) : undefined;
}

/** A refusal as a response: plain text that must not be cached. */
export function refused(refusal: Refusal): Answer {
  const text = new TextEncoder().encode(`${refusal.message}\n`);
  return {
    status: refusal.status,
    headers: {
      ...common,
      ...refusal.headers,
      "cache-control": "no-store",
      "content-type": "text/plain; charset=utf-8",
      "content-length": String(text.length),
    },
    body: once(text),
  };
}
