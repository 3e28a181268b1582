/**
 * Uploads in parts: each part is a file of its own until they are joined into one.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { createHash, randomUUID } from "node:crypto";
import { byBytes } from "../../core/text/order.ts";
import { content } from "../../dag/read/read.ts";
import { type ChecksumAlgorithm, checksumOf } from "../auth/checksums.ts";
import { combined, isCrc } from "../auth/combined-crc.ts";
import { algorithmNamed, hashed, payloadOf, smallBody } from "../auth/payload.ts";
import { encoded } from "../auth/signature.ts";
import { joinParts } from "../blocks/ingest.ts";
import { S3Error } from "../error.ts";
import {
  header,
  locationOf,
  ownerElement,
  ownerOf,
  parameter,
  type Request,
  send,
  sendXml,
  writable,
} from "../request.ts";
import { type ChecksumType, isMarker, type StoredObject, type StoredPart, type Upload } from "../store/object.ts";
import { most, readXml, someChildrenOf, textOf, type XmlElements } from "../xml.ts";
import { aboutIn, checksumElements, checksumHeaders } from "./about.ts";
import { rangeIn, writeCondition } from "./conditions.ts";
import { copySource } from "./copy.ts";
import { commonPrefix, encodingType, maxIn, shownBy } from "./list.ts";
import { assertKey, assertLength, storePayload, writtenHeaders } from "./objects.ts";

const mostParts = 10_000;
/** Bytes of each part but the last. */
const smallestPart = 5 * 2 ** 20;

export async function startUpload(request: Request): Promise<void> {
  const { world, bucket: Bucket, key: Key } = request;
  const bucket = writable(request);
  assertKey(Key);
  const id = randomUUID();
  const algorithm = algorithmNamed(header(request, "x-amz-checksum-algorithm"));
  const checksumType = checksumTypeIn(request, algorithm);
  await bucket.startUpload({
    id,
    key: Key,
    ...aboutIn(request),
    started: world.now().getTime(),
    ...(algorithm && checksumType && { algorithm, checksumType }),
  });
  sendXml(
    request,
    "InitiateMultipartUploadResult",
    { Bucket, Key, UploadId: id },
    algorithm && checksumType
      ? { "x-amz-checksum-algorithm": algorithm.toUpperCase(), "x-amz-checksum-type": checksumType }
      : {},
  );
}

function uploadOf(request: Request): Upload {
  const upload = writable(request).uploads.get(parameter(request, "uploadId") ?? "");
  if (upload?.key !== request.key) throw new S3Error("NoSuchUpload");
  return upload!;
}

