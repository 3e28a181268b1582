/** Buckets: which there are, making and removing them, and what clients ask of one before they use it. */
import { S3Error } from "../error.ts";
import type { ReleaseBucket } from "../releases.ts";
import { bodyOf, mayUse, ownerElement, ownerIn, parameter, type Request, send, sendXml, writable } from "../request.ts";
import type { Bucket } from "../store/bucket.ts";
import { allFrom } from "../store/sorted.ts";
import { readXml, textOf } from "../xml.ts";
import { aclInHeaders } from "./about.ts";
import { listObjects, maxOf, tokenOf, tokenText } from "./list.ts";

export async function listBuckets(request: Request): Promise<void> {
  const { s3, world, signed } = request;
  if (!signed) throw new S3Error("AccessDenied");
  const own = s3.buckets.list().map(({ name, created }) => ({ name, created }));
  const prefix = parameter(request, "prefix") ?? "";
  const after = tokenText(parameter(request, "continuation-token") ?? "");
  const limit = maxOf(parameter(request, "max-buckets"), "max-buckets");
  const all = [...own, ...(await s3.releases.list(world))].filter(
    ({ name }) => mayUse(signed.account, name) && name.startsWith(prefix),
  );
  const start = after === "" ? 0 : all.findIndex(({ name }) => name === after) + 1;
  const page = all.slice(start, start + limit);
  const last = page.at(-1);
  sendXml(request, "ListAllMyBucketsResult", {
    Owner: ownerElement(ownerIn(request)),
    Buckets: {
      Bucket: page.map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() })),
    },
    ...(last && start + limit < all.length && { ContinuationToken: tokenOf(last.name) }),
  });
}

export async function createBucket(request: Request): Promise<void> {
  const { s3, world, bucket, message } = request;
  const body = await bodyOf(request);
  if (body.length > 0) {
    const place = textOf(readXml(body, "CreateBucketConfiguration"), "LocationConstraint");
    if (place !== undefined && place !== "" && place !== s3.region)
      throw new S3Error("InvalidArgument", "The specified location-constraint is not valid");
  }
  const owner = ownerIn(request);
  const there = s3.buckets.get(bucket);
  if (there && (there.settings.owner ?? owner) !== owner) throw new S3Error("BucketAlreadyExists");
  // In that region, S3 treats a bucket that exists as created, so that scripts can be run again.
  if (there && s3.region === "us-east-1") return send(request, 200, { location: `/${bucket}` });
  await s3.buckets.create(bucket, world.now().getTime(), { owner, acl: aclInHeaders(message.headers) ?? null });
  send(request, 200, { location: `/${bucket}` });
}

export async function deleteBucket(request: Request): Promise<void> {
  writable(request);
  await request.s3.buckets.remove(request.bucket);
  send(request, 204);
}

/** The bucket, or that of a release. @throws S3Error NoSuchBucket */
async function opened({ s3, bucket, world }: Request): Promise<Bucket | ReleaseBucket> {
  const found = s3.buckets.get(bucket) ?? (await s3.releases.open(bucket, world));
  if (!found) throw new S3Error("NoSuchBucket");
  return found;
}

export async function headBucket(request: Request): Promise<void> {
  await opened(request);
  send(request, 200, { "x-amz-bucket-region": request.s3.region });
}

export async function bucketLocation(request: Request): Promise<void> {
  await opened(request);
  const { region } = request.s3;
  // Empty for us-east-1, as S3 has it.
  const place = region === "us-east-1" ? "" : region;
  send(
    request,
    200,
    { "content-type": "application/xml" },
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${place}</LocationConstraint>`,
  );
}

export async function getBucket(request: Request): Promise<void> {
  const bucket = await opened(request);
  if ("keysFrom" in bucket) return listObjects(request, bucket);
  const keys = await bucket.keys();
  return listObjects(request, { keysFrom: (from) => allFrom(keys, from), get: bucket.get });
}

/** The CID of the bucket as it is now, as text. */
export async function bucketCid(request: Request): Promise<void> {
  const { s3, world } = request;
  const bucket = await opened(request);
  const cid = "root" in bucket ? bucket.root : (await s3.home.during(() => s3.folds.fold(bucket, s3.home, world))).cid;
  send(request, 200, { "content-type": "text/plain", "x-ipfs-path": `/ipfs/${cid}` }, `${cid}\n`);
}
