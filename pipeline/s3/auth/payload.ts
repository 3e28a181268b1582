/**
 * The body of a request, decoded and verified while it streams: as it is, or in the chunks of `aws-chunked`, each signed or not, with
 * checksums in the headers or after the last chunk.
 *
 * What is wrong becomes known with the last byte at the latest, so a consumer stores what it made of the body only when the iteration
 * ended without a failure.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3Error } from "../error.ts";
import { type ChecksumAlgorithm, checksumAlgorithms, checksumOf, type RunningChecksum } from "./checksums.ts";
import { assertSignature, hmac, type Signed, sha256Hex, textOfHeader } from "./signature.ts";

export interface Payload {
  /** @throws S3Error where a byte, a signature or a checksum is wrong */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** After the last byte. */
  result(): PayloadResult;
}

export interface PayloadResult {
  readonly size: number;
  /** In hexadecimal. */
  readonly md5: string;
  /** The one that the client gave or asked for, in base64. */
  readonly checksum?: Checksum;
}

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

/** Bytes of the line before a chunk, of all trailers, of a chunk that is signed: those are hashed before anything of them is used. */
const longest = { line: 1024, trailers: 16_384, signedChunk: 16 * 2 ** 20 } as const;

const emptyHash = sha256Hex("");

export interface PayloadOptions {
  /** The checksum to compute where the client names none. */
  readonly computed?: ChecksumAlgorithm | undefined;
  /** Whether a checksum in the headers is that of an object and not of this body. */
  readonly isOfObject?: boolean;
}

/** `signed`: absent where the client did not sign. */
export function payloadOf(
  request: IncomingMessage,
  signed: Signed | undefined,
  { computed, isOfObject = false }: PayloadOptions = {},
): Payload {
  const how = signed?.payload ?? "UNSIGNED-PAYLOAD";
  const headers = headersOf(request);
  const isChunked = how.startsWith("STREAMING-");
  const trailers = new Map<string, string>();
  const expected = isOfObject ? undefined : expectedIn(headers);
  const trailing = (headers.get("x-amz-trailer") ?? "").toLowerCase().trim();
  const algorithm =
    expected?.algorithm ??
    algorithmOf(trailing) ??
    algorithmNamed(headers.get("x-amz-sdk-checksum-algorithm")) ??
    computed;
  const running: RunningChecksum | undefined = algorithm && checksumOf(algorithm);
  const md5 = createHash("md5");
  const sha256 = /^[0-9a-f]{64}$/.test(how) ? createHash("sha256") : undefined;
  if (!isChunked && !sha256 && how !== "UNSIGNED-PAYLOAD")
    throw new S3Error("InvalidArgument", "x-amz-content-sha256 is not valid.");
  const expectedMd5 = md5In(headers);
  let size = 0;
  let result: PayloadResult | undefined;

  async function* verified(): AsyncGenerator<Uint8Array> {
    const chunks = isChunked ? unchunked(request, how, signed!, trailers) : whole(request);
    for await (const bytes of chunks) {
      size += bytes.length;
      md5.update(bytes);
      sha256?.update(bytes);
      running?.update(bytes);
      yield bytes;
    }
    checkLength(request, headers, size, isChunked);
    if (sha256 && sha256.digest("hex") !== how) throw new S3Error("XAmzContentSHA256Mismatch");
    const digest = md5.digest();
    if (expectedMd5 && !timingSafeEqual(expectedMd5, digest)) throw new S3Error("BadDigest");
    const value = running?.digest();
    const declared = expected?.value ?? (algorithm && trailers.get(`x-amz-checksum-${algorithm}`));
    if (declared !== undefined && declared !== value) throw new S3Error("BadDigest");
    if (trailing.startsWith("x-amz-checksum-") && declared === undefined)
      throw new S3Error("InvalidRequest", "The trailing checksum is missing.");
    result = {
      size,
      md5: digest.toString("hex"),
      ...(algorithm && value !== undefined && { checksum: { algorithm, value } }),
    };
  }

  return {
    bytes: verified(),
    result() {
      if (!result) throw new Error("the body was not read to its end");
      return result;
    },
  };
}

/** Bytes whose sender claims nothing of them, as a payload: their size and their MD5. */
export function hashed(bytes: AsyncIterable<Uint8Array>): Payload {
  const md5 = createHash("md5");
  let size = 0;
  let result: PayloadResult | undefined;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const part of bytes) {
      size += part.length;
      md5.update(part);
      yield part;
    }
    result = { size, md5: md5.digest("hex") };
  }
  return {
    bytes: counted(),
    result() {
      if (!result) throw new Error("the bytes were not read to their end");
      return result;
    },
  };
}

