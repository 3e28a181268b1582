/**
 * The S3 gateway compared with versitygw and MinIO: PUT and GET of three sizes, and lists, by one client, in turns.
 *
 * The peers are built from their Go modules, here only; where one can't be built, it is left out. What each does for a PUT differs:
 * ours hashes blocks by SHA-256 and answers when they and a record are synced to the disk; MinIO syncs its files; versitygw
 * leaves that to the operating system.
 *
 *     node bench/s3-peers.ts
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { accessKey, send, texts } from "../test/s3/client.ts";
import { installOnce } from "../test/servers/made.ts";
import { freePort } from "../test/servers/ports.ts";
import { inScratch, inTurns, peakOf, program, programName, type Run, row } from "./measure.ts";

/** As the module proxy has them: MinIO's releases are no versions of Go modules. */
const peers = {
  versitygw: "github.com/versity/versitygw/cmd/versitygw@v1.8.0",
  minio: "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c",
} as const;

const sizes = [
  { name: "10 kB", bytes: 10_000, count: 400, atOnce: 16 },
  { name: "1 MiB", bytes: 2 ** 20, count: 64, atOnce: 8 },
  { name: "64 MiB", bytes: 64 * 2 ** 20, count: 3, atOnce: 1 },
] as const;
const turns = 3;
const pagesListed = 10;

interface Server {
  readonly url: string;
  readonly process: ChildProcess;
}

await inScratch(async (folder) => {
  const servers: Record<string, Server> = {};
  try {
    servers.fieldtree = await ours(folder);
    for (const name of ["versitygw", "minio"] as const) {
      const started = await peer(name, folder);
      if (started) servers[name] = started;
    }
    console.log(programName);
    for (const { url } of Object.values(servers)) await expectOk(send(url, "bench", {}, { method: "PUT" }));
    for (const size of sizes) await putAndGet(size, servers);
    const lists = () => (url: string) => list(url);
    row(`list ${sizes[0].count} keys, ${pagesListed} times`, await each(servers, lists));
  } finally {
    for (const { process } of Object.values(servers)) {
      const gone = once(process, "exit");
      process.kill();
      await gone;
    }
  }
});

async function putAndGet(size: (typeof sizes)[number], servers: Readonly<Record<string, Server>>): Promise<void> {
  const { name, bytes, count, atOnce } = size;
  let numbers = 0;
  const keys = Array.from({ length: count }, (_, i) => `${bytes}/object-${i}`);
  const puts = () => {
    // Other bytes in each turn and in every chunk: nothing is had already.
    const bodies = keys.map(() => {
      const body = Buffer.alloc(bytes, "0123456789abcdef");
      for (let at = 0; at < bytes; at += 2 ** 18) body.writeDoubleLE(numbers++, at);
      return body;
    });
    return (url: string) =>
      together(atOnce, keys, async (key, i) => {
        const sent = { method: "PUT", body: bodies[i]!, payload: "UNSIGNED-PAYLOAD" };
        await expectOk(send(url, `bench/${key}`, {}, sent));
      });
  };
  const gets = () => (url: string) =>
    together(atOnce, keys, async (key) => {
      const got = await expectOk(send(url, `bench/${key}`, {}, { payload: "UNSIGNED-PAYLOAD" }));
      if ((await got.arrayBuffer()).byteLength !== bytes) throw new Error(`${url}: ${key} has another length`);
    });
  row(`PUT ${count} × ${name}, ${atOnce} at once`, await each(servers, puts));
  row(`GET ${count} × ${name}, ${atOnce} at once`, await each(servers, gets));
}

/** Of each server in turns. `prepare` is not measured. */
function each(
  servers: Readonly<Record<string, Server>>,
  prepare: () => (url: string) => Promise<void>,
): Promise<Readonly<Record<string, Run>>> {
  const contestants = Object.entries(servers).map(([name, { url, process }]) => {
    const measured = async (): Promise<Run> => {
      const work = prepare();
      const began = performance.now();
      await work(url);
      return { seconds: (performance.now() - began) / 1000, memory: peakOf(process.pid!), stdout: "" };
    };
    return [name, measured] as const;
  });
  return inTurns(turns, Object.fromEntries(contestants));
}

async function list(url: string): Promise<void> {
  for (let page = 0; page < pagesListed; page++) {
    const answer = await expectOk(send(url, "bench", { "list-type": "2", prefix: `${sizes[0].bytes}/` }));
    const listed = texts(await answer.text(), "Key").length;
    if (listed !== sizes[0].count) throw new Error(`${url} lists ${listed} keys`);
  }
}

async function expectOk(asked: Promise<Response>): Promise<Response> {
  const answer = await asked;
  if (answer.ok) return answer;
  throw new Error(`${answer.status}: ${await answer.text()}`);
}

async function together<Item>(most: number, items: readonly Item[], work: (item: Item, i: number) => Promise<void>) {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next++;
      await work(items[i]!, i);
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
}

async function ours(folder: string): Promise<Server> {
  const cwd = join(folder, "ours");
  await mkdir(cwd);
  const key = `{ id: ${accessKey.id}, secret: BENCH_SECRET, buckets: ["*"], access: write }`;
  await writeFile(join(cwd, "campaign.yaml"), `campaign: bench\ns3: { keys: [${key}] }\n`);
  await writeFile(join(cwd, "tree.yaml"), "");
  return started([...program, "s3"], ["--port"], { cwd, env: { BENCH_SECRET: accessKey.secret } });
}

async function peer(name: keyof typeof peers, folder: string): Promise<Server | undefined> {
  let binary: string;
  try {
    const version = peers[name].split("@")[1]!;
    const numbers = await installOnce(`bench-${name}-${version}`, "up to 10 minutes", async (gobin) => {
      await execa("go", ["install", "-trimpath", "-ldflags=-s -w", peers[name]], {
        env: { GOBIN: gobin },
        cwd: folder,
      });
    });
    binary = join(numbers, name);
  } catch (error) {
    console.log(`without ${name}, which could not be built: ${(error as Error).message.split("\n")[0]}`);
    return undefined;
  }
  const data = join(folder, name);
  await mkdir(data);
  if (name === "minio") {
    const env = { MINIO_ROOT_USER: accessKey.id, MINIO_ROOT_PASSWORD: accessKey.secret };
    return started([binary, "server", data, "--quiet"], ["--address"], { env });
  }
  const keys = ["--access", accessKey.id, "--secret", accessKey.secret];
  return started([binary, ...keys], ["--port"], { after: ["posix", data] });
}

/** `at`: the flag for the port; of the peers, with an address before it. */
async function started(
  [command, ...args]: readonly string[],
  [at]: readonly [string],
  { cwd, env, after = [] }: { cwd?: string; env?: Record<string, string>; after?: readonly string[] },
): Promise<Server> {
  const port = await freePort();
  const place = cwd === undefined ? `127.0.0.1:${port}` : `${port}`;
  const child = spawn(command!, [...args, at, place, ...after], {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; child.exitCode === null; i++) {
    try {
      if ((await send(url, "")).ok) return { url, process: child };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
    }
    if (i === 300) break;
    await sleep(100);
  }
  child.kill();
  throw new Error(`${command} did not start`);
}
