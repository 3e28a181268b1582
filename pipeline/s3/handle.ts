/**
 * What a request asks for, by its method, its path and its query.
 *
 * Nothing is done before it is known who asks and whether they may. What is not there answers NotImplemented, so that clients that can
 * go without do.
 */
import { checksumAlgorithms } from "./auth/checksums.ts";
import { S3Error } from "./error.ts";
import { createBucket, deleteBucket, getBucket, headBucket, listBuckets } from "./operations/buckets.ts";
import {
  abortUpload,
  completeUpload,
  listParts,
  listUploads,
  startUpload,
  uploadPart,
  uploadPartCopy,
} from "./operations/multipart.ts";
import {
  copyObject,
  deleteObject,
  deleteObjects,
  getObject,
  isCopy,
  objectAttributes,
  objectTagging,
  putObject,
} from "./operations/objects.ts";
import { assertAllowed, has, header, type Request } from "./request.ts";

type Operation = (request: Request) => Promise<void> | void;

/** Queries that name something of a bucket or an object that is not there yet. */
const notThere = [
  ..."accelerate analytics cors encryption intelligent-tiering inventory legal-hold lifecycle logging metrics notification".split(
    " ",
  ),
  ..."object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment restore retention".split(
    " ",
  ),
  ..."select tagging torrent versionId versions website".split(" "),
];

export async function handle(request: Request): Promise<void> {
  const { message, bucket, key, signed } = request;
  const isRead = message.method === "GET" || message.method === "HEAD";
  assertAllowed(signed, bucket, isRead ? "read" : "write");
  const operation = operationOf(request, bucket === "" ? "service" : key === "" ? "bucket" : "object");
  if (isRead) await operation(request);
  else await request.s3.home.during(async () => operation(request));
}

function operationOf(request: Request, of: "service" | "bucket" | "object"): Operation {
  const operation =
    of === "object" ? objectOperation(request) : of === "bucket" ? bucketOperation(request) : serviceOperation(request);
  if (operation) return operation;
  throw new S3Error("MethodNotAllowed");
}

const serviceOperation = ({ message }: Request): Operation | undefined =>
  message.method === "GET" ? listBuckets : undefined;

function bucketOperation(request: Request): Operation | undefined {
  refuse(request, notThere);
  switch (request.message.method) {
    case "GET":
      return has(request, "uploads") ? listUploads : getBucket;
    case "HEAD":
      return headBucket;
    case "PUT":
      refuse(request, ["acl", "versioning"]);
      return createBucket;
    case "POST":
      return has(request, "delete") ? deleteObjects : undefined;
    case "DELETE":
      return deleteBucket;
    default:
      return undefined;
  }
}

function objectOperation(request: Request): Operation | undefined {
  const { method } = request.message;
  refuse(request, [...notThere.filter((name) => name !== "tagging"), "acl"]);
  refuseHeaders(request);
  if (has(request, "tagging")) return objectTagging;
  const isUpload = has(request, "uploadId");
  switch (method) {
    case "GET":
      if (has(request, "attributes")) return objectAttributes;
      return isUpload ? listParts : getObject;
    case "HEAD":
      return getObject;
    case "PUT":
      if (isUpload) return isCopy(request) ? uploadPartCopy : uploadPart;
      return isCopy(request) ? copyObject : putObject;
    case "POST":
      if (has(request, "uploads")) return startUpload;
      return isUpload ? completeUpload : undefined;
    case "DELETE":
      return isUpload ? abortUpload : deleteObject;
    default:
      return undefined;
  }
}

function refuse(request: Request, names: readonly string[]): void {
  const name = names.find((each) => has(request, each));
  if (name !== undefined) throw new S3Error("NotImplemented", `${name} is not implemented.`);
}

/** Headers that ask for what would not happen. */
function refuseHeaders(request: Request): void {
  const names = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-object-lock-mode",
  ];
  const name = names.find((each) => header(request, each) !== undefined);
  if (name !== undefined)
    throw new S3Error("NotImplemented", `${name} is not implemented: blocks are stored as they are.`);
  const algorithm = header(request, "x-amz-checksum-algorithm") ?? header(request, "x-amz-sdk-checksum-algorithm");
  if (algorithm !== undefined && !checksumAlgorithms.some((each) => each === algorithm.toLowerCase()))
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
}
