import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { withBlocks } from "../../../pipeline/formats/block-cache.ts";
import { openHdf5 } from "../../../pipeline/formats/hdf5/hdf5.ts";
import type { Hdf5Dataset } from "../../../pipeline/formats/hdf5/model.ts";
import { rangesOf } from "../../fakes/range-source.ts";
import { python } from "../../servers/python.ts";
import { budget, type Dump, dump } from "./dump.ts";

const program = await python();
const here = import.meta.dirname;

/** What h5py reads or HDF5 alone, and we name. */
const unread: Readonly<Record<string, string>> = {
  "/types/vax": "values of HDF5's type VAX float are not read",
  "/types/odd_float": "values of HDF5's type float of 32 bits (11 of the exponent, 20 of the fraction) are not read",
  "/virtual": "HDF5's virtual datasets, made of parts of others, are not read",
  "/external_files": "its values are in other files, which are not read",
  "/registered/blosc2": "HDF5's filter blosc2 (32026) is not read",
  "/registered/zfp": "HDF5's filter zfp (32013) is not read",
};

describe.skipIf(!program)("files that h5py wrote", () => {
  let folder: string;
  const expected = new Map<string, Dump>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hdf5-"));
    await execa(program!, [join(here, "files.py"), folder]);
    const files = (await readdir(folder)).filter((name) => name.endsWith(".h5"));
    const paths = files.map((name) => join(folder, name));
    const { stdout } = await execa(program!, [join(here, "oracle.py"), ...paths], { maxBuffer: 2 ** 28 });
    for (const [i, line] of stdout.split("\n").entries()) {
      const said = JSON.parse(line) as { objects?: Dump; error?: string };
      if (!said.objects) throw new Error(`h5py doesn't read ${files[i]}: ${said.error}`);
      expected.set(files[i]!, said.objects);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const bytesOf = (name: string) => readFile(join(folder, name));
  const open = async (name: string) => openHdf5(withBlocks(rangesOf(await bytesOf(name))), decompressors);
  const dataset = async (name: string, group: string, member: string) => {
    const { root } = await open(name);
    const inner = await root.open((await root.links()).find((link) => link.name === group)!);
    if (inner?.kind !== "group") throw new Error(`${group} is no group`);
    return (await inner.open((await inner.links()).find((link) => link.name === member)!)) as Hdf5Dataset;
  };

  it.each([
    ["earliest.h5", "superblock 0, symbol tables, version 1 b-trees"],
    ["v108.h5", "superblock 2, links and attributes in heaps"],
    ["v110.h5", "superblock 3, the five newer chunk indexes"],
    ["latest.h5", "what the newest HDF5 writes"],
    ["user_block.h5", "a user block"],
    ["short_addresses.h5", "addresses of 4 bytes"],
    ["filters_old.h5", "filters that leave out bits, and registered ones"],
    ["filters_new.h5", "the same, in newer chunk indexes"],
    ["tracked.h5", "an order of creation"],
    ["many_links.h5", "a heap of many blocks"],
    ["many_variables.h5", "a symbol table of several levels"],
  ])("reads %s (%s) as h5py does, or names what it doesn't read", async (name) => {
    const theirs = structuredClone(expected.get(name)!);
    const ours = JSON.parse(JSON.stringify(await dump(rangesOf(await bytesOf(name))))) as Dump;
    for (const [path, object] of Object.entries(ours)) {
      if (object.unread === undefined) continue;
      expect(object.unread, path).toBe(unread[path]);
      for (const said of [theirs[path]!, object]) for (const key of ["values", "unread", "fill"]) delete said[key];
    }
    expect(ours).toEqual(theirs);
  });

  it("has links and attributes in the order of creation where the file tracks it, by name otherwise", async () => {
    const { root } = await open("tracked.h5");
    const made = Array.from({ length: 40 }, (_, i) => (i * 7) % 40);
    expect((await root.links()).map(({ name }) => name)).toEqual(made.map((i) => `group ${i}`));
    expect([...(await root.attributes()).keys()]).toEqual(made.map((i) => `attribute ${i}`));
    const { root: other } = await open("earliest.h5");
    const names = (await other.links()).map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
  });

  it("reads superblock 1, which differs by four bytes", async () => {
    const old = await bytesOf("earliest.h5");
    const bytes = new Uint8Array(old);
    bytes[8] = 1;
    // K of chunk indexes and two reserved bytes; what is pushed out is cached from the root's header.
    bytes.set([32, 0, 0, 0], 24);
    bytes.set(old.subarray(24, 92), 28);
    const { superblock, root } = await openHdf5(rangesOf(bytes), decompressors);
    expect(superblock).toBe(1);
    // The root's header is over the end of the superblock, where it was before.
    expect((await root.links()).length).toBeGreaterThan(5);
  });

  it.each(["earliest.h5", "v110.h5", "latest.h5"])(
    "reads any part of a dataset as of all of it in %s",
    async (name) => {
      for (const member of [
        "contiguous",
        "compact",
        "deflate",
        "growing_second",
        "growing_both",
        "limited",
        "implicit",
      ]) {
        const of = await dataset(name, "chunks", member);
        const [rows, columns] = of.shape as [number, number];
        const all = (await of.readAll(budget)) as ArrayLike<number>;
        for (const [row, column, height, width] of [
          [0, 0, rows, columns],
          [1, 0, rows - 1, columns],
          [0, 1, rows, columns - 2],
          [rows - 1, columns - 1, 1, 1],
          [Math.floor(rows / 2), 1, 1, 2],
          [0, 0, 0, columns],
        ] as const) {
          const part = await of.read({ start: [row, column], count: [height, width] }, budget);
          const want = Array.from(
            { length: height * width },
            (_, i) => all[(row + Math.floor(i / width)) * columns + column + (i % width)],
          );
          expect(Array.from(part as ArrayLike<number>), `${member} from ${row}, ${column}`).toEqual(want);
        }
      }
    },
  );

  it("finds the chunks that a part meets, and no others", async () => {
    for (const name of ["earliest.h5", "v110.h5"]) {
      for (const member of ["growing_second", "growing_both", "limited", "implicit", "deflate"]) {
        const of = await dataset(name, "chunks", member);
        if (of.layout.kind !== "chunked") throw new Error("it is not chunked");
        const [height, width] = of.layout.chunkShape as [number, number];
        const some = await of.chunks({ start: [height, width], count: [height + 1, 1] });
        expect(
          some.map(({ index }) => index),
          `${member} in ${name}`,
        ).toEqual([
          [1, 1],
          [2, 1],
        ]);
      }
    }
  });

  it("reads of an index of many chunks what leads to those sought", async () => {
    for (const [name, member] of [
      ["earliest.h5", "many_growing"],
      ["v110.h5", "many_growing"],
      ["v110.h5", "pages"],
      ["v110.h5", "many_both"],
    ] as const) {
      const bytes = rangesOf(await bytesOf(name));
      const { root, objectAt } = await openHdf5(bytes, decompressors);
      const { address } = await dataset(name, "chunks", member);
      const of = (await objectAt(address, member)) as Hdf5Dataset;
      const reads = async (read: () => Promise<unknown>) => {
        const before = bytes.reads.length;
        await read();
        return bytes.reads.slice(before).reduce((all, { length }) => all + length, 0);
      };
      const start = of.shape!.map(() => 5);
      const one = await reads(() => of.chunks({ start, count: of.shape!.map(() => 1) }));
      const all = await reads(() => of.chunks());
      expect(one, `${member} in ${name}`).toBeLessThan(all / 2);
      expect(root.kind).toBe("group");
    }
  });

  it("reads no values that need more memory than they may", async () => {
    for (const member of ["contiguous", "deflate", "many_growing"]) {
      const of = await dataset("latest.h5", "chunks", member);
      await expect(of.readAll(1000)).rejects.toMatchObject({
        kind: "input",
        message: `the values of /chunks/${member} need more memory than the 1000 bytes allowed`,
      });
    }
    const texts = await dataset("latest.h5", "types", "texts");
    await expect(texts.readAll(60)).rejects.toMatchObject({ kind: "input" });
  });

  it("tells where a contiguous dataset is, and what was never written", async () => {
    const bytes = await bytesOf("user_block.h5");
    const { layout } = await dataset("user_block.h5", "chunks", "contiguous");
    if (layout.kind !== "contiguous" || layout.offset === undefined) throw new Error("it has no place");
    const of = await dataset("user_block.h5", "chunks", "contiguous");
    const values = (await of.readAll(budget)) as Float32Array;
    expect(bytes.readFloatLE(layout.offset)).toBe(values[0]);
    const never = await dataset("user_block.h5", "chunks", "never_written");
    expect(never).toMatchObject({ fill: 5, layout: { kind: "contiguous", offset: undefined } });
  });

  it("leads by an object reference to the object", async () => {
    const file = await open("latest.h5");
    const of = await dataset("latest.h5", "types", "references");
    const [first, second] = (await of.readAll(budget)) as readonly { address: number | undefined }[];
    expect(await file.objectAt(first!.address!, "texts")).toMatchObject({ kind: "dataset", path: "texts", shape: [3] });
    expect(second).toEqual({ address: undefined });
  });
});
