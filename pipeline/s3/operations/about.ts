/** Metadata, tags and checksums of objects, from the headers of a request and back. */
import type { IncomingHttpHeaders } from "node:http";
import { byBytes } from "../../core/text/order.ts";
import type { Checksum } from "../auth/payload.ts";
import { decoded, textOfHeader } from "../auth/signature.ts";
import { S3Error } from "../error.ts";
import { ownerToRecord, type Request } from "../request.ts";
import type { About, CannedAcl, StoredBytes } from "../store/object.ts";
import { childOf, childrenOf, readXml, textOf, type XmlElements } from "../xml.ts";

/** Headers that are stored with an object and sent with it, and that a GET may ask for in its query. */
export const systemHeaders = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];
/** Bytes of all `x-amz-meta-` names and values, as S3 has it. */
const mostMetadata = 2048;

/** @throws S3Error MetadataTooLarge, InvalidTag, InvalidArgument, NotImplemented */
export function aboutIn(request: Request, given: IncomingHttpHeaders = request.message.headers): About {
  const header = (name: string): string | undefined => textOfHeader(given[name]);
  const headers: Record<string, string> = {};
  let length = 0;
  for (const [name, value] of Object.entries(given)) {
    if (!name.startsWith("x-amz-meta-")) continue;
    // As Node reads headers, a character for each byte: clients send UTF-8 or Latin-1, and get the same bytes again.
    const text = textOfHeader(value) ?? "";
    length += name.length - "x-amz-meta-".length + text.length;
    headers[name] = text;
  }
  if (length > mostMetadata) throw new S3Error("MetadataTooLarge");
  for (const name of systemHeaders) {
    const value = header(name);
    const stored = name === "content-encoding" ? withoutChunked(value) : value;
    if (stored !== undefined) headers[name] = stored;
  }
  const acl = aclInHeaders(given);
  return {
    headers,
    tags: tagsInHeader(header("x-amz-tagging")),
    ...(acl && { acl }),
    ...ownerToRecord(request),
  };
}

/** The ACL that the headers ask for: `null` for private, `undefined` where they ask for none. */
export function aclInHeaders(headers: IncomingHttpHeaders): CannedAcl | null | undefined {
  const grant = Object.keys(headers).find((name) => name.startsWith("x-amz-grant-"));
  if (grant !== undefined) throw new S3Error("NotImplemented", `${grant} is not implemented: use x-amz-acl.`);
  const canned = textOfHeader(headers["x-amz-acl"]);
  switch (canned) {
    case undefined:
      return undefined;
    case "private":
    case "bucket-owner-read":
    case "bucket-owner-full-control":
      return null;
    case "public-read":
      return canned;
    case "public-read-write":
    case "authenticated-read":
    case "aws-exec-read":
    case "log-delivery-write":
      throw new S3Error("NotImplemented", `${canned} is not implemented: campaign.yaml lists who may write.`);
    default:
      throw new S3Error("InvalidArgument");
  }
}

/** `aws-chunked` is how the body was sent, not how the object is encoded. */
function withoutChunked(encodings: string | undefined): string | undefined {
  const all = (encodings ?? "").split(",").map((each) => each.trim());
  if (!all.includes("aws-chunked")) return encodings;
  const left = all.filter((each) => each !== "" && each !== "aws-chunked");
  return left.length > 0 ? left.join(", ") : undefined;
}

function tagsInHeader(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? "").split("&").filter((pair) => pair !== "");
  return checkedTags(
    pairs.map((pair) => {
      const [key = "", value = ""] = pair.split("=", 2).map((part) => decoded(part.replaceAll("+", "%20")));
      return [key, value] as const;
    }),
  );
}

/** Tags of an object, and of a bucket. */
const mostTags = 10;
export const mostBucketTags = 50;

export function tagsInXml(bytes: Uint8Array, most = mostTags): Readonly<Record<string, string>> {
  const set = childOf(readXml(bytes, "Tagging"), "TagSet");
  if (!set) throw new S3Error("MalformedXML");
  return checkedTags(
    childrenOf(set, "Tag").map((tag) => [textOf(tag, "Key") ?? "", textOf(tag, "Value") ?? ""] as const),
    most,
  );
}

export const tagsXml = (tags: Readonly<Record<string, string>>): XmlElements => ({
  // Sorted: a map in dag-cbor has an order of its own.
  TagSet: {
    Tag: Object.entries(tags)
      .sort(([a], [b]) => byBytes(a, b))
      .map(([Key, Value]) => ({ Key, Value })),
  },
});

function checkedTags(pairs: readonly (readonly [string, string])[], most = mostTags): Readonly<Record<string, string>> {
  if (pairs.length > most) throw new S3Error("InvalidTag", `Object tags cannot be greater than ${most}`);
  const tags: Record<string, string> = {};
  for (const [key, value] of pairs) {
    if (key === "" || [...key].length > 128) throw new S3Error("InvalidTag", "The TagKey you have provided is invalid");
    if ([...value].length > 256) throw new S3Error("InvalidTag", "The TagValue you have provided is invalid");
    if (Object.hasOwn(tags, key)) throw new S3Error("InvalidTag", "Cannot provide multiple Tags with the same key");
    tags[key] = value;
  }
  return tags;
}

/** Headers of an object that is read. */
export const headersOf = ({ headers }: About): Record<string, string> => ({
  "content-type": "binary/octet-stream",
  ...headers,
});

export const checksumHeaders = ({ checksum }: Pick<StoredBytes, "checksum">): Record<string, string> =>
  checksum
    ? {
        [`x-amz-checksum-${checksum.algorithm}`]: checksum.value,
        "x-amz-checksum-type": checksum.type ?? "FULL_OBJECT",
      }
    : {};

/** For XML: `ChecksumCRC32`. */
export const checksumElements = ({ checksum }: { readonly checksum?: Checksum }): XmlElements =>
  checksum ? { [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value } : {};
