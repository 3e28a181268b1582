/** Reading and writing objects. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { content } from "../../dag/read/read.ts";
import { type Payload, payloadOf } from "../auth/payload.ts";
import { store } from "../blocks/ingest.ts";
import { S3Error } from "../error.ts";
import { header, parameter, type Request, send, writable } from "../request.ts";
import type { Bucket } from "../store/bucket.ts";
import {
  isMarker,
  nullVersion,
  type StoredBytes,
  type StoredObject,
  sizeOfPart,
  versionIdOf,
} from "../store/object.ts";
import { aboutIn, checksumHeaders, headersOf, systemHeaders } from "./about.ts";
import { assertReadable, type ByteRange, rangeIn, writeCondition } from "./conditions.ts";

/** Bytes of a key in UTF-8. */
const longestKey = 1024;
/** Bytes of one request. */
export const largestPut = 5 * 2 ** 30;

export function assertKey(key: string): void {
  if (Buffer.byteLength(key) > longestKey) throw new S3Error("KeyTooLongError");
  if (!key.isWellFormed()) throw new S3Error("InvalidArgument", "The key is not Unicode.");
}

/** An object to be found, in any bucket; by default that of the request. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
  readonly version: string | undefined;
}

const addressIn = (request: Request): ObjectAddress => ({
  bucket: request.bucket,
  key: request.key,
  version: parameter(request, "versionId"),
});

/** @throws S3Error NoSuchBucket, NoSuchKey, NoSuchVersion; MethodNotAllowed for a delete marker that is named */
export async function find(request: Request, address: ObjectAddress = addressIn(request)): Promise<StoredObject> {
  const { bucket, key, version } = address;
  const own = request.s3.buckets.get(bucket);
  if (own) return findOwn(own, key, version);
  const release = await request.s3.releases.open(bucket, request.world);
  if (!release) throw new S3Error("NoSuchBucket");
  if (version !== undefined && version !== nullVersion) throw new S3Error("NoSuchVersion");
  const object = await release.get(key);
  if (!object) throw new S3Error("NoSuchKey");
  return object;
}

/** As {@link find}; `undefined` where there is none. */
export async function findIfThere(request: Request): Promise<StoredObject | undefined> {
  try {
    return await find(request);
  } catch (error) {
    if (error instanceof S3Error && error.status < 500) return undefined;
    throw error;
  }
}

function findOwn(bucket: Bucket, key: string, version: string | undefined): StoredObject {
  if (version === "") throw new S3Error("InvalidArgument", "Version id cannot be the empty string");
  const found = version === undefined ? bucket.newest(key) : bucket.version(key, version);
  if (!found) throw new S3Error(version === undefined ? "NoSuchKey" : "NoSuchVersion");
  if (!isMarker(found)) return found;
  const headers = {
    "x-amz-delete-marker": "true",
    "x-amz-version-id": versionIdOf(found),
    ...(version !== undefined && {
      allow: "DELETE",
      "last-modified": new Date(found.modified).toUTCString(),
    }),
  };
  throw new S3Error(version === undefined ? "NoSuchKey" : "MethodNotAllowed", undefined, { headers });
}

/** The version ID of an object, where its bucket has or had versions. */
export function versionHeader(
  { s3 }: Pick<Request, "s3">,
  bucket: string,
  object: StoredObject,
): Record<string, string> {
  const versioning = s3.buckets.get(bucket)?.settings.versioning;
  return versioning === undefined && object.version === undefined ? {} : { "x-amz-version-id": versionIdOf(object) };
}

/** Of an object that was written: its path, and its version ID unless the bucket has no versions now. */
export const writtenHeaders = ({ cid, version }: StoredObject): Record<string, string> => ({
  "x-ipfs-path": `/ipfs/${cid}`,
  ...(version !== undefined && { "x-amz-version-id": version }),
});

