/**
 * What a request asks for, by its method, its path and its query, and which permission that needs.
 *
 * Nothing is done before it is known who asks and whether they may. What is not there answers NotImplemented, so that clients that can
 * go without do.
 */
import { assertAllowed, type Permission } from "./access.ts";
import { checksumAlgorithms } from "./auth/checksums.ts";
import { S3Error } from "./error.ts";
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from "./operations/acl.ts";
import { objectAttributes } from "./operations/attributes.ts";
import {
  bucketCid,
  bucketLocation,
  createBucket,
  deleteBucket,
  getBucket,
  headBucket,
  listBuckets,
} from "./operations/buckets.ts";
import { copyObject, isCopy } from "./operations/copy.ts";
import { deleteCors, getCors, putCors } from "./operations/cors.ts";
import { deleteObject, deleteObjects } from "./operations/delete.ts";
import { isForm, postForm } from "./operations/form.ts";
import { deleteLifecycle, getLifecycle, putLifecycle } from "./operations/lifecycle.ts";
import {
  abortUpload,
  completeUpload,
  listParts,
  listUploads,
  startUpload,
  uploadPart,
  uploadPartCopy,
} from "./operations/multipart.ts";
import { findIfThere, getObject, putObject } from "./operations/objects.ts";
import { deletePolicy, getPolicy, policyStatus, putPolicy } from "./operations/policy.ts";
import {
  deleteBucketTagging,
  deleteObjectTagging,
  getBucketTagging,
  getObjectTagging,
  putBucketTagging,
  putObjectTagging,
} from "./operations/tagging.ts";
import { getVersioning, listVersions, putVersioning } from "./operations/versions.ts";
import { has, header, type Request, settingsOf } from "./request.ts";

interface Operation extends Permission {
  readonly run: (request: Request) => Promise<void> | void;
}

type Methods = Readonly<Record<string, Operation>>;

const reads = (action: string, run: Operation["run"]): Operation => ({ action: `s3:${action}`, access: "read", run });
const writes = (action: string, run: Operation["run"]): Operation => ({ action: `s3:${action}`, access: "write", run });

/** Of a bucket, by the query that names what is asked for; `""` is the bucket itself. */
const ofBucket: Readonly<Record<string, Methods>> = {
  acl: { GET: reads("GetBucketAcl", getBucketAcl), PUT: writes("PutBucketAcl", putBucketAcl) },
  cors: {
    GET: reads("GetBucketCORS", getCors),
    PUT: writes("PutBucketCORS", putCors),
    DELETE: writes("PutBucketCORS", deleteCors),
  },
  delete: { POST: writes("DeleteObject", deleteObjects) },
  "fieldtree-cid": { GET: reads("ListBucket", bucketCid) },
  lifecycle: {
    GET: reads("GetLifecycleConfiguration", getLifecycle),
    PUT: writes("PutLifecycleConfiguration", putLifecycle),
    DELETE: writes("PutLifecycleConfiguration", deleteLifecycle),
  },
  location: { GET: reads("GetBucketLocation", bucketLocation) },
  policy: {
    GET: reads("GetBucketPolicy", getPolicy),
    PUT: writes("PutBucketPolicy", putPolicy),
    DELETE: writes("DeleteBucketPolicy", deletePolicy),
  },
  policyStatus: { GET: reads("GetBucketPolicyStatus", policyStatus) },
  tagging: {
    GET: reads("GetBucketTagging", getBucketTagging),
    PUT: writes("PutBucketTagging", putBucketTagging),
    DELETE: writes("PutBucketTagging", deleteBucketTagging),
  },
  uploads: { GET: reads("ListBucketMultipartUploads", listUploads) },
  versioning: { GET: reads("GetBucketVersioning", getVersioning), PUT: writes("PutBucketVersioning", putVersioning) },
  versions: { GET: reads("ListBucketVersions", listVersions) },
  "": {
    GET: reads("ListBucket", getBucket),
    HEAD: reads("ListBucket", headBucket),
    PUT: writes("CreateBucket", createBucket),
    DELETE: writes("DeleteBucket", deleteBucket),
  },
};

