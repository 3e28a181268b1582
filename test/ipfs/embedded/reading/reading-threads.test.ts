import { closeSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sha256 } from "../../../../pipeline/dag/hash.ts";
import { readingThreads } from "../../../../pipeline/ipfs/embedded/reading/reading-threads.ts";

const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31) % 251));
const path = join(tmpdir(), `fieldtree-reading-${process.pid}`);
let fd = 0;

beforeAll(() => {
  writeFileSync(path, bytes);
  fd = openSync(path, "r");
});
afterAll(() => closeSync(fd));

const shared = (length: number): Buffer => Buffer.from(new SharedArrayBuffer(length));
const digestsOf = (...parts: Buffer[]) => Buffer.concat(parts.map(sha256));

it("fills memory from files and hashes its parts, in threads, in any number at a time", async () => {
  const threads = readingThreads({ count: 2, from: 0 });
  const memories = Array.from({ length: 40 }, () => shared(100));
  const digests = await Promise.all(
    memories.map((memory, i) => threads.read({ fd, position: i * 100, memory, parts: [0, 60, 70, 30] })),
  );
  for (const [i, memory] of memories.entries()) {
    const there = bytes.subarray(i * 100, i * 100 + 100);
    expect(memory.equals(there)).toBe(true);
    expect(Buffer.from(digests[i]!)).toEqual(digestsOf(there.subarray(0, 60), there.subarray(70)));
  }
  threads.close();
});

it.each([
  { title: "in threads", count: 2 },
  { title: "without", count: 1 },
])("knows where a file ends, and says what the disk says, $title", async ({ count }) => {
  const threads = readingThreads({ count, from: 0 });
  expect(await threads.read({ fd, position: 4950, memory: shared(100), parts: [0, 100] })).toBeUndefined();
  await expect(threads.read({ fd: 9999, position: 0, memory: shared(10), parts: [0, 10] })).rejects.toMatchObject({
    code: "EBADF",
  });
  threads.close();
});

it("goes on in the caller's thread when the threads are closed, also with what they had not read", async () => {
  const threads = readingThreads({ count: 2, from: 0 });
  const memories = Array.from({ length: 20 }, () => shared(200));
  const reading = memories.map((memory, i) => threads.read({ fd, position: i * 200, memory, parts: [0, 200] }));
  await Promise.resolve();
  threads.close();
  const digests = await Promise.all(reading);
  for (const [i, digest] of digests.entries()) {
    expect(Buffer.from(digest!)).toEqual(digestsOf(bytes.subarray(i * 200, i * 200 + 200)));
  }
  expect(await threads.read({ fd, position: 0, memory: shared(10), parts: [0, 10] })).toBeDefined();
});
