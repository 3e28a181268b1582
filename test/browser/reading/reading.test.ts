/** What a page reads through its host is what the CID says, or it is said that nothing was checked. */
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decompressors } from "../../../browser/reading/decompressors.ts";
import { sha256Of } from "../../../browser/reading/hash.ts";
import { openData } from "../../../browser/reading/open.ts";
import type { Status } from "../../../browser/reading/status.ts";
import { sha256 } from "../../../pipeline/dag/hash.ts";
import { testWorld } from "../../fakes/world.ts";
import { hostOf } from "./host.ts";

const chunk = (seed: number, length = 1000) => Uint8Array.from({ length }, (_, i) => (i * seed) % 251);
const files = {
  ".zgroup": '{"zarr_format": 2}',
  ".zmetadata": '{"metadata": {".zgroup": {"zarr_format": 2}}}',
  "a/0": chunk(3),
  "a/1": chunk(5, 600_000),
};

async function open(host: ReturnType<typeof hostOf>, world: ReturnType<typeof host.gateway>, reader?: string) {
  const statuses: Status[] = [];
  const opened = await openData(host.dataset(reader), host.page, world, (status) => statuses.push(status));
  return { ...opened, last: () => statuses.at(-1)! };
}

describe("from a gateway", () => {
  it("reads files and ranges of them out of blocks that were hashed here, each fetched once", async () => {
    const host = hostOf(files);
    const world = host.gateway();
    const { content, last } = await open(host, world);
    if (content.kind !== "folder") throw new Error("it is a folder");
    expect([...content.folder.entries.keys()].sort()).toEqual([".zgroup", ".zmetadata", "a"]);
    expect(await content.folder.read("a/1", world, { offset: 262_100, length: 100 })).toEqual(
      files["a/1"].subarray(262_100, 262_200),
    );
    expect(await content.folder.read("a/1", world, { offset: 262_000, length: 300 })).toEqual(
      files["a/1"].subarray(262_000, 262_300),
    );
    expect(await content.folder.read("a/0", world)).toEqual(files["a/0"]);
    expect(await content.folder.read("a/2", world)).toBeUndefined();
    // The root, the folder, the root of the file, two of its three leaves, and the file of one block.
    expect(last()).toMatchObject({ trust: { kind: "verified" }, blocks: 6, requests: 6, host: "portal.example" });
    expect(new Set(host.requests).size).toBe(6);
  });

  it("reads a file by ranges", async () => {
    const host = hostOf({ "": chunk(7, 700_000) });
    const { content } = await open(host, host.gateway(), "netcdf");
    if (content.kind !== "file") throw new Error("it is a file");
    expect(content.file.size).toBe(700_000);
    expect(await content.file.read(600_000, 10)).toEqual(chunk(7, 700_000).subarray(600_000, 600_010));
  });

  it.each([
    ["a page with crypto.subtle", crypto.subtle],
    ["a page without", undefined],
  ])("refuses a block with one bit changed, and names it and its file, in %s", async (_, subtle) => {
    const host = hostOf(files);
    const world = host.gateway((_, bytes) => {
      const changed = Uint8Array.from(bytes);
      if (bytes.length === 262_144) changed[100_000]! ^= 1;
      return changed;
    });
    const statuses: Status[] = [];
    const { content } = await openData(
      host.dataset(),
      host.page,
      world,
      (each) => statuses.push(each),
      sha256Of(subtle),
    );
    if (content.kind !== "folder") throw new Error("it is a folder");
    await expect(content.folder.read("a/1", world)).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringMatching(
        /^block bafk\w+ \(of a\/1\), as portal\.example served it, does not match its hash: it was changed or damaged$/,
      ),
    });
    // What is good may be read on, but the page does not call it verified again.
    expect(await content.folder.read("a/0", world)).toEqual(files["a/0"]);
    expect(statuses.at(-1)!.trust).toMatchObject({ kind: "refused", cid: expect.stringMatching(/^bafk/) });
  });

  it("reads nothing at all where the first block is another", async () => {
    const host = hostOf(files);
    const opened = openData(
      host.dataset(),
      host.page,
      host.gateway(() => chunk(1)),
      () => {},
    );
    await expect(opened).rejects.toMatchObject({ kind: "corrupt" });
    expect(host.requests.length).toBe(1);
  });

  it("asks again where the gateway is busy, and gives up after three times", async () => {
    const host = hostOf(files);
    const inner = host.gateway();
    let busy = 2;
    const world = testWorld({
      fetch: async (request) => (busy-- > 0 ? new Response("later", { status: 429 }) : inner.fetch(request)),
    });
    expect((await open(host, world, "netcdf")).last().trust).toEqual({ kind: "verified" });
    busy = 3;
    await expect(open(host, world, "netcdf")).rejects.toMatchObject({
      kind: "unavailable",
      message: "portal.example has nothing at /tree/d",
    });
  });
});