/** Of an object, alike. */
const ofObject: Readonly<Record<string, Methods>> = {
  acl: { GET: reads("GetObjectAcl", getObjectAcl), PUT: writes("PutObjectAcl", putObjectAcl) },
  attributes: { GET: reads("GetObjectAttributes", objectAttributes) },
  tagging: {
    GET: reads("GetObjectTagging", getObjectTagging),
    PUT: writes("PutObjectTagging", putObjectTagging),
    DELETE: writes("DeleteObjectTagging", deleteObjectTagging),
  },
  uploadId: {
    GET: reads("ListMultipartUploadParts", listParts),
    PUT: writes("PutObject", (request) => (isCopy(request) ? uploadPartCopy(request) : uploadPart(request))),
    POST: writes("PutObject", completeUpload),
    DELETE: writes("AbortMultipartUpload", abortUpload),
  },
  uploads: { POST: writes("PutObject", startUpload) },
  versionId: {
    GET: reads("GetObjectVersion", getObject),
    HEAD: reads("GetObjectVersion", getObject),
    DELETE: writes("DeleteObjectVersion", deleteObject),
  },
  "": {
    GET: reads("GetObject", getObject),
    HEAD: reads("GetObject", getObject),
    PUT: writes("PutObject", (request) => (isCopy(request) ? copyObject(request) : putObject(request))),
    DELETE: writes("DeleteObject", deleteObject),
  },
};

/** Queries that name something of a bucket or an object that is not there. */
const notThere = [
  ..."abac accelerate analytics encryption intelligent-tiering inventory legal-hold logging".split(" "),
  ..."metadataConfiguration metadataTable metrics notification object-lock ownershipControls".split(" "),
  ..."publicAccessBlock renameObject replication requestPayment restore retention select session torrent website".split(
    " ",
  ),
];

export async function handle(request: Request): Promise<void> {
  const { message, bucket, key } = request;
  if (message.method === "POST" && bucket !== "" && key === "" && isForm(request)) {
    askForBody(request);
    return request.s3.home.during(() => postForm(request));
  }
  const operation = operationOf(request);
  await authorize(request, operation);
  askForBody(request);
  if (operation.access === "read") await operation.run(request);
  else await request.s3.home.during(async () => operation.run(request));
}

/** Lets a client that waits send the body: it is known who sends it, except for a form, whose signature is in its body. */
function askForBody({ message, response }: Request): void {
  if (message.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
}

async function authorize(request: Request, permission: Permission): Promise<void> {
  const { bucket, key, s3 } = request;
  const { owner } = settingsOf(request);
  const expected = header(request, "x-amz-expected-bucket-owner");
  if (expected !== undefined && owner !== undefined && expected !== owner) throw new S3Error("AccessDenied");
  try {
    assertAllowed(request, permission, { bucket, key });
  } catch (error) {
    if (
      bucket !== "" &&
      !s3.buckets.get(bucket) &&
      !s3.releases.isRelease(bucket) &&
      permission.action !== "s3:CreateBucket"
    )
      throw new S3Error("NoSuchBucket");
    // The object itself may be public.
    if (key === "" || permission.access === "write") throw error;
    const object = await findIfThere(request);
    // Who may list the bucket may know what is not in it.
    if (object) assertAllowed(request, permission, { bucket, key, object });
    else assertAllowed(request, { action: "s3:ListBucket", access: "read" }, { bucket, key: "" });
  }
}

function operationOf(request: Request): Operation {
  const { message, bucket, key } = request;
  if (bucket === "") {
    if (message.method === "GET") return reads("ListAllMyBuckets", listBuckets);
    throw new S3Error("MethodNotAllowed");
  }
  refuse(request, notThere);
  if (key !== "") refuseHeaders(request);
  const all = key === "" ? ofBucket : ofObject;
  const what = Object.keys(all).find((name) => name !== "" && has(request, name)) ?? "";
  const operation = all[what]?.[message.method ?? ""];
  if (!operation) throw new S3Error("MethodNotAllowed");
  return operation;
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
    "x-amz-object-lock-legal-hold",
    "x-amz-website-redirect-location",
  ];
  const name = names.find((each) => header(request, each) !== undefined);
  if (name !== undefined)
    throw new S3Error("NotImplemented", `${name} is not implemented: blocks are stored as they are.`);
  const algorithm = header(request, "x-amz-checksum-algorithm") ?? header(request, "x-amz-sdk-checksum-algorithm");
  if (algorithm !== undefined && !checksumAlgorithms.some((each) => each === algorithm.toLowerCase()))
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
}
