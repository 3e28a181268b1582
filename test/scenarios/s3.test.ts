/** Real clients of S3 fill a bucket; it becomes a line of tree.yaml, is published, and is read again as a release's bucket. */
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { start } from "../commands/program.ts";
import { python, pythonWith } from "../servers/python.ts";
import { json, useFolders } from "./portal.ts";

const packages = await pythonWith("s3");

const config = `campaign: test
s3:
  keys:
    - { id: TESTER, secret: S3_SECRET, owner: Test }
    - { id: READER, secret: READER_SECRET, access: read, buckets: [latest, "release-*"] }
`;

const withBoto = `
import sys, io, os, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
c = boto3.client("s3", endpoint_url=sys.argv[1], config=Config(signature_version="s3v4", retries={"max_attempts": 1}))
c.create_bucket(Bucket="boto")
whole = os.urandom(11 * 2**20)
c.upload_fileobj(io.BytesIO(whole), "boto", "big", Config=TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20))
assert c.get_object(Bucket="boto", Key="big")["Body"].read() == whole
for name in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
    c.put_object(Bucket="boto", Key=name, Body=b"123456789", ChecksumAlgorithm=name)
import urllib.request
url = c.generate_presigned_url("get_object", Params={"Bucket": "boto", "Key": "SHA256"})
assert urllib.request.urlopen(url).read() == b"123456789"
put = c.generate_presigned_url("put_object", Params={"Bucket": "boto", "Key": "put"})
urllib.request.urlopen(urllib.request.Request(put, data=b"presigned", method="PUT"))
pages = c.get_paginator("list_objects_v2").paginate(Bucket="boto", PaginationConfig={"PageSize": 2})
print([o["Key"] for page in pages for o in page["Contents"]])
`;

const withS3fs = `
import sys, numpy, s3fs, xarray
fs = s3fs.S3FileSystem(client_kwargs={"endpoint_url": sys.argv[1]})
fs.mkdir("stores")
ds = xarray.Dataset({"t": ("time", numpy.arange(1000.0), {"units": "K"})}, {"time": numpy.arange(1000)}, {"title": "Through S3"})
ds.to_zarr(s3fs.S3Map("stores/a.zarr", s3=fs), zarr_format=2, consolidated=True)
print(float(xarray.open_zarr(s3fs.S3Map("stores/a.zarr", s3=fs)).t.sum()))
`;

