/** Headers of many responses: CORS, the page's policy, and the length and the file name of the body. */
import type { Address } from "./request.ts";

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, HEAD, OPTIONS",
  "access-control-allow-headers": "Content-Type, Range, User-Agent, X-Requested-With",
  "access-control-expose-headers":
    "Content-Length, Content-Range, Content-Location, ETag, X-Chunked-Output, X-Ipfs-Path, X-Ipfs-Roots, X-Stream-Output",
};

export const common = {
  ...cors,
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "sandbox allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox; " +
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; base-uri 'self'; form-action 'none'; object-src 'none'",
};

/** Most seconds for which a name's answer may be cached, whatever its TTL. */
const longestTtl = 86_400;

/**
 * How long the representation may be cached: one under a CID for ever, one under a name as long as the name's answer.
 *
 * @see https://specs.ipfs.tech/http-gateways/path-gateway/#cache-control-response-header
 */
export function freshness(namespace: "ipfs" | "ipns", { ttl }: { readonly ttl?: number }): Record<string, string> {
  if (namespace === "ipfs") return { "cache-control": "public, max-age=29030400, immutable" };
  // A release can be published at any moment, and is to be visible at once.
  if (ttl === undefined) return { "cache-control": "no-cache" };
  return { "cache-control": `public, max-age=${Math.min(longestTtl, Math.max(0, Math.floor(ttl)))}` };
}

export const preflight = { ...cors, "access-control-max-age": "86400" };

/** Of a body of `size` bytes, or of a range of it. */
export function lengths(range: { offset: number; length: number } | undefined, size: number): Record<string, string> {
  if (!range) return { "content-length": String(size), "accept-ranges": "bytes" };
  const last = range.offset + range.length - 1;
  return {
    "content-length": String(range.length),
    "content-range": `bytes ${range.offset}-${last}/${size}`,
    "accept-ranges": "bytes",
  };
}

/** RFC 6266: an ASCII name for old clients, and the UTF-8 name. */
export function disposition({ query }: Address, attached: boolean, byDefault: string): string {
  const name = query.get("filename") || byDefault;
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, "_");
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16)}`,
  );
  return `${attached ? "attachment" : "inline"}; filename="${ascii}"${ascii === name ? "" : `; filename*=UTF-8''${encoded}`}`;
}
