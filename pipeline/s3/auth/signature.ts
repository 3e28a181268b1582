/**
 * AWS Signature Version 4: who asks, and whether the request is as they signed it.
 *
 * A request is signed in its Authorization header or, presigned, in its query. Its body is signed as a whole, in chunks, or not at all
 * (`payload.ts`).
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import { isUtf8 } from "node:buffer";
import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3Error } from "../error.ts";

/** Someone who may ask: a line of `s3.keys` in campaign.yaml, with the secret from the environment. */
export interface Account {
  readonly id: string;
  readonly secret: string;
  /** Names of buckets, with `*` for any characters. */
  readonly buckets: readonly string[];
  readonly access: "read" | "write";
  readonly owner: string;
}

/** A request whose signature was right. */
export interface Signed {
  readonly account: Account;
  /** What the client claims of its body: the sha256 of it, `UNSIGNED-PAYLOAD`, or how its chunks are signed. */
  readonly payload: string;
  /** For the chunks of a body: the key and the scope they are signed with, and the signature that the first one follows. */
  readonly key: KeyObject;
  readonly scope: string;
  readonly date: string;
  readonly signature: string;
}

export interface Target {
  /** As it was sent, without the query. */
  readonly rawPath: string;
  readonly query: readonly (readonly [name: string, value: string])[];
}

const algorithm = "AWS4-HMAC-SHA256";
/** ms that the client's clock may differ. */
const mostSkew = 15 * 60_000;
/** Seconds that a presigned address may be valid. */
const longestExpiry = 7 * 86_400;

type Key = string | Buffer | KeyObject;

export const hmac = (key: Key, data: string): Buffer => createHmac("sha256", key).update(data).digest();
export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex");

/** Keys that were derived last, by secret and scope: a client signs all day with one. */
const signingKeys = new Map<string, KeyObject>();
const mostSigningKeys = 100;

