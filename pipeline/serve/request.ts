/**
 * Parses a request: its address and its headers as values. Reads no block.
 *
 * The address is split at its slashes before it is decoded, and names are only resolved in directories. So `..`, `%2F` and
 * the like are names that don't exist, and can't leave the root.
 */
import type { Range } from "../dag/read/read.ts";
import { Refusal } from "./refusal.ts";

export interface Address {
  readonly namespace: "ipfs" | "ipns";
  /** A CID, or a name. */
  readonly root: string;
  readonly names: readonly string[];
  /** Whether it ends in a slash, as addresses of directories do. */
  readonly slash: boolean;
  /** As the client sent it: percent-encoded, ASCII, without the query; fit for a header. */
  readonly path: string;
  /** `/ipfs/CID/…`, likewise, whatever host the root is part of. */
  readonly contentPath: string;
  /** What precedes the names in `path`: `/ipfs/CID`, or nothing where the host is the root. */
  readonly base: string;
  /** Where other roots are: `""` on this host, `//host` where each root has a host of its own; absent where unknown. */
  readonly others: string | undefined;
  /** What precedes the names in links that name the content: `/ipfs/CID`, `//host/ipfs/CID`, or `//domain`. */
  readonly home: string;
  readonly query: URLSearchParams;
  /** With its `?`; empty where there is none. */
  readonly search: string;
}

/** `undefined` for addresses outside `/ipfs/` and `/ipns/`. @throws Refusal 400 for bad percent-encoding, 414 for depth. */
export function addressOf(url: string): Address | undefined {
  const mark = url.indexOf("?");
  const [plain, search] = mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark)];
  const [before, namespace, root, ...rest] = plain.split("/");
  if (before !== "" || (namespace !== "ipfs" && namespace !== "ipns") || !root) return undefined;
  const address = below({ namespace, root: decoded(root) }, rest, search);
  return { ...address, others: "", home: address.base };
}

/** The address of `url` where the host is the root. @throws as {@link addressOf} does. */
export function addressBelow(
  root: Root,
  url: string,
  { others, home }: { readonly others: string | undefined; readonly home: string | undefined },
): Address {
  const mark = url.indexOf("?");
  const [plain, search] = mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark)];
  const address = below(root, plain.split("/").slice(1), search);
  // Only of names: with an empty one in front, `//name` would lead to another host.
  const path = `/${address.names.map(escapedName).join("/")}${address.slash && address.names.length > 0 ? "/" : ""}`;
  return { ...address, path, base: "", others, home: home ?? `${others ?? ""}${address.base}` };
}

export type Root = Pick<Address, "namespace" | "root">;

function below({ namespace, root }: Root, rest: readonly string[], search: string): Omit<Address, "others" | "home"> {
  const names = rest.filter((name) => name !== "").map(decoded);
  if (names.length > deepest) throw new Refusal(414, `${names.length} names deep; this gateway follows ${deepest}`);
  const base = `/${namespace}/${escapedName(root)}`;
  const path = `${base}${rest.map((name) => `/${escapedName(decoded(name))}`).join("")}`;
  return {
    namespace,
    root,
    names,
    slash: rest.at(-1) === "",
    path,
    contentPath: path,
    base,
    query: new URLSearchParams(search),
    search,
  };
}

const deepest = 512;

/** As Kubo escapes names in paths: what a client compares with the address it asked for has to be spelled alike. */
export function escapedName(name: string): string {
  return encodeURIComponent(name.toWellFormed())
    .replace(/%(?:24|26|2B|3D|3A|40)/g, decodeURIComponent)
    .replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name).toWellFormed();
  } catch {
    throw new Refusal(400, `${name} is not percent-encoded UTF-8`);
  }
}

/** The requested representation. */
export type Form =
  /** Files as files, directories as their index.html or as a listing; `html`: `text/html` is accepted by name. */
  | { readonly kind: "page"; readonly html: boolean; readonly forPeople: boolean }
  | { readonly kind: "raw" }
  | { readonly kind: "tar" }
  | { readonly kind: "ipns-record" }
  | {
      readonly kind: "car";
      readonly scope: "block" | "entity" | "all";
      readonly entityBytes?: EntityBytes;
      /** `dups=y`: a block as often as it is linked to. */
      readonly repeats: boolean;
    }
  /** One block of that codec; other blocks are refused. */
  | { readonly kind: "codec"; readonly name: DocumentName };

/** Inclusive; negative numbers count from the end; `undefined`: to the end. */
export interface EntityBytes {
  readonly from: number;
  readonly to: number | undefined;
}

/** Codecs whose blocks are sent unchanged. @see https://specs.ipfs.tech/ipips/ipip-0524/ */
export const documents = {
  "dag-cbor": { code: 0x71, type: "application/vnd.ipld.dag-cbor", ending: "cbor" },
  "dag-json": { code: 0x0129, type: "application/vnd.ipld.dag-json", ending: "json" },
  cbor: { code: 0x51, type: "application/cbor", ending: "cbor" },
  json: { code: 0x0200, type: "application/json", ending: "json" },
} as const;

export type DocumentName = keyof typeof documents;

const forms: Readonly<Record<string, "raw" | "car" | "tar" | "ipns-record" | DocumentName>> = {
  "application/vnd.ipld.raw": "raw",
  "application/vnd.ipld.car": "car",
  "application/x-tar": "tar",
  "application/vnd.ipfs.ipns-record": "ipns-record",
  "application/vnd.ipld.dag-cbor": "dag-cbor",
  "application/vnd.ipld.dag-json": "dag-json",
  "application/cbor": "cbor",
  "application/json": "json",
};