/** Body of an object, for GET, and the headers alone for HEAD. */
export async function getObject(request: Request): Promise<void> {
  const { message, response, s3, world } = request;
  const object = await find(request);
  assertReadable(request, object);
  const part = partRange(parameter(request, "partNumber"), object);
  const range = part ?? rangeIn(header(request, "range"), object.size);
  const headers = {
    "accept-ranges": "bytes",
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.modified).toUTCString(),
    "x-ipfs-path": `/ipfs/${object.cid}`,
    ...versionHeader(request, request.bucket, object),
    ...headersOf(object),
    ...overridden(request),
    ...(Object.keys(object.tags).length > 0 && { "x-amz-tagging-count": String(Object.keys(object.tags).length) }),
    ...(part && object.parts && { "x-amz-mp-parts-count": String(object.parts.length) }),
    ...(header(request, "x-amz-checksum-mode")?.toUpperCase() === "ENABLED" &&
      (part ? partChecksum(parameter(request, "partNumber"), object) : !range && checksumHeaders(object))),
    ...(range && { "content-range": `bytes ${range.first}-${range.last}/${object.size}` }),
    "content-length": range ? range.last - range.first + 1 : object.size,
  };
  response.writeHead(range ? 206 : 200, headers);
  if (message.method === "HEAD") {
    response.end();
    return;
  }
  const offset = range?.first ?? 0;
  let left = headers["content-length"];
  for await (const chunk of content(object.cid, s3.get, { offset, length: left })) {
    world.signal.throwIfAborted();
    left -= chunk.length;
    // The head and the bytes of a small object leave together.
    if (left === 0) {
      response.end(chunk);
      return;
    }
    if (!response.write(chunk)) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}

/** Resolves when more can be written, or the client is gone. */
async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const gone = new AbortController();
  const close = () => gone.abort();
  response.once("close", close);
  await once(response, "drain", { signal: gone.signal }).catch((error: Error) => {
    if (error.name !== "AbortError") throw error;
  });
  response.off("close", close);
}

/** The bytes of one part of a multipart object. */
function partRange(number: string | undefined, { parts, size }: StoredObject): ByteRange | undefined {
  if (number === undefined) return undefined;
  const sizes = parts?.map(sizeOfPart) ?? [size];
  const index = Number(number) - 1;
  const length = sizes[index];
  if (!/^\d{1,5}$/.test(number) || length === undefined)
    throw new S3Error("InvalidPart", "The requested partnumber is not satisfiable");
  const first = sizes.slice(0, index).reduce((sum, each) => sum + each, 0);
  return { first, last: first + length - 1 };
}

/** The checksum of one part, where it was recorded. */
function partChecksum(number: string | undefined, { parts, checksum }: StoredObject): Record<string, string> {
  const part = parts?.[Number(number) - 1];
  if (typeof part !== "object" || !checksum) return {};
  return checksumHeaders({ checksum: { ...checksum, value: part.checksum } });
}

/** Headers that a GET asks for in its query. */
function overridden(request: Request): Record<string, string> {
  return Object.fromEntries(
    systemHeaders.flatMap((name) => {
      const value = parameter(request, `response-${name}`);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** @throws S3Error MissingContentLength, EntityTooLarge */
export function assertLength(request: Request): void {
  const length = header(request, "x-amz-decoded-content-length") ?? header(request, "content-length");
  if (length === undefined && header(request, "transfer-encoding") === undefined)
    throw new S3Error("MissingContentLength");
  if (Number(length) > largestPut) throw new S3Error("EntityTooLarge");
}

/** Stores the bytes of a payload. @throws what its bytes throw */
export async function storePayload(
  { bytes, result }: Payload,
  { s3, world }: Pick<Request, "s3" | "world">,
): Promise<StoredBytes> {
  const { cid, tsize } = await store(bytes, s3.home, world);
  const { size, md5, checksum } = result();
  return { cid, tsize, size, etag: md5, ...(checksum && { checksum }) };
}

export async function putObject(request: Request): Promise<void> {
  const { world, message, signed } = request;
  const bucket = writable(request);
  assertKey(request.key);
  const about = aboutIn(request);
  assertLength(request);
  const condition = writeCondition(request);
  // Asked before gigabytes are read, too.
  condition(bucket.get(request.key));
  const stored = await storePayload(payloadOf(message, signed), request);
  const put = await bucket.put(request.key, { ...stored, ...about, modified: world.now().getTime() }, condition);
  send(request, 200, {
    etag: `"${stored.etag}"`,
    ...writtenHeaders(put),
    ...checksumHeaders(stored),
  });
}
