// Run in a folder with both clients: what one writes the other reads. Arguments: the gateway's address, key ID, secret.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as S3 from "@aws-sdk/client-s3";
import * as Minio from "minio";

const [url, accessKeyId, secretAccessKey] = process.argv.slice(2);
const aws = new S3.S3Client({
  endpoint: url,
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId, secretAccessKey },
});
const { hostname, port } = new URL(url);
const minio = new Minio.Client({
  endPoint: hostname,
  port: Number(port),
  useSSL: false,
  accessKey: accessKeyId,
  secretKey: secretAccessKey,
  region: "us-east-1",
});
const Bucket = "javascript";
const read = async (stream) => Buffer.concat(await Array.fromAsync(stream));

await aws.send(new S3.CreateBucketCommand({ Bucket }));
await aws.send(new S3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
const big = randomBytes(6 * 2 ** 20);
const first = await aws.send(
  new S3.PutObjectCommand({ Bucket, Key: "a b/ü", Body: "one", ChecksumAlgorithm: "CRC64NVME" }),
);
await minio.putObject(Bucket, "a b/ü", "two", 3, { "x-amz-meta-who": "Ada" });
const got = await aws.send(new S3.GetObjectCommand({ Bucket, Key: "a b/ü", ChecksumMode: "ENABLED" }));
assert.equal(await got.Body.transformToString(), "two");
assert.equal(got.Metadata.who, "Ada");
assert.equal((await read(await minio.getObject(Bucket, "a b/ü", { versionId: first.VersionId }))).toString(), "one");

await minio.putObject(Bucket, "big", big);
const { UploadId } = await aws.send(
  new S3.CreateMultipartUploadCommand({
    Bucket,
    Key: "parts",
    ChecksumAlgorithm: "CRC32",
    ChecksumType: "FULL_OBJECT",
  }),
);
const Parts = [];
for (const [i, Body] of [big.subarray(0, 5 * 2 ** 20), big.subarray(5 * 2 ** 20)].entries()) {
  const part = { Bucket, Key: "parts", UploadId, PartNumber: i + 1 };
  const { ETag, ChecksumCRC32 } = await aws.send(
    new S3.UploadPartCommand({ ...part, Body, ChecksumAlgorithm: "CRC32" }),
  );
  Parts.push({ PartNumber: i + 1, ETag, ChecksumCRC32 });
}
await aws.send(new S3.CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } }));
for (const key of ["big", "parts"]) assert.ok((await read(await minio.getObject(Bucket, key))).equals(big));
const form = minio.newPostPolicy();
form.setBucket(Bucket);
form.setKey("form");
form.setExpires(new Date(Date.now() + 60_000));
const { postURL, formData } = await minio.presignedPostPolicy(form);
const body = new FormData();
for (const [name, value] of Object.entries(formData)) body.append(name, value);
body.append("file", new Blob(["by a form"]));
assert.equal((await fetch(postURL, { method: "POST", body })).status, 204);
const keys = await Array.fromAsync(minio.listObjectsV2(Bucket, "", true), ({ name }) => name);
await aws.send(new S3.DeleteObjectCommand({ Bucket, Key: "form" }));
const { DeleteMarkers } = await aws.send(new S3.ListObjectVersionsCommand({ Bucket }));
console.log(JSON.stringify({ keys, removed: DeleteMarkers.map(({ Key }) => Key) }));
