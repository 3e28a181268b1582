/**
 * Lists of objects: pages of keys in byte order, with those behind a delimiter folded into prefixes.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
import { byBytes } from "../../core/text/order.ts";
import { encoded } from "../auth/signature.ts";
import { S3Error } from "../error.ts";
import { has, ownerElement, ownerOf, parameter, type Request, sendXml } from "../request.ts";
import type { StoredObject } from "../store/object.ts";
import type { XmlElements } from "../xml.ts";

/** What is listed: a writable bucket, or that of a release. */
export interface Listed {
  keysFrom(from: string): Iterable<string>;
  get(key: string): Promise<StoredObject | undefined> | StoredObject | undefined;
}

interface Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** The last key or prefix of the page, where more follow. */
  readonly next?: string;
}

const mostKeys = 1000;

export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** The page begins behind this key or prefix. */
  readonly after: string;
}

export function pageOf(
  { keysFrom }: Pick<Listed, "keysFrom">,
  { most, ...query }: ListQuery & { readonly most: number },
): Page {
  const keys: string[] = [];
  const prefixes: string[] = [];
  if (most === 0) return { keys, prefixes };
  let last = "";
  for (const { key, common } of entriesOf(keysFrom, query)) {
    if (key === query.after && key !== "") continue;
    if (keys.length + prefixes.length === most) return { keys, prefixes, next: last };
    last = common ?? key;
    (common === undefined ? keys : prefixes).push(last);
  }
  return { keys, prefixes };
}

interface Entry {
  /** A key, or the first one of those that `common` stands for. */
  readonly key: string;
  /** What these keys have in common up to the delimiter. */
  readonly common?: string;
}

/** What is listed behind `after`, in byte order. A key that is `after` itself is among it, for it may have more versions. */
export function* entriesOf(
  keysFrom: (from: string) => Iterable<string>,
  { prefix, delimiter, after }: ListQuery,
): Generator<Entry> {
  let from: string | undefined = byBytes(after, prefix) < 0 ? prefix : after;
  while (from !== undefined) {
    let jump: string | undefined;
    for (const key of keysFrom(from)) {
      if (!key.startsWith(prefix)) return;
      const common = commonPrefix(key, prefix, delimiter);
      if (common === undefined) {
        yield { key };
        continue;
      }
      // A page that ended with a prefix goes on behind all keys below it.
      if (!after.startsWith(common)) yield { key, common };
      jump = successor(common);
      break;
    }
    from = jump;
  }
}

/** The key up to the first delimiter behind `prefix`; `undefined` where there is none. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** The first text, in byte order, that is after every text beginning with `prefix`. */
export function successor(prefix: string): string {
  const characters = [...prefix];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const code = last.codePointAt(0)!;
    if (code < 0x10ffff) return characters.join("") + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1);
  }
  return "\u{10ffff}\u{10ffff}";
}

export async function listObjects(request: Request, listed: Listed): Promise<void> {
  const isV2 = parameter(request, "list-type") === "2";
  const prefix = parameter(request, "prefix") ?? "";
  const delimiter = parameter(request, "delimiter") ?? "";
  const isEncoded = encodingType(request);
  const most = maxIn(request, "max-keys");
  const token = parameter(request, "continuation-token");
  const startAfter = parameter(request, "start-after") ?? "";
  const marker = parameter(request, "marker") ?? "";
  const after = isV2 ? (token === undefined || token === "" ? startAfter : tokenText(token)) : marker;
  const page = pageOf(listed, { prefix, delimiter, after, most });
  const show = shownBy(isEncoded);
  const withOwner = !isV2 || parameter(request, "fetch-owner") === "true";
  const contents: XmlElements[] = [];
  for (const key of page.keys) {
    const object = await listed.get(key);
    if (!object) continue;
    contents.push({
      Key: show(key),
      ...contentElements(object),
      ...(withOwner && { Owner: ownerElement(ownerOf(request, object)) }),
    });
  }
  const isTruncated = page.next !== undefined;
  sendXml(request, "ListBucketResult", {
    Name: request.bucket,
    Prefix: show(prefix),
    ...(delimiter !== "" && { Delimiter: show(delimiter) }),
    MaxKeys: most,
    ...(isEncoded && { EncodingType: "url" }),
    IsTruncated: isTruncated,
    ...(isV2
      ? {
          KeyCount: contents.length + page.prefixes.length,
          ...(token !== undefined && { ContinuationToken: token }),
          ...(has(request, "start-after") && { StartAfter: show(startAfter) }),
          ...(isTruncated && { NextContinuationToken: tokenOf(page.next!) }),
        }
      : { Marker: show(marker), ...(isTruncated && delimiter !== "" && { NextMarker: show(page.next!) }) }),
    Contents: contents,
    CommonPrefixes: page.prefixes.map((common) => ({ Prefix: show(common) })),
  });
}

/** Of an object in a list. */
export const contentElements = (object: StoredObject): XmlElements => ({
  LastModified: new Date(object.modified).toISOString(),
  ETag: `"${object.etag}"`,
  ...(object.checksum && {
    ChecksumAlgorithm: object.checksum.algorithm.toUpperCase(),
    ChecksumType: object.checksum.type ?? "FULL_OBJECT",
  }),
  Size: object.size,
  StorageClass: "STANDARD",
});

/** How keys are written into a list: as they are, or as in addresses. */
export const shownBy = (isEncoded: boolean) => (text: string) =>
  isEncoded ? encoded(text).replaceAll("%2F", "/") : text;

export function encodingType(request: Request): boolean {
  const type = parameter(request, "encoding-type");
  if (type !== undefined && type !== "url")
    throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request");
  return type !== undefined;
}

/** At most {@link mostKeys}, which is also the default. */
export const maxIn = (request: Request, name: string): number => maxOf(parameter(request, name), name);

export function maxOf(text: string | undefined, name: string): number {
  if (text === undefined || text === "") return mostKeys;
  if (!/^\d{1,10}$/.test(text))
    throw new S3Error("InvalidArgument", `Provided ${name} not an integer or within integer range`);
  return Math.min(Number(text), mostKeys);
}

/** A key as a token for the next page. */
export const tokenOf = (key: string) => Buffer.from(key).toString("base64url");

/** @throws S3Error InvalidArgument where it is no token */
export function tokenText(token: string): string {
  const key = Buffer.from(token, "base64url");
  if (key.toString("base64url") !== token)
    throw new S3Error("InvalidArgument", "The continuation token provided is incorrect");
  return key.toString();
}
