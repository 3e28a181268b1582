/** Buckets: which there are, making and removing them, and what clients ask of one before they use it. */
import { smallBody } from "../auth/payload.ts";
import { S3Error } from "../error.ts";
import type { ReleaseBucket } from "../releases.ts";
import { has, mayUse, type Request, send, sendXml, writable } from "../request.ts";
import type { Bucket } from "../store/bucket.ts";
import { fold } from "../store/fold.ts";
import { allFrom } from "../store/sorted.ts";
import { most, readXml, textOf } from "../xml.ts";
import { listObjects } from "./list.ts";

export async function listBuckets(request: Request): Promise<void> {
  const { s3, world, signed } = request;
  const { owner } = signed.account;
  const own = s3.buckets.list().map(({ name, created }) => ({ name, created }));
  const all = [...own, ...(await s3.releases.list(world))].filter(({ name }) => mayUse(signed.account, name));
  sendXml(request, "ListAllMyBucketsResult", {
    Owner: { ID: owner, DisplayName: owner },
    Buckets: {
      Bucket: all.map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() })),
    },
  });
}

export async function createBucket(request: Request): Promise<void> {
  const { s3, world, bucket, message, signed } = request;
  const body = await smallBody(message, signed, most.bytes);
  if (body.length > 0) {
    const place = textOf(readXml(body, "CreateBucketConfiguration"), "LocationConstraint");
    if (place !== undefined && place !== "" && place !== s3.region)
      throw new S3Error("InvalidArgument", "The specified location-constraint is not valid");
  }
  await s3.buckets.create(bucket, world.now().getTime());
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

export async function getBucket(request: Request): Promise<void> {
  const { s3, signed } = request;
  const bucket = await opened(request);
  if (has(request, "location")) {
    // Empty for us-east-1, as S3 has it.
    const place = s3.region === "us-east-1" ? "" : s3.region;
    return send(
      request,
      200,
      { "content-type": "application/xml" },
      `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${place}</LocationConstraint>`,
    );
  }
  if (has(request, "versioning")) return sendXml(request, "VersioningConfiguration", {});
  if (has(request, "acl")) {
    const { owner } = signed.account;
    const Owner = { ID: owner, DisplayName: owner };
    return sendXml(request, "AccessControlPolicy", {
      Owner,
      AccessControlList: { Grant: [{ Grantee: Owner, Permission: "FULL_CONTROL" }] },
    });
  }
  if (has(request, "fieldtree-cid")) return bucketCid(request, bucket);
  if ("keysFrom" in bucket) return listObjects(request, bucket);
  const keys = await bucket.keys();
  return listObjects(request, { keysFrom: (from) => allFrom(keys, from), get: bucket.get });
}

/** The CID of the bucket as it is now, as text. */
async function bucketCid(request: Request, bucket: Bucket | ReleaseBucket): Promise<void> {
  const { s3, world } = request;
  const cid = "root" in bucket ? bucket.root : (await fold(bucket, s3.home, world)).cid;
  send(request, 200, { "content-type": "text/plain", "x-ipfs-path": `/ipfs/${cid}` }, `${cid}\n`);
}
