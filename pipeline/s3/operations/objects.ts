/** Reading, writing, copying and removing objects. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { content } from "../../dag/read/read.ts";
import { payloadOf, smallBody } from "../auth/payload.ts";
import { decoded } from "../auth/signature.ts";
import { S3Error } from "../error.ts";
import { assertAllowed, header, parameter, type Request, send, sendXml, writable } from "../request.ts";
import { store } from "../store/ingest.ts";
import type { StoredObject } from "../store/object.ts";
import { most, readXml, textOf } from "../xml.ts";
import { aboutIn, bytesOf, checksumElements, checksumHeaders, headersOf, tagsInXml, tagsXml } from "./about.ts";
import { assertCopyable, assertReadable, type ByteRange, rangeIn, writeCondition } from "./conditions.ts";

/** Bytes of a key in UTF-8. */
const longestKey = 1024;
/** Bytes of one request. */
export const largestPut = 5 * 2 ** 30;
const mostRemoved = 1000;

export function assertKey(key: string): void {
  if (Buffer.byteLength(key) > longestKey) throw new S3Error("KeyTooLongError");
  if (!key.isWellFormed()) throw new S3Error("InvalidArgument", "The key is not Unicode.");
}

/** The object at a key of any bucket. @throws S3Error NoSuchBucket, NoSuchKey */
export async function find({ s3, world }: Request, bucket: string, key: string): Promise<StoredObject> {
  const own = s3.buckets.get(bucket);
  const release = own ? undefined : await s3.releases.open(bucket, world);
  if (!own && !release) throw new S3Error("NoSuchBucket");
  const object = own ? own.get(key) : await release!.get(key);
  if (!object) throw new S3Error("NoSuchKey");
  return object;
}

/** Body of an object, for GET, and the headers alone for HEAD. */
export async function getObject(request: Request): Promise<void> {
  const { message, response, s3, world } = request;
  const object = await find(request, request.bucket, request.key);
  assertReadable(request, object);
  const part = partRange(parameter(request, "partNumber"), object);
  const range = part ?? rangeIn(header(request, "range"), object.size);
  const headers = {
    "accept-ranges": "bytes",
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.modified).toUTCString(),
    "x-ipfs-path": `/ipfs/${object.cid}`,
    ...headersOf(object),
    ...overridden(request),
    ...(Object.keys(object.tags).length > 0 && { "x-amz-tagging-count": String(Object.keys(object.tags).length) }),
    ...(part && object.parts && { "x-amz-mp-parts-count": String(object.parts.length) }),
    ...(!range && header(request, "x-amz-checksum-mode")?.toUpperCase() === "ENABLED" && checksumHeaders(object)),
    ...(range && { "content-range": `bytes ${range.first}-${range.last}/${object.size}` }),
    "content-length": range ? range.last - range.first + 1 : object.size,
  };
  response.writeHead(range ? 206 : 200, headers);
  if (message.method === "HEAD") {
    response.end();
    return;
  }
  const offset = range?.first ?? 0;
  const bytes = content(object.cid, s3.get, { offset, length: headers["content-length"] });
  for await (const chunk of bytes) {
    world.signal.throwIfAborted();
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
  const sizes = parts ?? [size];
  const index = Number(number) - 1;
  const length = sizes[index];
  if (!/^\d{1,5}$/.test(number) || length === undefined)
    throw new S3Error("InvalidPart", "The requested partnumber is not satisfiable");
  const first = sizes.slice(0, index).reduce((sum, each) => sum + each, 0);
  return { first, last: first + length - 1 };
}