function partNumber(request: Request): number {
  const number = Number(parameter(request, "partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > mostParts)
    throw new S3Error("InvalidArgument", `Part number must be an integer between 1 and ${mostParts}, inclusive`);
  return number;
}

export async function uploadPart(request: Request): Promise<void> {
  const { world, message, signed } = request;
  const upload = uploadOf(request);
  const number = partNumber(request);
  assertLength(request);
  const payload = payloadOf(message, signed, { computed: algorithmNamed(upload.algorithm) });
  const part: StoredPart = { ...(await storePayload(payload, request)), modified: world.now().getTime() };
  await writable(request).putPart(upload.id, number, part);
  send(request, 200, { etag: `"${part.etag}"`, ...checksumHeaders(part) });
}

/** A part that is an object, or a range of one, that is there already. */
export async function uploadPartCopy(request: Request): Promise<void> {
  const { s3, world } = request;
  const upload = uploadOf(request);
  const number = partNumber(request);
  const { object, headers } = await copySource(request);
  const text = header(request, "x-amz-copy-source-range");
  const range = rangeIn(text, object.size);
  if (text !== undefined && Number(/^bytes=\d+-(\d+)$/.exec(text)?.[1]) >= object.size)
    throw new S3Error("InvalidRange");
  if (text !== undefined && (!range || !/^bytes=\d+-\d+$/.test(text)))
    throw new S3Error("InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last");
  const copied = range ? { offset: range.first, length: range.last - range.first + 1 } : { offset: 0 };
  const payload = hashed(content(object.cid, s3.get, copied));
  const part: StoredPart = { ...(await storePayload(payload, request)), modified: world.now().getTime() };
  await writable(request).putPart(upload.id, number, part);
  const result = { LastModified: new Date(part.modified).toISOString(), ETag: `"${part.etag}"` };
  sendXml(request, "CopyPartResult", result, headers);
}

export async function completeUpload(request: Request): Promise<void> {
  const { s3, world, message, signed, key: Key } = request;
  const bucket = writable(request);
  const body = await smallBody(message, signed, most.bytes, { isOfObject: true });
  const id = parameter(request, "uploadId") ?? "";
  const upload = bucket.uploads.get(id);
  if (upload?.key !== Key) {
    // A client whose answer was lost asks again.
    const done = bucket.versionsOf(Key).find((version) => !isMarker(version) && version.upload === id);
    if (!done || isMarker(done)) throw new S3Error("NoSuchUpload");
    return sendCompleted(request, done);
  }
  const parts = partsIn(body, upload);
  const checksum = joinedChecksum(parts, upload);
  assertChecksum(request, checksum);
  const condition = writeCondition(request);
  condition(bucket.get(Key));
  const file = await joinParts(parts, s3.home, s3.get, world);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const { headers, tags, acl, owner } = upload;
  const object = await bucket.complete(
    upload.id,
    {
      cid: file.cid,
      tsize: file.tsize,
      size,
      etag: etagOf(parts),
      ...(checksum && { checksum }),
      ...{ headers, tags, ...(acl && { acl }), ...(owner !== undefined && { owner }) },
      modified: world.now().getTime(),
      parts: parts.map(({ size, checksum: each }) => (checksum && each ? { size, checksum: each.value } : size)),
      upload: id,
    },
    condition,
  );
  sendCompleted(request, object);
}

function sendCompleted(request: Request, object: StoredObject): void {
  const { bucket: Bucket, key: Key } = request;
  sendXml(
    request,
    "CompleteMultipartUploadResult",
    {
      Location: locationOf(request, encoded(Key)),
      Bucket,
      Key,
      ETag: `"${object.etag}"`,
      ...checksumElements(object),
      ...(object.checksum && { ChecksumType: object.checksum.type ?? "FULL_OBJECT" }),
    },
    writtenHeaders(object),
  );
}

/** The parts that the client names, as they were stored. @throws S3Error InvalidPart, InvalidPartOrder, EntityTooSmall */
function partsIn(body: Uint8Array, { parts }: Upload): readonly StoredPart[] {
  const named = someChildrenOf(readXml(body, "CompleteMultipartUpload"), "Part", mostParts);
  let before = 0;
  const found = named.map((each) => {
    const number = Number(textOf(each, "PartNumber"));
    const part = parts.get(number);
    if (!part || textOf(each, "ETag")?.replaceAll('"', "") !== part.etag) throw new S3Error("InvalidPart");
    if (number <= before) throw new S3Error("InvalidPartOrder");
    before = number;
    return part;
  });
  if (found.slice(0, -1).some(({ size }) => size < smallestPart)) throw new S3Error("EntityTooSmall");
  return found;
}

function etagOf(parts: readonly StoredPart[]): string {
  const md5 = createHash("md5");
  for (const { etag } of parts) md5.update(Buffer.from(etag, "hex"));
  return `${md5.digest("hex")}-${parts.length}`;
}

type JoinedChecksum = NonNullable<StoredObject["checksum"]>;

/** The checksum of all parts, as the upload was begun; `undefined` where not every part has one of the same kind. */
function joinedChecksum(parts: readonly StoredPart[], upload: Upload): JoinedChecksum | undefined {
  const algorithm = parts[0]?.checksum?.algorithm;
  if (!algorithm || parts.some(({ checksum }) => checksum?.algorithm !== algorithm)) return undefined;
  const type = upload.checksumType ?? defaultType(algorithm);
  if (type === "FULL_OBJECT") {
    if (!isCrc(algorithm)) return undefined;
    const all = parts.map(({ checksum, size }) => ({ value: checksum!.value, size }));
    return { algorithm, value: combined(algorithm, all), type };
  }
  const running = checksumOf(algorithm);
  for (const { checksum } of parts) running.update(Buffer.from(checksum!.value, "base64"));
  return { algorithm, value: `${running.digest()}-${parts.length}`, type };
}

/** S3 knows CRC-64 of whole objects only. */
const defaultType = (algorithm: ChecksumAlgorithm): ChecksumType =>
  algorithm === "crc64nvme" ? "FULL_OBJECT" : "COMPOSITE";

/** @throws S3Error BadDigest where the client expects another checksum of the whole object */
function assertChecksum(request: Request, checksum: JoinedChecksum | undefined): void {
  if (!checksum) return;
  const given = header(request, `x-amz-checksum-${checksum.algorithm}`);
  const isSame = given === undefined || given.split("-")[0] === checksum.value.split("-")[0];
  if (!isSame) throw new S3Error("BadDigest");
}

function checksumTypeIn(request: Request, algorithm: ChecksumAlgorithm | undefined): ChecksumType | undefined {
  const type = header(request, "x-amz-checksum-type")?.toUpperCase();
  if (type === undefined) return algorithm && defaultType(algorithm);
  const isPossible =
    algorithm !== undefined &&
    (type === "FULL_OBJECT" ? isCrc(algorithm) : type === "COMPOSITE" && algorithm !== "crc64nvme");
  if (!isPossible)
    throw new S3Error(
      "InvalidRequest",
      `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
    );
  return type as ChecksumType;
}

export async function abortUpload(request: Request): Promise<void> {
  await writable(request).abort(uploadOf(request).id);
  send(request, 204);
}

export function listParts(request: Request): void {
  const upload = uploadOf(request);
  const after = Number(parameter(request, "part-number-marker") ?? 0);
  const limit = maxIn(request, "max-parts");
  const all = [...upload.parts].sort(([a], [b]) => a - b).filter(([number]) => number > after);
  const page = all.slice(0, limit);
  const owner = ownerElement(ownerOf(request, upload));
  sendXml(request, "ListPartsResult", {
    Bucket: request.bucket,
    Key: request.key,
    UploadId: upload.id,
    Initiator: owner,
    Owner: owner,
    StorageClass: "STANDARD",
    PartNumberMarker: after,
    ...(all.length > page.length && { NextPartNumberMarker: page.at(-1)?.[0] ?? after }),
    MaxParts: limit,
    IsTruncated: all.length > page.length,
    Part: page.map(([number, part]) => ({
      PartNumber: number,
      LastModified: new Date(part.modified).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.size,
      ...checksumElements(part),
    })),
  });
}

export function listUploads(request: Request): void {
  const bucket = writable(request);
  const prefix = parameter(request, "prefix") ?? "";
  const delimiter = parameter(request, "delimiter") ?? "";
  const [keyMarker, idMarker] = [parameter(request, "key-marker") ?? "", parameter(request, "upload-id-marker") ?? ""];
  const isEncoded = encodingType(request);
  const limit = maxIn(request, "max-uploads");
  const show = shownBy(isEncoded);
  const isAfter = ({ key, id }: Upload) => {
    const order = byBytes(key, keyMarker);
    return keyMarker === "" || order > 0 || (order === 0 && idMarker !== "" && id > idMarker);
  };
  const all = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix) && isAfter(upload))
    .sort((a, b) => byBytes(a.key, b.key) || (a.id < b.id ? -1 : 1));
  const prefixes = new Set<string>();
  const page: Upload[] = [];
  let last: Upload | undefined;
  let isTruncated = false;
  for (const upload of all) {
    const common = commonPrefix(upload.key, prefix, delimiter);
    if (common !== undefined && (prefixes.has(common) || keyMarker.startsWith(common))) continue;
    if (page.length + prefixes.size === limit) {
      isTruncated = true;
      break;
    }
    last = upload;
    if (common === undefined) page.push(upload);
    else prefixes.add(common);
  }
  sendXml(request, "ListMultipartUploadsResult", {
    Bucket: bucket.name,
    KeyMarker: show(keyMarker),
    UploadIdMarker: idMarker,
    ...(isTruncated && last && { NextKeyMarker: show(last.key), NextUploadIdMarker: last.id }),
    Prefix: show(prefix),
    ...(delimiter !== "" && { Delimiter: show(delimiter) }),
    ...(isEncoded && { EncodingType: "url" }),
    MaxUploads: limit,
    IsTruncated: isTruncated,
    Upload: page.map(
      (upload): XmlElements => ({
        Key: show(upload.key),
        UploadId: upload.id,
        Initiator: ownerElement(ownerOf(request, upload)),
        Owner: ownerElement(ownerOf(request, upload)),
        StorageClass: "STANDARD",
        Initiated: new Date(upload.started).toISOString(),
      }),
    ),
    CommonPrefixes: [...prefixes].map((common) => ({ Prefix: show(common) })),
  });
}
