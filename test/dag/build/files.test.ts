/** Files of this machine: what is taken, what is refused, and how it is said. */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Progress } from "../../../pipeline/core/world.ts";
import type { Block } from "../../../pipeline/dag/block.ts";
import type { Added, AddOptions } from "../../../pipeline/dag/build/add-options.ts";
import { blocksOf, chunksOf } from "../../../pipeline/dag/build/files.ts";
import { entries, resolve, stat } from "../../../pipeline/dag/read/read.ts";
import { testWorld } from "../../fakes/world.ts";
import { drained } from "../drained.ts";
import { memory } from "../memory.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fieldtree-files-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function add(path: string, options: Partial<AddOptions> = {}): Promise<Added & { made: Block[] }> {
  const blocks = blocksOf(path, { profile: "cid-v1", symlinks: "keep", ...options }, testWorld());
  const made: Block[] = [];
  for (;;) {
    const { done, value } = await blocks.next();
    if (done) return { ...value, made };
    made.push(value);
  }
}

describe("adding", () => {
  it("keeps dot-files, empty folders and links, in byte order of their names", async () => {
    for (const name of ["z", ".zattrs", "\u{1f30d}", "\ufb00"]) writeFileSync(join(folder, name), name);
    mkdirSync(join(folder, "empty"));
    symlinkSync("nowhere/at all", join(folder, "link"));
    const { cid, made, tsize } = await add(folder);
    const { put, get } = memory();
    made.forEach(put);
    const names: string[] = [];
    for await (const { name } of entries(cid, get)) names.push(name);
    expect(names).toEqual([".zattrs", "empty", "link", "z", "\ufb00", "\u{1f30d}"]);
    expect(await stat((await resolve(cid, "link", get))!, get)).toMatchObject({
      type: "symlink",
      target: "nowhere/at all",
    });
    expect(await stat(cid, get)).toMatchObject({ tsize });
  });

  it("reports each entry of the folder itself with its link, and none of those further below", async () => {
    mkdirSync(join(folder, "inner"));
    for (const name of ["a", "inner/b"]) writeFileSync(join(folder, name), name);
    symlinkSync("a", join(folder, "link"));
    const reported: [string, string][] = [];
    const options = { profile: "cid-v1", symlinks: "keep" } as const;
    const blocks = blocksOf(folder, options, testWorld(), (name, cid) => {
      reported.push([name, CID.decode(Uint8Array.from(cid)).toString()]);
    });
    const { put, get } = memory();
    const { cid } = await drained(blocks, put);
    const links: [string, string][] = [];
    for await (const { name, cid: link } of entries(cid, get)) links.push([name, `${link}`]);
    expect(reported).toEqual(links);
    expect(reported.map(([name]) => name)).toEqual(["a", "inner", "link"]);
  });

  it("counts contents as they are and blocks once", async () => {
    for (const name of ["a", "b", "c"]) writeFileSync(join(folder, name), "the same");
    expect(await add(folder)).toMatchObject({ bytes: 24, blocks: 2 });
  });

  it("gives children before the folder that links to them", async () => {
    mkdirSync(join(folder, "inner"));
    writeFileSync(join(folder, "inner", "file"), "x");
    const { made, cid } = await add(folder);
    expect(made.at(-1)!.cid.equals(cid)).toBe(true);
    expect(made).toHaveLength(3);
  });

  it("follows a link that is itself what is to be added", async () => {
    writeFileSync(join(folder, "file"), "x");
    symlinkSync("file", join(folder, "link"));
    expect(
      (await add(join(folder, "link"), { symlinks: "refuse" })).cid.equals((await add(join(folder, "file"))).cid),
    ).toBe(true);
  });

  it("refuses links with symlinks: refuse, and names the first", async () => {
    symlinkSync("z", join(folder, "b"));
    await expect(add(folder, { symlinks: "refuse" })).rejects.toMatchObject({
      kind: "input",
      message: expect.stringMatching(/\/b is a symbolic link$/),
    });
  });

  it("refuses pipes and sockets instead of waiting for them", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await expect(add(folder)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining("pipe is a pipe"),
    });
    rmSync(join(folder, "pipe"));
    const server = createServer().listen(join(folder, "socket"));
    await new Promise((done) => server.once("listening", done));
    await expect(add(folder)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining("socket is a socket"),
    });
    server.close();
    await expect(add("/dev/null")).rejects.toMatchObject({
      kind: "input",
      message: "/dev/null is a device; only files, folders and symbolic links can be added",
    });
  });

  it("refuses names that aren't UTF-8", async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xe9])]), "x");
    await expect(add(folder)).rejects.toMatchObject({
      kind: "input",
      message: expect.stringContaining('isn\'t UTF-8: "fé"'),
    });
  });

  it("says what isn't there", async () => {
    await expect(add(join(folder, "none"))).rejects.toMatchObject({
      kind: "input",
      message: `${folder}/none does not exist`,
    });
  });

  it("reports the total once there is much, so that the time left can be computed", async () => {
    for (const name of ["one", "two"]) {
      writeFileSync(join(folder, name), "");
      truncateSync(join(folder, name), 150 * 2 ** 20);
    }
    const said: Progress[] = [];
    const world = testWorld({ progress: (progress) => void said.push(progress) });
    for await (const _ of blocksOf(folder, { profile: "cid-v1", symlinks: "keep" }, world));
    const all = 300 * 2 ** 20;
    expect(said.at(-1)).toEqual({ task: "adding", done: all, total: all, unit: "bytes" });
    expect(said.some(({ done, total }) => total === all && done < all)).toBe(true);
  });

  it("stops when the run is to stop", async () => {
    writeFileSync(join(folder, "file"), "x");
    const world = testWorld({ signal: AbortSignal.abort(new Error("stopped")) });
    await expect(blocksOf(folder, { profile: "cid-v1", symlinks: "keep" }, world).next()).rejects.toThrow("stopped");
  });
});

describe("a file that changes while it is read is a failure", () => {
  const path = () => join(folder, "file");
  const chunks = () => {
    writeFileSync(path(), Buffer.alloc(100));
    const reading = chunksOf(path(), 40);
    reading.next();
    return reading;
  };

  it("where it grows", () => {
    const reading = chunks();
    appendFileSync(path(), "more");
    expect(() => [...reading]).toThrow(`${path()} changed while it was read: it was 100 bytes and is 104`);
  });

  it("where it shrinks", () => {
    const reading = chunks();
    truncateSync(path(), 50);
    expect(() => [...reading]).toThrow(`${path()} changed while it was read: it was 100 bytes and ends after 50`);
  });

  it("where it is written over", async () => {
    const reading = chunks();
    await new Promise((done) => setTimeout(done, 20));
    writeFileSync(path(), Buffer.alloc(100, 1), { flag: "r+" });
    expect(() => [...reading]).toThrow(`${path()} changed while it was read: it was written to`);
  });

  it("where it has become a link or a pipe", () => {
    symlinkSync("/etc/passwd", path());
    expect(() => [...chunksOf(path(), 40)]).toThrow(/link/);
    rmSync(path());
    execFileSync("mkfifo", [path()]);
    expect(() => [...chunksOf(path(), 40)]).toThrow(/changed while it was read/);
  });
});