/** Headers that a GET asks for in its query. */
function overridden(request: Request): Record<string, string> {
  const names = [
    "content-type",
    "content-language",
    "expires",
    "cache-control",
    "content-disposition",
    "content-encoding",
  ];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = parameter(request, `response-${name}`);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

export async function putObject(request: Request): Promise<void> {
  const { s3, world, message, signed } = request;
  const bucket = writable(request);
  assertKey(request.key);
  const about = aboutIn(request);
  if (
    header(request, "content-length") === undefined &&
    header(request, "x-amz-decoded-content-length") === undefined &&
    header(request, "transfer-encoding") === undefined
  )
    throw new S3Error("MissingContentLength");
  const condition = writeCondition(request);
  // Asked before gigabytes are read, too.
  condition(bucket.get(request.key));
  const payload = payloadOf(message, signed);
  const file = await store(payload.bytes, s3.home, world);
  const stored = bytesOf(file, payload.result());
  await bucket.put(request.key, { ...stored, ...about, modified: world.now().getTime() }, condition);
  send(request, 200, { etag: `"${stored.etag}"`, "x-ipfs-path": `/ipfs/${stored.cid}`, ...checksumHeaders(stored) });
}

/** The source of a copy: a bucket and a key in it. */
export async function copySource(
  request: Request,
): Promise<{ readonly object: StoredObject; readonly isSelf: boolean }> {
  const text = header(request, "x-amz-copy-source") ?? "";
  const path = decoded(text.replace(/\?.*$/, "")).replace(/^\//, "");
  const slash = path.indexOf("/");
  if (slash <= 0)
    throw new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  const [bucket, key] = [path.slice(0, slash), path.slice(slash + 1)];
  assertAllowed(request.signed, bucket, "read");
  const object = await find(request, bucket, key);
  assertCopyable(request, object);
  return { object, isSelf: bucket === request.bucket && key === request.key };
}

/** A new name for the same CID. */
export async function copyObject(request: Request): Promise<void> {
  const { world } = request;
  const bucket = writable(request);
  assertKey(request.key);
  const { object: source, isSelf } = await copySource(request);
  const replaces = (name: string) => header(request, name)?.toUpperCase() === "REPLACE";
  if (isSelf && !replaces("x-amz-metadata-directive"))
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  const about = aboutIn(request);
  const modified = world.now().getTime();
  const object: StoredObject = {
    ...source,
    headers: replaces("x-amz-metadata-directive") ? about.headers : source.headers,
    tags: replaces("x-amz-tagging-directive") ? about.tags : source.tags,
    modified,
  };
  await bucket.put(request.key, object, writeCondition(request));
  sendXml(
    request,
    "CopyObjectResult",
    { LastModified: new Date(modified).toISOString(), ETag: `"${object.etag}"`, ...checksumElements(object) },
    { "x-ipfs-path": `/ipfs/${object.cid}` },
  );
}

export async function deleteObject(request: Request): Promise<void> {
  const bucket = writable(request);
  await bucket.remove(request.key, (now) => {
    if (now) writeCondition(request)(now);
  });
  send(request, 204);
}

export async function deleteObjects(request: Request): Promise<void> {
  const bucket = writable(request);
  const document = readXml(await smallBody(request.message, request.signed, most.bytes), "Delete");
  const objects = document.children.get("Object") ?? [];
  if (objects.length > mostRemoved || objects.length === 0) throw new S3Error("MalformedXML");
  const isQuiet = textOf(document, "Quiet") === "true";
  const removed: { Key: string }[] = [];
  for (const object of objects) {
    const Key = textOf(object, "Key") ?? "";
    await bucket.remove(Key);
    removed.push({ Key });
  }
  sendXml(request, "DeleteResult", { Deleted: isQuiet ? [] : removed });
}

export async function objectTagging(request: Request): Promise<void> {
  const { message, signed } = request;
  const object = await find(request, request.bucket, request.key);
  if (message.method === "GET") return sendXml(request, "Tagging", tagsXml(object.tags));
  const bucket = writable(request);
  const tags = message.method === "DELETE" ? {} : tagsInXml(await smallBody(message, signed, most.bytes));
  await bucket.tag(request.key, tags);
  send(request, message.method === "DELETE" ? 204 : 200);
}

export async function objectAttributes(request: Request): Promise<void> {
  const object = await find(request, request.bucket, request.key);
  const wanted = new Set((header(request, "x-amz-object-attributes") ?? "").split(",").map((name) => name.trim()));
  if (wanted.has("")) throw new S3Error("InvalidArgument", "Object attributes are missing.");
  sendXml(
    request,
    "GetObjectAttributesResponse",
    {
      ...(wanted.has("ETag") && { ETag: object.etag }),
      ...(wanted.has("Checksum") &&
        object.checksum && {
          Checksum: { ...checksumElements(object), ChecksumType: object.checksum.type ?? "FULL_OBJECT" },
        }),
      ...(wanted.has("ObjectParts") && object.parts && { ObjectParts: { TotalPartsCount: object.parts.length } }),
      ...(wanted.has("StorageClass") && { StorageClass: "STANDARD" }),
      ...(wanted.has("ObjectSize") && { ObjectSize: object.size }),
    },
    { "last-modified": new Date(object.modified).toUTCString() },
  );
}

export const isCopy = (request: Request): boolean => header(request, "x-amz-copy-source") !== undefined;