/** The whole body, where it is short. */
export async function smallBody(
  request: IncomingMessage,
  signed: Signed | undefined,
  most: number,
  options: PayloadOptions = {},
): Promise<Uint8Array> {
  const payload = payloadOf(request, signed, options);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of payload.bytes) {
    length += bytes.length;
    if (length > most) throw new S3Error("EntityTooLarge");
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

const headersOf = ({ headers }: IncomingMessage): ReadonlyMap<string, string> =>
  new Map(Object.entries(headers).map(([name, value]) => [name, textOfHeader(value) ?? ""]));

function md5In(headers: ReadonlyMap<string, string>): Buffer | undefined {
  const given = headers.get("content-md5");
  if (given === undefined) return undefined;
  const digest = Buffer.from(given, "base64");
  if (digest.length !== 16) throw new S3Error("InvalidDigest");
  return digest;
}

function expectedIn(headers: ReadonlyMap<string, string>): Checksum | undefined {
  const given = checksumAlgorithms.filter((algorithm) => headers.has(`x-amz-checksum-${algorithm}`));
  if (given.length > 1) throw new S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header.");
  const [algorithm] = given;
  return algorithm && { algorithm, value: headers.get(`x-amz-checksum-${algorithm}`)! };
}

const algorithmOf = (trailer: string) =>
  checksumAlgorithms.find((algorithm) => trailer === `x-amz-checksum-${algorithm}`);

export const algorithmNamed = (name: string | undefined): ChecksumAlgorithm | undefined =>
  checksumAlgorithms.find((algorithm) => algorithm === name?.toLowerCase());

function checkLength(
  request: IncomingMessage,
  headers: ReadonlyMap<string, string>,
  size: number,
  isChunked: boolean,
): void {
  const claimed = headers.get(isChunked ? "x-amz-decoded-content-length" : "content-length");
  if (!request.complete || (claimed !== undefined && Number(claimed) !== size)) throw new S3Error("IncompleteBody");
}

async function* whole(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of request) yield bytes as Buffer;
  } catch (cause) {
    throw new S3Error("IncompleteBody", undefined, { cause });
  }
}

/** The bytes in the chunks of `aws-chunked`; trailers are put into `trailers`. */
async function* unchunked(
  request: IncomingMessage,
  how: string,
  signed: Signed,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  const isSigned = how.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const hasTrailer = how.endsWith("-TRAILER");
  if (!isSigned && how !== "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    throw new S3Error("InvalidArgument", "x-amz-content-sha256 is not valid.");
  const input = reader(whole(request));
  let previous = signed.signature;
  for (;;) {
    const line = await input.line();
    const [, length, signature] = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line) ?? [];
    if (length === undefined || (isSigned && signature === undefined))
      throw new S3Error("InvalidRequest", "A chunk of the body is malformed.");
    const size = Number.parseInt(length, 16);
    if (isSigned) {
      if (size > longest.signedChunk) throw new S3Error("EntityTooLarge");
      const chunk = await input.exactly(size);
      const toSign = [
        "AWS4-HMAC-SHA256-PAYLOAD",
        signed.date,
        signed.scope,
        previous,
        emptyHash,
        sha256Hex(chunk),
      ].join("\n");
      assertSignature(hmac(signed.key, toSign), Buffer.from(signature!, "hex"));
      previous = signature!;
      if (size > 0) yield chunk;
    } else yield* input.atMost(size);
    if (size === 0) break;
    if ((await input.line()) !== "")
      throw new S3Error("InvalidRequest", "A chunk of the body is longer than declared.");
  }
  const signature = await readTrailers(input, trailers);
  if (!isSigned || !hasTrailer) return;
  const canonical = [...trailers].map(([name, value]) => `${name}:${value}\n`).join("");
  const toSign = ["AWS4-HMAC-SHA256-TRAILER", signed.date, signed.scope, previous, sha256Hex(canonical)].join("\n");
  assertSignature(hmac(signed.key, toSign), Buffer.from(signature ?? "", "hex"));
}

/** Returns the signature of the trailers, where there is one. */
async function readTrailers(input: Reader, trailers: Map<string, string>): Promise<string | undefined> {
  let signature: string | undefined;
  let length = 0;
  for (;;) {
    const line = await input.line("end");
    if (line === undefined) return signature;
    length += line.length;
    if (length > longest.trailers) throw new S3Error("InvalidRequest", "The trailers of the body are too long.");
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const [name, value] = [line.slice(0, colon).toLowerCase().trim(), line.slice(colon + 1).trim()];
    if (name === "x-amz-trailer-signature") signature = value;
    else trailers.set(name, value);
  }
}

interface Reader {
  /** The text before the next line end. At the end of the body a failure, or `undefined` where that is expected. */
  line(): Promise<string>;
  line(atEnd: "end"): Promise<string | undefined>;
  exactly(length: number): Promise<Uint8Array>;
  /** `length` bytes, as they come. */
  atMost(length: number): AsyncGenerator<Uint8Array>;
}

function reader(source: AsyncGenerator<Uint8Array>): Reader {
  let pending: Uint8Array = new Uint8Array(0);
  const more = async (): Promise<boolean> => {
    const { done, value } = await source.next();
    if (done) return false;
    pending = pending.length === 0 ? value : Buffer.concat([pending, value]);
    return true;
  };
  async function* atMost(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      if (pending.length === 0 && !(await more())) throw new S3Error("IncompleteBody");
      const part = pending.subarray(0, left);
      pending = pending.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }
  async function line(atEnd?: "end"): Promise<string | undefined> {
    for (;;) {
      const end = pending.indexOf(0x0a);
      if (end >= 0) {
        const text = Buffer.from(pending.subarray(0, end)).toString("latin1");
        pending = pending.subarray(end + 1);
        return text.endsWith("\r") ? text.slice(0, -1) : text;
      }
      if (pending.length > longest.line + longest.trailers)
        throw new S3Error("InvalidRequest", "A chunk of the body is malformed.");
      if (await more()) continue;
      if (atEnd && pending.length === 0) return undefined;
      if (!atEnd) throw new S3Error("IncompleteBody");
      const text = Buffer.from(pending).toString("latin1");
      pending = new Uint8Array(0);
      return text;
    }
  }
  return {
    line: line as Reader["line"],
    async exactly(length) {
      const parts: Uint8Array[] = [];
      for await (const part of atMost(length)) parts.push(part);
      return Buffer.concat(parts);
    },
    atMost,
  };
}
