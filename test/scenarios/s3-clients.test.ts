/** Clients that back up, sync and mount through the S3 gateway: what each stored comes back as it was. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { start } from "../commands/program.ts";
import { send } from "../s3/client.ts";
import { debianProgram } from "../servers/debian.ts";
import { python, pythonWith } from "../servers/python.ts";
import { s3Clients } from "../servers/s3-clients.ts";
import { useFolders } from "./portal.ts";

const [boto, backup, program] = [await pythonWith("s3"), await pythonWith("s3-backup"), await python()];
const [restic, s3fs] = [await debianProgram("restic"), await debianProgram("s3fs", ["libfuse2"])];
const javaScript = await s3Clients();

const config = "campaign: test\ns3: { keys: [ { id: TESTER, secret: S3_SECRET } ] }\n";
const secret = "secret/of+tester";
const key = { id: "TESTER", secret };
const files = { one: "1", "sub/two": "2".repeat(3_000_000), "sub/deep/three": "3" };

describe("through the S3 gateway", { timeout: 240_000 }, () => {
  const folders = useFolders();
  let url: string;
  let home: string;
  const env = {
    AWS_ACCESS_KEY_ID: "TESTER",
    AWS_SECRET_ACCESS_KEY: secret,
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };

  beforeAll(async () => {
    const cwd = await folders({ "campaign.yaml": config, "tree.yaml": "" });
    home = await folders({});
    const gateway = start(["s3", "--port", "0", "--json"], { cwd, env: { S3_SECRET: secret } });
    const [line] = (await once(gateway.stdout!, "data")) as [Buffer];
    url = JSON.parse(line.toString()).url;
    return async () => {
      gateway.kill("SIGTERM");
      await gateway;
    };
  });

  const expectFiles = async (folder: string) => {
    for (const [path, content] of Object.entries(files))
      expect(await readFile(join(folder, path), "utf8")).toBe(content);
  };

  it.skipIf(!javaScript)("what the AWS SDK writes minio-js reads, versions, parts and a form included", async () => {
    const { stdout } = await execa("node", ["round-trip.js", url, "TESTER", secret], { cwd: javaScript! });
    expect(JSON.parse(stdout)).toEqual({ keys: ["a b/ü", "big", "form", "parts"], removed: ["form"] });
  });

  it.skipIf(!restic)("restic backs up, finds its repository whole, and restores", async () => {
    const [cwd, target] = [await folders(files), await folders({})];
    const repository = {
      RESTIC_REPOSITORY: `s3:${url}/backups/restic`,
      RESTIC_PASSWORD: "word",
      RESTIC_CACHE_DIR: home,
    };
    const run = (...args: string[]) =>
      execa(restic!.path, ["--quiet", ...args], { cwd, env: { ...env, ...repository } });
    await run("init");
    await run("backup", ".");
    await run("check", "--read-data");
    await run("restore", "latest", "--target", target);
    await expectFiles(target);
  });

  it.skipIf(!backup || !boto || !program)(
    "s3cmd syncs there and back, and duplicity backs up and restores",
    async () => {
      const [source, synced, restored] = [await folders(files), await folders({}), join(home, "restored")];
      const pythonPath = { ...env, HOME: home, PYTHONPATH: `${backup!.PYTHONPATH}:${boto!.PYTHONPATH}` };
      const run = (name: string, ...args: string[]) =>
        execa(program!, [join(backup!.PYTHONPATH!, "bin", name), ...args], { env: pythonPath });
      const host = new URL(url).host;
      const keys = ["-c", "/dev/null", "--access_key", "TESTER", "--secret_key", secret];
      const s3cmd = (...args: string[]) =>
        run("s3cmd", ...keys, "--no-ssl", "--host", host, "--host-bucket", host, ...args);
      await s3cmd("mb", "s3://synced");
      await s3cmd("sync", `${source}/`, "s3://synced/here/");
      await s3cmd("sync", "s3://synced/here/", `${synced}/`);
      await expectFiles(synced);
      const duplicity = (...args: string[]) => run("duplicity", "--no-encryption", "--s3-endpoint-url", url, ...args);
      await duplicity("full", source, "boto3+s3://synced/duplicity");
      await duplicity("restore", "boto3+s3://synced/duplicity", restored);
      await expectFiles(restored);
    },
  );

  it.skipIf(!s3fs || !existsSync("/dev/fuse") || process.getuid?.() !== 0)(
    "s3fs mounts a bucket: files written there are objects",
    async () => {
      const mount = join(home, "mount");
      await mkdir(mount);
      const passwords = join(home, "passwords");
      await writeFile(passwords, `TESTER:${secret}`);
      await chmod(passwords, 0o600);
      await send(url, "mounted", {}, { method: "PUT", key });
      await send(url, "mounted/there", {}, { method: "PUT", body: "before", key });
      const options = `url=${url},use_path_request_style,passwd_file=${passwords},endpoint=us-east-1`;
      const mounted = execa(s3fs!.path, ["mounted", mount, "-o", options, "-f"], { env: s3fs!.env, reject: false });
      onTestFinished(async () => {
        await execa("umount", [mount], { reject: false });
        await mounted;
      });
      await expect.poll(() => existsSync(join(mount, "there")), { timeout: 30_000 }).toBe(true);
      await writeFile(join(mount, "written"), "through a mount");
      expect(await readFile(join(mount, "there"), "utf8")).toBe("before");
      expect(await (await send(url, "mounted/written", {}, { key })).text()).toBe("through a mount");
    },
  );
});