describe.skipIf(!packages || !(await python()))("an S3 gateway", { timeout: 240_000 }, () => {
  const folders = useFolders();
  const secrets = { S3_SECRET: "secret/of+tester", READER_SECRET: "of a reader" };
  let cwd: string;
  let url: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    cwd = await folders({ "campaign.yaml": config, "tree.yaml": "" });
    const gateway = start(["s3", "--port", "0", "--json"], { cwd, env: secrets });
    const [line] = (await once(gateway.stdout!, "data")) as [Buffer];
    url = JSON.parse(line.toString()).url;
    env = {
      ...packages!,
      AWS_ACCESS_KEY_ID: "TESTER",
      AWS_SECRET_ACCESS_KEY: secrets.S3_SECRET,
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    return async () => {
      gateway.kill("SIGTERM");
      await gateway;
    };
  });

  const runPython = async (code: string, args: readonly string[] = [], more = {}) =>
    (await execa((await python())!, ["-c", code, ...args], { env: { ...env, ...more } })).stdout;
  const tool = async (name: string, args: readonly string[], more = {}) => {
    const path = join(packages!.PYTHONPATH!, "bin", name);
    await chmod(path, 0o755);
    // awscli is a Python script; the others are programs.
    const command = name === "aws" ? [(await python())!, path] : [path];
    return (await execa(command[0]!, [...command.slice(1), ...args], { cwd, env: { ...env, ...more }, all: true })).all;
  };

  const remote = () => ({
    RCLONE_CONFIG_F_TYPE: "s3",
    RCLONE_CONFIG_F_PROVIDER: "Other",
    RCLONE_CONFIG_F_ENV_AUTH: "true",
    RCLONE_CONFIG_F_ENDPOINT: url,
    RCLONE_CONFIG_F_REGION: "us-east-1",
  });

  it("is filled and read by boto3: parts, checksums, presigned addresses, pages", async () => {
    expect(await runPython(withBoto, [url])).toMatch(/^\['CRC32'.*'SHA256', 'big', 'put'\]$/);
  });

  it("has what rclone syncs, and rclone finds no difference", async () => {
    const files = await folders({ one: "1", "sub/two": "2".repeat(3_000_000), "sub/deep/three": "3" });
    await tool("rclone", ["sync", files, "F:synced/here"], remote());
    expect(await tool("rclone", ["check", files, "F:synced/here"], remote())).toContain("0 differences found");
    await tool("s5cmd", ["--endpoint-url", url, "cp", `${files}/`, "s3://synced/s5/"]);
    expect(await tool("aws", ["--endpoint-url", url, "s3", "ls", "--recursive", "s3://synced/s5/"])).toContain(
      "3000000 s5/sub/two",
    );
    await tool("aws", ["--endpoint-url", url, "s3", "sync", files, "s3://synced/aws"]);
    expect(await tool("rclone", ["check", files, "F:synced/aws"], remote())).toContain("0 differences found");
  });

  it("does what its page shows, line by line", async () => {
    const page = await readFile(join(import.meta.dirname, "../../docs/s3.md"), "utf8");
    const lines = /^## Clients\n+```sh\n([^`]+)```/m.exec(page)![1]!.trim().split("\n");
    await mkdir(join(cwd, "radar.zarr"), { recursive: true });
    await writeFile(join(cwd, "radar.zarr", ".zgroup"), '{"zarr_format": 2}');
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      const [program, ...args] = line.replace(/ *#.*/, "").replace("http://127.0.0.1:9000", url).split(" ");
      await tool(program!, args, remote());
    }
    expect(await tool("rclone", ["ls", "F:halo-radar"], remote())).toContain(".zgroup");
  });

  it("takes a Zarr store by s3fs, which is inspected, published, and read from the release's bucket", async () => {
    expect(await runPython(withS3fs, [url])).toBe("499500.0");
    // The gateway leaves the node to others some seconds after the last write.
    await expect.poll(async () => (await start(["gc"], { cwd, env: secrets })).exitCode, { timeout: 30_000 }).toBe(0);
    const [snapshot] = await json(cwd, ["s3", "snapshot", "stores", "--at", "products"]);
    expect(snapshot).toEqual({
      bucket: "stores",
      cid: expect.stringMatching(/^bafy/),
      objects: 9,
      bytes: expect.any(Number),
      path: "products",
    });
    expect(await readFile(join(cwd, "tree.yaml"), "utf8")).toBe(`products: ${snapshot.cid}\n`);
    await json(cwd, ["publish"]);
    const read = `
import sys, boto3
c = boto3.client("s3", endpoint_url=sys.argv[1], aws_access_key_id="READER", aws_secret_access_key="of a reader")
print([b["Name"] for b in c.list_buckets()["Buckets"]])
print([o["Key"] for o in c.list_objects_v2(Bucket="release-1")["Contents"]][:2])
print(c.get_object(Bucket="latest", Key="products/a.zarr/.zattrs")["Body"].read().decode().split())
for bucket, write in [("stores", False), ("latest", True), ("release-2", False), ("release-none", False)]:
    try:
        c.put_object(Bucket=bucket, Key="x", Body=b"") if write else c.list_objects_v2(Bucket=bucket)
    except Exception as error:
        print(error.response["Error"]["Code"])
`;
    const [buckets, keys, attributes, ...codes] = (await runPython(read, [url])).split("\n");
    expect(buckets).toBe("['latest', 'release-1']");
    expect(keys).toBe("['products/a.zarr/.zattrs', 'products/a.zarr/.zgroup']");
    expect(attributes).toContain("Through");
    expect(codes).toEqual(["AccessDenied", "AccessDenied", "NoSuchBucket", "NoSuchBucket"]);
  });

  it("loses nothing to a garbage collection, though nothing of it was published", async () => {
    await expect.poll(async () => (await start(["gc"], { cwd, env: secrets })).exitCode, { timeout: 30_000 }).toBe(0);
    await writeFile(join(cwd, "expected"), "1");
    expect(await tool("aws", ["--endpoint-url", url, "s3", "cp", "s3://synced/aws/one", "copy", "--quiet"])).toBe("");
    expect(await readFile(join(cwd, "copy"), "utf8")).toBe("1");
  });
});