export function signingKey(secret: string, scope: readonly [day: string, ...scope: string[]]): KeyObject {
  const name = [secret, ...scope].join("\n");
  const known = signingKeys.get(name);
  if (known) return known;
  const key = createSecretKey(scope.reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`)));
  for (const oldest of signingKeys.keys()) {
    if (signingKeys.size < mostSigningKeys) break;
    signingKeys.delete(oldest);
  }
  signingKeys.set(name, key);
  return key;
}

/** Compares in constant time. @throws S3Error SignatureDoesNotMatch */
export function assertSignature(expected: Buffer, given: Buffer): void {
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new S3Error("SignatureDoesNotMatch");
}

/** The path and query of a request, decoded once. @throws S3Error InvalidRequest where it is no address */
export function targetOf(url: string): Target {
  const at = url.indexOf("?");
  const rawPath = at < 0 ? url : url.slice(0, at);
  const parts =
    at < 0
      ? []
      : url
          .slice(at + 1)
          .split("&")
          .filter((part) => part !== "");
  const query = parts.map((part) => {
    const equals = part.indexOf("=");
    const decode = (text: string) => decoded(text.replaceAll("+", "%20"));
    return equals < 0
      ? ([decode(part), ""] as const)
      : ([decode(part.slice(0, equals)), decode(part.slice(equals + 1))] as const);
  });
  return { rawPath, query };
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error("InvalidRequest", "Could not decode the address.", { cause });
  }
}

/** As AWS encodes: what `encodeURIComponent` leaves, too. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

interface Claim {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly payload: string;
  /** Seconds; present where the address is presigned. */
  readonly expires?: number;
}

/**
 * Who signed the request; `undefined` where it is not signed.
 *
 * @throws S3Error for a signature that is not right, or no longer
 */
export function verifySignature(
  request: IncomingMessage,
  target: Target,
  accounts: ReadonlyMap<string, Account>,
  now: Date,
): Signed | undefined {
  const claim = claimIn(request, target);
  if (!claim) return undefined;
  const [id = "", day = "", region = "", service = "", end = ""] = claim.credential.split("/");
  const at = timeOf(claim.date);
  if (service !== "s3" || end !== "aws4_request" || at === undefined || !claim.date.startsWith(day))
    throw new S3Error("AuthorizationHeaderMalformed");
  if (!claim.signedHeaders.includes("host")) throw new S3Error("AccessDenied", "The host header is not signed.");
  const account = accounts.get(id);
  if (!account) throw new S3Error("InvalidAccessKeyId");
  checkTime(claim, at, now);

  const scope = `${day}/${region}/${service}/${end}`;
  const key = signingKey(account.secret, [day, region, service, end]);
  const toSign = [algorithm, claim.date, scope, sha256Hex(canonicalRequest(request, target, claim))].join("\n");
  assertSignature(hmac(key, toSign), Buffer.from(claim.signature, "hex"));
  return { account, payload: claim.payload, key, scope, date: claim.date, signature: claim.signature };
}

function claimIn(request: IncomingMessage, { query }: Target): Claim | undefined {
  const { authorization } = request.headers;
  const payload = headerText(request, "x-amz-content-sha256");
  if (authorization !== undefined) {
    const [, credential, headers, signature] =
      /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
        authorization,
      ) ?? [];
    if (credential === undefined) throw new S3Error("AuthorizationHeaderMalformed");
    const date = headerText(request, "x-amz-date") ?? compactDate(headerText(request, "date"));
    if (date === undefined) throw new S3Error("AccessDenied", "The request has no date.");
    if (payload === undefined) throw new S3Error("InvalidRequest", "Missing required header: x-amz-content-sha256");
    return { credential, signedHeaders: headers!.split(";"), signature: signature!, date, payload };
  }
  const parameter = (name: string) => query.find(([each]) => each === name)?.[1];
  const signature = parameter("X-Amz-Signature");
  if (signature === undefined) return undefined;
  const expires = Number(parameter("X-Amz-Expires"));
  if (!(expires >= 1 && expires <= longestExpiry))
    throw new S3Error("AccessDenied", `X-Amz-Expires must be between 1 and ${longestExpiry} seconds`);
  if (parameter("X-Amz-Algorithm") !== algorithm)
    throw new S3Error("AuthorizationHeaderMalformed", "The query parameters of the signature are not valid.");
  return {
    credential: parameter("X-Amz-Credential") ?? "",
    signedHeaders: (parameter("X-Amz-SignedHeaders") ?? "").split(";"),
    signature,
    date: parameter("X-Amz-Date") ?? "",
    payload: payload ?? "UNSIGNED-PAYLOAD",
    expires,
  };
}

function checkTime({ expires }: Claim, at: number, now: Date): void {
  const age = now.getTime() - at;
  if (expires === undefined) {
    if (Math.abs(age) > mostSkew) throw new S3Error("RequestTimeTooSkewed");
  } else if (age > expires * 1000) throw new S3Error("AccessDenied", "Request has expired");
  else if (age < -mostSkew) throw new S3Error("AccessDenied", "Request is not valid yet");
}

function canonicalRequest(
  request: IncomingMessage,
  { rawPath, query }: Target,
  { signedHeaders, payload }: Claim,
): string {
  const path = rawPath
    .split("/")
    .map((segment) => encoded(decoded(segment)))
    .join("/");
  const parameters = query
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort();
  const headers = signedHeaders.map((name) => `${name}:${canonicalValue(request, name)}\n`);
  return [request.method, path, parameters.join("&"), headers.join(""), signedHeaders.join(";"), payload].join("\n");
}

const canonicalValue = (request: IncomingMessage, name: string) =>
  textSigned(headerText(request, name) ?? "")
    .trim()
    .replace(/ +/g, " ");

/** Clients sign text. Some send it as UTF-8, some as Latin-1, which is how Node reads headers. */
function textSigned(header: string): string {
  const bytes = Buffer.from(header, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : header;
}

const headerText = ({ headers }: IncomingMessage, name: string): string | undefined => textOfHeader(headers[name]);

/** Of a header as Node reads it; one that was sent several times is a list with commas. */
export const textOfHeader = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.join(",");

/** ms since 1970 of `20240811T100000Z`. */
function timeOf(date: string): number | undefined {
  const iso = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  const time = iso && Date.parse(`${iso[1]}-${iso[2]}-${iso[3]}T${iso[4]}:${iso[5]}:${iso[6]}Z`);
  return time === null || Number.isNaN(time) ? undefined : time;
}

function compactDate(date: string | undefined): string | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