describe("from a host of files", () => {
  it.each([true, false])("reads the store's files, and says that nothing was verified (ranges: %s)", async (ranges) => {
    const host = hostOf(files);
    const world = host.files({ ranges });
    const { content, last } = await open(host, world);
    if (content.kind !== "folder") throw new Error("it is a folder");
    expect([...content.folder.entries.keys()].sort()).toEqual([".zgroup", ".zmetadata"]);
    expect(await content.folder.read("a/1", world, { offset: 500_000, length: 10 })).toEqual(
      files["a/1"].subarray(500_000, 500_010),
    );
    expect(await content.folder.read("a/1", world, { suffixLength: 10 })).toEqual(files["a/1"].subarray(-10));
    expect(await content.folder.read("a/2", world)).toBeUndefined();
    expect(last().trust).toEqual({ kind: "unverified", why: "answers 404 when it is asked for a block" });
  });

  it.each([true, false])("reads a file by ranges where there are any (ranges: %s)", async (ranges) => {
    const host = hostOf({ "": chunk(7, 700_000) });
    const { content, last } = await open(host, host.files({ ranges }), "netcdf");
    if (content.kind !== "file") throw new Error("it is a file");
    expect(content.file.size).toBe(700_000);
    expect(await content.file.read(600_000, 10)).toEqual(chunk(7, 700_000).subarray(600_000, 600_010));
    expect(last().bytes).toBe(ranges ? 11 : 700_000);
  });

  it("is not misled by a page of its own that is sent for any address", async () => {
    const host = hostOf({ "": chunk(7) });
    const world = testWorld({ fetch: async () => new Response("<!doctype html>") });
    const { last } = await open(host, world, "netcdf");
    expect(last().trust).toEqual({ kind: "unverified", why: "serves files, not blocks" });
  });

  it("asks for the file that has the name, whatever characters are in it", async () => {
    const host = hostOf(files);
    const world = host.files();
    const { content } = await open(host, world);
    if (content.kind !== "folder") throw new Error("it is a folder");
    await content.folder.read("a?b/#1/%2e/ü", world);
    expect(host.requests.at(-1)).toBe("/tree/d/a%3Fb/%231/%252e/%C3%BC");
    await expect(content.folder.read("a/../../index.html", world)).rejects.toMatchObject({ kind: "input" });
  });
});

describe("decompression in a page", () => {
  const content = chunk(11, 300_000);
  it.each([
    ["gzip", gzipSync(content)],
    ["zlib", deflateSync(content)],
    ["zstd", zstdCompressSync(content)],
  ] as const)("undoes %s, of at most as many bytes as expected", async (name, packed) => {
    const decompress = decompressors[name]!;
    expect(await decompress(packed, content.length)).toEqual(content);
    await expect(decompress(packed, content.length - 1)).rejects.toThrow("it unpacks to more than 299999 bytes");
    await expect(decompress(packed.subarray(0, 100), content.length)).rejects.toThrow();
  });
});

it("hashes as Node does, with and without crypto.subtle", async () => {
  for (const subtle of [crypto.subtle, undefined]) expect(await sha256Of(subtle)(chunk(3))).toEqual(sha256(chunk(3)));
});
