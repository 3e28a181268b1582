/**
 * Reading as a browser runs it: bundled, in a context that has nothing of Node.
 */
import { beforeAll, expect, it } from "vitest";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { profiles } from "../../../pipeline/dag/profile.ts";
import type * as Read from "../../../pipeline/dag/read/read.ts";
import { inBrowser } from "../../fakes/browser.ts";
import { memory } from "../memory.ts";

/** Each message is a task of its own, as in browsers. Node's MessageChannel delivers a thousand in one turn. */
class TaskChannel {
  readonly port1: { onmessage?: () => void } = {};
  readonly port2 = { postMessage: () => void setImmediate(() => this.port1.onmessage?.()) };
}

let milliseconds = 0;

/** What every browser has and JavaScript itself has not. Each call of `now` adds a millisecond. */
const web = {
  TextDecoder,
  TextEncoder,
  MessageChannel: TaskChannel,
  performance: { now: () => milliseconds++ },
};

let read: typeof Read;
beforeAll(async () => {
  read = await inBrowser<typeof Read>("pipeline/dag/read/read.ts", web);
}, 30_000);

it("reads a file by its path in a sharded directory, without anything of Node", async () => {
  const { put, get, asked } = memory();
  const contents = new TextEncoder().encode("ten bytes, ten bytes, ten bytes");
  const file = fileOf(contents, { ...profiles["cid-v1"], chunkSize: 10 }, put);
  // 3000 names of 100 bytes: beyond the 256 KiB at which a directory is sharded.
  const entries = Array.from({ length: 3000 }, (_, i) => ({ ...file, name: `${i}`.padStart(100, "ä-") }));
  const { cid } = makeDirectory(entries, profiles["cid-v1"], put);

  const found = await read.resolve(cid, entries[1234]!.name, get);
  expect(found?.toString()).toBe(file.cid.toString());
  expect(asked.length).toBeLessThan(5);
  const chunks: Uint8Array[] = [];
  for await (const chunk of read.content(file.cid, get, { offset: 4, length: 12 })) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe("bytes, ten b");
  expect((await read.sortedEntries(cid, get)).size).toBe(3000);
});

it("lets other work run between blocks, where there is no setImmediate", async () => {
  const { put, get } = memory();
  const entries = Array.from({ length: 200 }, (_, i) => {
    const { cid, tsize } = fileOf(new Uint8Array([i]), profiles["cid-v1"], put);
    return { name: `${i}`, cid, tsize };
  });
  const { cid } = makeDirectory(entries, profiles["cid-v1"], put);

  let [turns, blocks, isOver] = [0, 0, false];
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  for await (const _ of read.walk(cid, get, { scope: "all" })) blocks++;
  isOver = true;
  expect(blocks).toBe(201);
  // Each call of `now` adds a millisecond, and a slice is two.
  expect(turns).toBeGreaterThan(20);
});
