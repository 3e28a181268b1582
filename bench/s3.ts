/**
 * Buckets of the S3 gateway with very many keys: memory, opening, and pages of lists.
 *
 * The ledger is generated, as so many uploads would have written it. Each count runs in a process of its own, whose memory is measured
 * after a collection: what a bucket takes, without what reading it took.
 *
 *     node bench/s3.ts 100000 1000000
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { join } from "node:path";
import * as dagCbor from "@ipld/dag-cbor";
import { CID } from "multiformats/cid";
import { framed } from "../pipeline/s3/ledger/ledger.ts";
import { recordOf } from "../pipeline/s3/ledger/records.ts";
import { contentElements, pageOf } from "../pipeline/s3/operations/list.ts";
import { openBucket } from "../pipeline/s3/store/bucket.ts";
import { xmlDocument } from "../pipeline/s3/xml.ts";
import { inScratch } from "./measure.ts";

const pages = 200;
const goals = {
  page: 20,
  memory: new Map([
    [100_000, 100],
    [1_000_000, 600],
  ]),
};

if (process.argv[2] === "measure") await measure(process.argv[3]!);
else {
  const counts = process.argv.slice(2).map(Number);
  for (const count of counts.length > 0 ? counts : [100_000, 1_000_000]) {
    await inScratch(async (folder) => {
      await writeLedger(join(folder, "data.ledger"), count);
      console.log(`${count} keys`);
      for (const from of ["its ledger", "its checkpoint"]) {
        const child = spawn(process.execPath, ["--expose-gc", import.meta.filename, "measure", folder], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        const [code, text] = await Promise.all([once(child, "close"), Array.fromAsync(child.stdout)]);
        if (code[0] !== 0) throw new Error(`measuring failed with ${code[0]}`);
        const { seconds, heap, p95 } = JSON.parse(Buffer.concat(text).toString()) as Measured;
        const memory = goals.memory.get(count);
        console.log(
          `  opened from ${from} in ${seconds.toFixed(1)} s; ${heap.toFixed(0)} MB` +
            `${memory === undefined ? "" : ` (at most ${memory})`}; a page of 1000 keys, p95: ${p95.toFixed(1)} ms (at most ${goals.page})`,
        );
      }
    });
  }
}

async function writeLedger(path: string, count: number): Promise<void> {
  const file = await open(path, "w");
  const digest = Buffer.from("01551220", "hex");
  for (let at = 0; at < count; ) {
    const records: Buffer[] = [];
    for (const end = Math.min(count, at + 10_000); at < end; at++) {
      const hash = Buffer.alloc(32);
      hash.writeUInt32LE((at * 2_654_435_761) >>> 0);
      const cid = CID.decode(Buffer.concat([digest, hash]));
      // In no order, as clients that upload in parallel write them.
      const key = `flights/HALO-${String((at * 7919) % count).padStart(7, "0")}/radar.nc`;
      const headers = { "content-type": "application/x-netcdf" };
      const etag = hash.toString("hex").slice(0, 32);
      const object = { cid, size: 10_000, tsize: 10_000, etag, headers, tags: {}, modified: 1_700_000_000_000 + at };
      records.push(framed(dagCbor.encode(recordOf({ put: key, object }))));
    }
    await file.write(Buffer.concat(records));
  }
  await file.close();
}

interface Measured {
  readonly seconds: number;
  /** MB of heap and buffers. */
  readonly heap: number;
  /** ms. */
  readonly p95: number;
}

async function measure(folder: string): Promise<void> {
  const before = used();
  const began = performance.now();
  const bucket = await openBucket(folder, "data", 0);
  const seconds = (performance.now() - began) / 1000;
  const heap = used() - before;
  const keys = [...bucket.keysFrom("")];
  const times: number[] = [];
  for (let i = 0; i < pages; i++) {
    const after = keys[Math.floor((keys.length * i) / pages)]!;
    const start = performance.now();
    const page = pageOf(bucket, { prefix: "flights/", delimiter: "", after, most: 1000 });
    xmlDocument("ListBucketResult", {
      Contents: page.keys.map((Key) => ({ Key, ...contentElements(bucket.get(Key)!) })),
    });
    times.push(performance.now() - start);
  }
  await bucket.close();
  const p95 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]!;
  const measured: Measured = { seconds, heap, p95 };
  process.stdout.write(JSON.stringify(measured));
}

function used(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}
