/** One request of a client: where it leads, who asks, and how it is answered. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import { smallBody } from "./auth/payload.ts";
import { type Account, type Signed, type Target, textOfHeader } from "./auth/signature.ts";
import type { Folds } from "./blocks/fold.ts";
import type { WritingNode } from "./blocks/writing-node.ts";
import { S3Error } from "./error.ts";
import { isLike } from "./pattern.ts";
import type { Releases } from "./releases.ts";
import type { Bucket } from "./store/bucket.ts";
import type { Buckets } from "./store/buckets.ts";
import type { Settings } from "./store/settings.ts";
import { most, type ReadElement, readXml, type XmlElements, xmlDocument } from "./xml.ts";

/** What all requests share. */
export interface S3 {
  readonly buckets: Buckets;
  readonly folds: Folds;
  readonly releases: Releases;
  readonly home: WritingNode;
  readonly get: Get;
  readonly region: string;
  readonly accounts: ReadonlyMap<string, Account>;
}

export interface Request extends Target {
  readonly s3: S3;
  readonly world: World;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  /** Absent where the client did not sign. */
  readonly signed: Signed | undefined;
  /** "" for a request about all buckets. */
  readonly bucket: string;
  /** "" for a request about a bucket. */
  readonly key: string;
  /** Whether the name of the bucket is in the host that was asked, and not in the path. */
  readonly isInHost: boolean;
}

export const parameter = ({ query }: Target, name: string): string | undefined =>
  query.find(([each]) => each === name)?.[1];

export const has = ({ query }: Target, name: string): boolean => query.some(([each]) => each === name);

export const header = ({ message }: Pick<Request, "message">, name: string): string | undefined =>
  textOfHeader(message.headers[name]);

/** Address of the object where the client asked: the same host, by TLS where that is how it came. `key`: percent-encoded. */
export function locationOf(request: Request, key: string): string {
  const scheme = request.message.socket instanceof TLSSocket ? "https" : "http";
  const bucket = request.isInHost ? "" : `${request.bucket}/`;
  return `${scheme}://${header(request, "host")}/${bucket}${key}`;
}

/** @throws S3Error NoSuchBucket; AccessDenied for a bucket of releases */
export function writable({ s3, bucket }: Request): Bucket {
  const found = s3.buckets.get(bucket);
  if (found) return found;
  if (s3.releases.isRelease(bucket)) throw new S3Error("AccessDenied", `${bucket} is read-only.`);
  throw new S3Error("NoSuchBucket");
}

/** The whole body, where it has a document. @throws S3Error EntityTooLarge */
export const bodyOf = ({ message, signed }: Request): Promise<Uint8Array> => smallBody(message, signed, most.bytes);

/** The root of the document in the body. @throws S3Error EntityTooLarge, MalformedXML where it is not called `root` */
export const xmlBody = async (request: Request, root: string): Promise<ReadElement> =>
  readXml(await bodyOf(request), root);

/** Name of the account that asks, as clients see it. */
export const ownerIn = ({ signed }: Pick<Request, "signed">): string => signed?.account.owner ?? "anonymous";

/** The bucket's settings; none for a bucket of a release. */
export const settingsOf = ({ s3, bucket }: Pick<Request, "s3" | "bucket">): Settings =>
  s3.buckets.get(bucket)?.settings ?? {};

/** Who owns something of the bucket: who wrote it, the bucket's owner where that is not recorded, or else the account that asks. */
export const ownerOf = (request: Request, { owner }: { readonly owner?: string } = {}): string =>
  owner ?? settingsOf(request).owner ?? ownerIn(request);

/** The owner to record with something that is written: none where it is the bucket's. */
export function ownerToRecord(request: Request): { readonly owner?: string } {
  const owner = ownerIn(request);
  return owner === settingsOf(request).owner ? {} : { owner };
}

export const ownerElement = (owner: string): XmlElements => ({ ID: owner, DisplayName: owner });

export const mayUse = ({ buckets }: Account, bucket: string): boolean =>
  buckets.some((pattern) => isLike(pattern, bucket));

export function send(
  { response }: Request,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
  body = "",
): void {
  const length = status === 204 || status === 304 ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...length, ...headers });
  response.end(body);
}

export function sendXml(
  request: Request,
  root: string,
  content: XmlElements,
  headers: Readonly<Record<string, string>> = {},
): void {
  send(request, 200, { "content-type": "application/xml", ...headers }, xmlDocument(root, content));
}
