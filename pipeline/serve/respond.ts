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
import { codecs } from "../dag/block.ts";
import { statOf, whole } from "../dag/read/read.ts";
import { car } from "./bodies/car.ts";
import { directory } from "./bodies/directory.ts";
import { documentPage } from "./bodies/document.ts";
import { blockAs, file } from "./bodies/file.ts";
import { ipnsRecord } from "./bodies/record.ts";
import { tar } from "./bodies/tar.ts";
import { common, preflight } from "./headers.ts";
import { addressAt, movedTo, placeOf } from "./hosts/hosts.ts";
import { keyName } from "./hosts/key-name.ts";
import { largestRedirects, redirectFor } from "./hosts/redirects.ts";
import { Refusal } from "./refusal.ts";
import { type Address, addressBelow, documents, type Form, formOf } from "./request.ts";
import { type Answer, type Asking, hostHeaders, longestUrl, type Place, type Source } from "./response.ts";
import { AbsentPath, find } from "./walk.ts";

/** @throws Refusal for requests that can't be answered, Failure where blocks are unavailable or corrupt. */
export async function answer(asking: Asking, source: Source): Promise<Answer> {
  const { method, url, headers } = asking;
  const placed = placeOf(hostHeaders(asking), source.hosts, source.loopback);
  if (url.length > longestUrl)
    throw new Refusal(414, `an address of ${url.length} bytes; this gateway takes ${longestUrl}`);
  if (method === "OPTIONS") return { status: 204, headers: preflight };
  if (method !== "GET" && method !== "HEAD") {
    throw new Refusal(405, `this gateway is read only: ${method} is not for it`, { allow: "GET, HEAD, OPTIONS" });
  }
  if (headers["service-worker"] !== undefined) {
    throw new Refusal(400, "no service workers: everything here shares one origin");
  }
  const isolated = placed.kind === "root" || placed.kind === "site";
  if (url === "/" && !isolated) return redirect(302, `/ipns/${encodeURIComponent(source.campaign)}/`);
  const moved = movedTo(placed, url);
  if (moved !== undefined) return redirect(301, moved);
  const address = addressAt(placed, url);
  if (!address) throw new Refusal(404, "there is /ipfs/<CID> and /ipns/<name> here, and nothing else");
  const isPeerId = address.namespace === "ipns" && /^(?:1|Qm)/.test(address.root);
  const key = isPeerId && !isolated ? keyName(address.root) : undefined;
  // One spelling for each key: relative links and caches then agree, and it fits into a host name.
  if (key !== undefined)
    return redirect(302, `/ipns/${key}${address.path.slice(address.base.length)}${address.search}`);
  const form = formOf(address.query, headers.accept);
  const given =
    form.kind === "ipns-record"
      ? await ipnsRecord(address, asking, source)
      : await (isolated ? pageOfSite : contentAt)(address, form, asking, source);
  return method === "HEAD" ? { status: given.status, headers: given.headers } : given;
}

function redirect(status: number, location: string): Answer {
  return { status, headers: { ...common, location, "cache-control": "no-cache", "content-length": "0" } };
}

async function contentAt(address: Address, form: ContentForm, asking: Asking, source: Source): Promise<Answer> {
  const place = await find(address, form, source).catch((error) => {
    const probing = /\bonly-if-cached\b/i.test(asking.headers["cache-control"] ?? "");
    throw probing && error instanceof Refusal && error.status === 404 ? new Refusal(412, error.message) : error;
  });
  return give(place, form, asking, source);
}

/** A root that has an origin of its own may have a `_redirects` file for the paths that it lacks. */
async function pageOfSite(address: Address, form: ContentForm, asking: Asking, source: Source): Promise<Answer> {
  try {
    return await contentAt(address, form, asking, source);
  } catch (error) {
    if (!(error instanceof AbsentPath) || form.kind !== "page") throw error;
    const rules = await redirectsOf(address, form, source);
    const found = rules === undefined ? undefined : redirectFor(rules, address.names, address.search);
    if (!found) throw error;
    const { to, status } = found;
    if (status >= 300 && status < 400) return redirect(status, to.replace(/[^\x21-\x7e]+/g, encodeURIComponent));
    if (!to.startsWith("/")) throw new Refusal(500, `could not parse _redirects: ${to} is not a path of this root`);
    const other = addressBelow(address, to, address);
    // Without the client's conditions: they are about the page that is missing, but for a 200 in its place.
    const { range: _, "if-none-match": condition, ...rest } = asking.headers;
    const headers = status === 200 && condition !== undefined ? { ...rest, "if-none-match": condition } : rest;
    const given = await contentAt(other, form, { ...asking, headers }, source);
    return given.status === 200 ? { ...given, status } : given;
  }
}

/** The text of the file in the root; `undefined` where there is none. */
async function redirectsOf(address: Address, form: ContentForm, source: Source): Promise<string | undefined> {
  try {
    const { cid, block } = await find(addressBelow(address, "/_redirects", address), form, source);
    const stat = statOf(cid, block);
    if (stat.type !== "file") return undefined;
    if (stat.size > largestRedirects) {
      throw new Refusal(500, `could not parse _redirects: redirects file size cannot exceed ${largestRedirects} bytes`);
    }
    return new TextDecoder().decode(await whole(cid, source.get));
  } catch (error) {
    if (error instanceof AbsentPath) return undefined;
    throw error;
  }
}

type ContentForm = Exclude<Form, { kind: "ipns-record" }>;

async function give(place: Place, form: ContentForm, asking: Asking, source: Source): Promise<Answer> {
  const { cid, block } = place;
  const { get } = source;
  switch (form.kind) {
    case "raw":
      return blockAs(place, asking, { etag: `"${cid}.raw"`, type: "application/vnd.ipld.raw", ending: "bin" });
    case "car":
      return car(place, form, asking, get);
    case "codec": {
      const { code, type, ending } = documents[form.name];
      // Each dag-cbor is CBOR, and each dag-json is JSON: only their names differ.
      const isPlain = (form.name === "cbor" || form.name === "json") && cid.code === documents[`dag-${form.name}`].code;
      if (cid.code === code || isPlain) return blockAs(place, asking, { etag: `"${cid}.${form.name}"`, type, ending });
      const isFile = cid.code === codecs.raw || (cid.code === codecs.dagPb && statOf(cid, block).type === "file");
      if (form.name !== "json" || !isFile) {
        throw new Refusal(406, `${cid} isn't ${form.name}, and nothing is converted here; ask for it with ?format=raw`);
      }
      return file(place, statOf(cid, block), asking, get, { type });
    }
    case "tar":
      return tar(place, asking, get);
    case "page": {
      const known = Object.entries(documents).find(([, { code }]) => code === cid.code);
      if (known) {
        const [name, { type, ending }] = known;
        if (form.html && name.startsWith("dag-")) return documentPage(place, asking, name);
        return blockAs(place, asking, { etag: `"${cid}.${name}"`, type, ending });
      }
      const stat = statOf(cid, block);
      if (stat.type === "directory") return directory(place, form, asking, source);
      if (place.address.slash && place.address.names.length > 0) {
        throw new Refusal(404, `${place.address.path} is a ${stat.type}, not a directory: ask without the last slash`);
      }
      return file(place, stat, asking, get);
    }
  }
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
    body: text,
  };
}
