/**
 * `serve` compared with Kubo's gateway, over the same blocks.
 *
 * What data users do: xarray reads a Zarr store of 2 000 chunks of 24 kB that lie in one folder, over HTTP and through ipfsspec;
 * curl streams a file of 1 GiB; 200 readers ask for small files at once. Python's own start is part of what is measured, and
 * reading the same store from the disk shows how much of it.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { kuboBinary, startKubo } from "../test/servers/kubo.ts";
import { python } from "../test/servers/python.ts";
import { inScratch, inTurns, peakOf, program, programName, type Run, row, run } from "./measure.ts";

const size = Number(process.argv[2] ?? 2 ** 30);
const readers = 200;
const requestsEach = 20;

const makeStore = `
import sys, numpy as np, xarray as xr
values = np.random.default_rng(1).integers(0, 1 << 30, size=(2000, 6000), dtype="i4")
encoding = {"v": {"chunks": (1, 6000), "compressors": None}}
xr.Dataset({"v": (("t", "x"), values)}).to_zarr(sys.argv[1], zarr_format=2, encoding=encoding, consolidated=True)
`;

const readStore = `
import sys, xarray as xr
print(int(xr.open_zarr(sys.argv[1], chunks=None).v.values.sum()))
`;

await inScratch(async (cwd) => {
  const pythonProgram = await python();
  const kubo = (await kuboBinary()) ? await startKubo() : undefined;
  if (!pythonProgram) throw new Error("this benchmark needs Python with xarray");
  const store = join(cwd, "store.zarr");
  await run([pythonProgram, "-c", makeStore, store]);
  const big = join(cwd, "big.nc");
  await randomFile(big, size);

  const fieldtree = (...args: string[]) => run([...program, ...args], { cwd });
  await fieldtree("--quiet", "init", "--name", "bench");
  const added = async (path: string) =>
    JSON.parse((await fieldtree("add", "--json", path)).stdout.trim()).cid as string;
  const [storeCid, bigCid] = [await added(store), await added(big)];
  if (kubo) {
    for (const cid of [storeCid, bigCid]) {
      const car = join(cwd, "data.car");
      await run([...program, "--quiet", "car", "export", cid, "--force", "--output", car], { cwd });
      await kubo.ipfs("dag", "import", "--pin-roots=false", car);
    }
  }

  const served = spawn(program[0]!, [...program.slice(1), "serve", "--port", "0", "--json"], {
    cwd,
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [line] = (await once(createInterface(served.stdout!), "line")) as [string];
    const gateways: Record<string, { url: string; pid: number }> = {
      [programName]: { url: (JSON.parse(line) as { url: string }).url, pid: served.pid! },
      ...(kubo && { "Kubo's gateway": { url: kubo.gateway, pid: kubo.pid } }),
    };
    const each = (work: (url: string, pid: number) => Promise<Run>) =>
      Object.fromEntries(Object.entries(gateways).map(([name, { url, pid }]) => [name, () => work(url, pid)] as const));

    const read = (address: string, env = {}) => run([pythonProgram, "-c", readStore, address], { env });
    const disk = { "from the disk": () => read(store) };
    row(
      "xarray over HTTP, 2 000 chunks of 24 kB in one folder",
      await inTurns(3, { ...each((url) => read(`${url}/ipfs/${storeCid}`)), ...disk }),
    );
    row(
      "the same through ipfsspec",
      await inTurns(
        2,
        each((url) => read(`ipfs://${storeCid}`, { IPFS_GATEWAY: url })),
      ),
    );

    const digest = await sha256(createReadStream(big));
    row(
      `curl of ${size / 2 ** 20} MiB`,
      await inTurns(
        3,
        each((url) => run(["curl", "-sSf", "-o", "/dev/null", `${url}/ipfs/${bigCid}?filename=big.nc`])),
      ),
    );
    for (const { url } of Object.values(gateways)) {
      const response = await fetch(`${url}/ipfs/${bigCid}?filename=big.nc`);
      if ((await sha256(response.body!)) !== digest) throw new Error(`${url} gave other bytes`);
    }

    row(
      `${readers} readers of small files, ${requestsEach} requests each`,
      await inTurns(
        3,
        each((url, pid) => crowd(url, (i) => `/ipfs/${storeCid}/v/${i % 2000}.0`, pid)),
      ),
    );
  } finally {
    served.kill();
    await kubo?.stop();
  }
});

/** Prints the 95th percentile too: a mean hides readers that starve. */
async function crowd(url: string, pathOf: (i: number) => string, pid: number): Promise<Run> {
  const agent = new Agent({ keepAlive: true, maxSockets: readers });
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: readers }, async (_, reader) => {
      for (let i = 0; i < requestsEach; i++) {
        const sent = performance.now();
        const asked = request(`${url}${pathOf(reader * requestsEach + i)}`, { agent }).end();
        const [response] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
        for await (const _ of response);
        if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
        times.push(performance.now() - sent);
      }
    }),
  );
  agent.destroy();
  times.sort((a, b) => a - b);
  console.log(`    ${url}: p95 ${times[Math.floor(times.length * 0.95)]!.toFixed(0)} ms`);
  return { seconds: (performance.now() - began) / 1000, memory: peakOf(pid), stdout: "" };
}

async function randomFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, "w");
  const piece = new Uint8Array(2 ** 20);
  for (let at = 0; at < bytes; at += piece.length) {
    crypto.getRandomValues(piece.subarray(0, 65_536));
    new DataView(piece.buffer).setFloat64(65_536, at);
    await file.write(piece.subarray(0, Math.min(piece.length, bytes - at)));
  }
  await file.close();
}

async function sha256(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest("hex");
}
