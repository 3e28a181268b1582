/**
 * `npm run demo:s3`: tools that know S3 fill a campaign, which is published and read again.
 *
 * rclone and s3fs fill buckets, a bucket is mounted, restic backs something up, a bucket becomes a line of tree.yaml, the campaign is published, and the same bytes
 * are read from the release's bucket by boto3 and below their CID from a gateway. Everything is in a folder of its own, removed at the end.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { type DebianProgram, debianProgram } from "../servers/debian.ts";
import { python, pythonWith } from "../servers/python.ts";

const fieldtree = fileURLToPath(new URL("../../pipeline/bin.ts", import.meta.url));
const [packages, interpreter] = [await pythonWith("s3"), await python()];
const [restic, s3fs] = [await debianProgram("restic"), await debianProgram("s3fs", ["libfuse2"])];
if (!packages?.PYTHONPATH || !interpreter)
  throw new Error("the demo needs Python with the clients of test/servers/python/s3.txt");

const cwd = await mkdtemp(join(tmpdir(), "fieldtree-s3-"));
const secrets = { S3_SECRET: "of/the+demo" };
const env = {
  ...packages,
  AWS_ACCESS_KEY_ID: "DEMO",
  AWS_SECRET_ACCESS_KEY: secrets.S3_SECRET,
  AWS_DEFAULT_REGION: "us-east-1",
  AWS_EC2_METADATA_DISABLED: "true",
};

const run = async (program: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
  process.stdout.write(
    `\n$ ${[program.split("/").at(-1), ...args.map((each) => each.split("\n")[0])].join(" ").slice(0, 150)}\n`,
  );
  const { stdout } = await execa(program, args, { cwd, env: { ...env, ...secrets, ...more } });
  if (stdout !== "") process.stdout.write(`${stdout}\n`);
  return stdout;
};
const verb = (...args: string[]) => run(process.execPath, [fieldtree, ...args]);
/** Writes a file through a mount of the bucket `campaign`, and unmounts it. */
const mounted = async (url: string, { path, env: libraries }: DebianProgram) => {
  const [mount, passwords] = [join(cwd, "mount"), join(cwd, "passwords")];
  await mkdir(mount);
  await writeFile(passwords, `DEMO:${secrets.S3_SECRET}`, { mode: 0o600 });
  const options = `url=${url},use_path_request_style,passwd_file=${passwords},endpoint=us-east-1`;
  await run(path, ["campaign", mount, "-o", options], libraries);
  try {
    await run("ls", ["-R", mount]);
    await writeFile(join(mount, "notes", "two.txt"), "written through a mount");
  } finally {
    await run("umount", [mount]);
  }
};
/** A verb that serves until it is stopped, and its address. */
const serving = async (...args: string[]) => {
  const child = execa(process.execPath, [fieldtree, ...args, "--port", "0", "--json"], {
    cwd,
    env: secrets,
    reject: false,
  });
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString().split("\n")[0]!) as { url: string };
  process.stdout.write(`\n$ fieldtree ${args.join(" ")}: ${url}\n`);
  const stop = async () => {
    child.kill("SIGTERM");
    await child;
  };
  return { url, stop };
};

const withS3fs = `
import sys, numpy, s3fs, xarray
fs = s3fs.S3FileSystem(client_kwargs={"endpoint_url": sys.argv[1]})
ds = xarray.Dataset({"t": ("time", numpy.arange(1000.0), {"units": "K"})}, {"time": numpy.arange(1000)}, {"title": "Through S3"})
ds.to_zarr(s3fs.S3Map("campaign/radar.zarr", s3=fs), zarr_format=2, consolidated=True)
print(xarray.open_zarr(s3fs.S3Map("campaign/radar.zarr", s3=fs)).t.sum().values)
`;
const withBoto = `
import sys, boto3
answer = boto3.client("s3", endpoint_url=sys.argv[1]).get_object(Bucket="release-1", Key="products/notes/one.txt")
print(answer["ResponseMetadata"]["HTTPHeaders"]["x-ipfs-path"], answer["Body"].read().decode())
`;

try {
  await writeFile(join(cwd, "campaign.yaml"), "campaign: demo\ns3: { keys: [ { id: DEMO, secret: S3_SECRET } ] }\n");
  await writeFile(join(cwd, "tree.yaml"), "");
  await mkdir(join(cwd, "notes"));
  await writeFile(join(cwd, "notes", "one.txt"), "written by rclone");
  const s3 = await serving("s3");
  const rclone = join(packages.PYTHONPATH, "bin", "rclone");
  await chmod(rclone, 0o755);
  const remote = {
    ...{ RCLONE_CONFIG_F_TYPE: "s3", RCLONE_CONFIG_F_PROVIDER: "Other", RCLONE_CONFIG_F_ENV_AUTH: "true" },
    ...{ RCLONE_CONFIG_F_ENDPOINT: s3.url, RCLONE_CONFIG_F_REGION: "us-east-1" },
  };
  await run(rclone, ["sync", "notes", "F:campaign/notes"], remote);
  await run(interpreter, ["-c", withS3fs, s3.url]);
  if (s3fs && existsSync("/dev/fuse") && process.getuid?.() === 0) await mounted(s3.url, s3fs);
  else process.stdout.write("\nno mount: that takes s3fs-fuse, /dev/fuse and root\n");
  if (restic) {
    const repository = {
      RESTIC_REPOSITORY: `s3:${s3.url}/backups`,
      RESTIC_PASSWORD: "demo",
      RESTIC_CACHE_DIR: join(cwd, "cache"),
    };
    await run(restic.path, ["--quiet", "init"], repository);
    await run(restic.path, ["--quiet", "backup", "notes"], repository);
    await run(restic.path, ["check", "--read-data"], repository);
  } else process.stdout.write("\nno backup: restic could not be had\n");
  // The gateway leaves the node to others some seconds after the last write.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  await verb("s3", "snapshot", "campaign", "--at", "products");
  await verb("publish");
  const [path, ...words] = (await run(interpreter, ["-c", withBoto, s3.url])).split(" ");
  await s3.stop();
  const gateway = await serving("serve");
  const text = await (await fetch(`${gateway.url.replace(/\/$/, "")}${path}`)).text();
  process.stdout.write(`${path} through the gateway: ${text}\n`);
  await gateway.stop();
  if (text !== words.join(" ")) throw new Error("the gateway has other bytes than the release's bucket");
} finally {
  await rm(cwd, { recursive: true, force: true });
}
