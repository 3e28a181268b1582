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
import { statOf } from "../dag/read/read.ts";
import { car } from "./bodies/car.ts";
import { directory } from "./bodies/directory.ts";
import { documentPage } from "./bodies/document.ts";
import { blockAs, file } from "./bodies/file.ts";
import { ipnsRecord } from "./bodies/record.ts";
import { tar } from "./bodies/tar.ts";
import { common, preflight } from "./headers.ts";
import { keyName } from "./key-name.ts";
import { Refusal } from "./refusal.ts";
import { type Address, addressOf, documents, type Form, formOf } from "./request.ts";
import { type Answer, type Asking, longestUrl, once, type Place, type Source } from "./response.ts";
import { find } from "./walk.ts";

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
  const key = address.namespace === "ipns" && /^(?:1|Qm)/.test(address.root) ? keyName(address.root) : undefined;
  if (key !== undefined) {
    // One spelling for each key: relative links and caches then agree, and it fits into a host name.
    const location = `/ipns/${key}${address.path.slice(address.base.length)}${address.search}`;
    return { status: 302, headers: { ...common, location, "cache-control": "no-cache", "content-length": "0" } };
  }
  const form = formOf(address.query, headers.accept);
  const given =
    form.kind === "ipns-record"
      ? await ipnsRecord(address, asking, source)
      : await contentAt(address, form, asking, source);
  return method === "HEAD" ? { status: given.status, headers: given.headers } : given;
}

async function contentAt(address: Address, form: ContentForm, asking: Asking, source: Source): Promise<Answer> {
  const place = await find(address, form, source).catch((error) => {
    const probing = /\bonly-if-cached\b/i.test(asking.headers["cache-control"] ?? "");
    throw probing && error instanceof Refusal && error.status === 404 ? new Refusal(412, error.message) : error;
  });
  return give(place, form, asking, source);
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
    body: once(text),
  };
}