/** `?format=` before `Accept`. @throws Refusal 400 for an invalid combination, 406 for a format that isn't offered. */
export function formOf(query: URLSearchParams, accept: string | undefined): Form {
  const byQuery = query.get("format");
  const byHeader = preferred(accept ?? "");
  const name = byQuery ?? byHeader?.name;
  const parameters = byHeader?.name === "car" ? byHeader.parameters : new Map<string, string>();
  switch (name) {
    case undefined:
    case "html": {
      const html = name === "html" || /\btext\/html\b/i.test(accept ?? "");
      return { kind: "page", html, forPeople: html || accept === undefined };
    }
    case "raw":
    case "tar":
    case "ipns-record":
      return { kind: name };
    case "car":
      return carOf(query, parameters);
    case "dag-cbor":
    case "dag-json":
    case "cbor":
    case "json":
      return { kind: "codec", name };
    default:
      throw new Refusal(
        400,
        `there is no format ${JSON.stringify(name)}; known are ${[...new Set(Object.values(forms))].join(", ")}`,
      );
  }
}

function carOf(query: URLSearchParams, parameters: ReadonlyMap<string, string>): Form {
  const requested = (name: string) => query.get(`car-${name}`) || parameters.get(name);
  const version = requested("version");
  if (version && version !== "1") throw new Refusal(406, `CAR files of version 1 are given, not ${version}`);
  const order = requested("order");
  if (order && order !== "dfs" && order !== "unk")
    throw new Refusal(406, `CAR files are given in order dfs, not ${order}`);
  const repeats = requested("dups") === "y";
  const range = query.get("entity-bytes");
  const scope = query.get("dag-scope") || (range === null ? "all" : "entity");
  if (scope !== "block" && scope !== "entity" && scope !== "all") {
    throw new Refusal(400, `there is no dag-scope ${JSON.stringify(scope)}; known are block, entity and all`);
  }
  if (range === null) return { kind: "car", scope, repeats };
  const [, from, to] = /^(-?\d{1,15}):(-?\d{1,15}|\*)$/.exec(range) ?? [];
  if (from === undefined || to === undefined) {
    throw new Refusal(400, `entity-bytes are FROM:TO, such as 0:1023 or -1024:*, not ${JSON.stringify(range)}`);
  }
  return {
    kind: "car",
    scope: "entity",
    repeats,
    entityBytes: { from: Number(from), to: to === "*" ? undefined : Number(to) },
  };
}

/**
 * The first supported form with the greatest weight. `undefined`, for a page, where there is none, or where `text/html` or
 * any type is accepted and no form before it has weight 1.
 */
function preferred(accept: string): { name: string; parameters: ReadonlyMap<string, string> } | undefined {
  let best: { name: string; parameters: ReadonlyMap<string, string>; weight: number } | undefined;
  for (const each of accept.slice(0, 2000).split(",")) {
    const [type = "", ...pairs] = each.split(";").map((part) => part.trim());
    const parameters = new Map(
      pairs.map((pair) => {
        const [key = "", value = ""] = pair.split("=");
        return [key.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1")];
      }),
    );
    const name = Object.hasOwn(forms, type.toLowerCase()) ? forms[type.toLowerCase()] : undefined;
    // Browsers and most clients accept anything: they get a page.
    if (type === "text/html" || type === "*/*") return best && best.weight === 1 ? best : undefined;
    const weight = Number(parameters.get("q") ?? 1);
    if (name && weight > 0 && weight > (best?.weight ?? 0)) best = { name, parameters, weight };
  }
  return best;
}

/**
 * The range of a `Range` header in a representation of `size` bytes, the first where there are several;
 * `undefined` where the whole is to be sent: no header, one that can't be parsed, or an empty representation.
 *
 * @throws Refusal 416 for a range outside the file.
 */
export function rangeOf(header: string | undefined, size: number): Required<Range> | undefined {
  const [found, first = "", last = ""] = /^bytes=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?(?:,|$)/i.exec(header ?? "") ?? [];
  if (size === 0 || found === undefined || (first === "" && last === "")) return undefined;
  const [offset, end] =
    first === ""
      ? [Math.max(0, size - Number(last)), size - 1]
      : [Number(first), last === "" ? size - 1 : Number(last)];
  if (first !== "" && last !== "" && Number(last) < offset) return undefined;
  if (offset >= size) {
    throw new Refusal(416, `bytes ${header?.slice(6, 60)} are outside of ${size}`, {
      "content-range": `bytes */${size}`,
    });
  }
  return { offset, length: Math.min(end, size - 1) - offset + 1 };
}

/** The requested part of a file of `size` bytes; `undefined` where it is empty. */
export function entityRange({ from, to }: EntityBytes, size: number): Required<Range> | undefined {
  const first = Math.max(0, from < 0 ? size + from : from);
  const last = Math.min(size - 1, to === undefined ? size - 1 : to < 0 ? size + to : to);
  return first > last ? undefined : { offset: first, length: last - first + 1 };
}

/** Whether an `If-None-Match` or `If-Range` header names this tag; weak tags compare by their text (RFC 9110, 8.8.3.2). */
export function names(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  const bare = etag.replace(/^W\//, "");
  return header.split(",").some((each) => each.trim().replace(/^W\//, "") === bare);
}
