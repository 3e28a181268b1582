/** Boxes of arrays: what is read is what is there, wherever the box begins and ends in the chunks. */
import { expect, it } from "vitest";
import { decompressors } from "../../pipeline/campaign/readers/decompressors.ts";
import { type Box, touchedBy } from "../../pipeline/formats/arrays.ts";
import { openZarr } from "../../pipeline/formats/zarr/open.ts";
import { folderOf } from "../fakes/folder.ts";
import { testWorld } from "../fakes/world.ts";

const shape = [5, 7] as const;
const chunks = [2, 3] as const;

/** 5 × 7 numbers that count up, in chunks of 2 × 3; the chunk 1.1 is absent. */
function store(dtype = "<i4") {
  const files: Record<string, string | Uint8Array> = {
    ".zgroup": '{"zarr_format": 2}',
    "a/.zarray": JSON.stringify({
      ...{ zarr_format: 2, shape, chunks, dtype, order: "C", compressor: null, filters: null, fill_value: -1 },
    }),
  };
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) {
      if (i === 1 && j === 1) continue;
      const values = Array.from({ length: 6 }, (_, n) => valueAt(2 * i + Math.floor(n / 3), 3 * j + (n % 3)));
      files[`a/${i}.${j}`] = new Uint8Array(Int32Array.from(values).buffer);
    }
  return folderOf(files);
}

const valueAt = (i: number, j: number) => (i >= 2 && i < 4 && j >= 3 && j < 6 ? -1 : 7 * i + j);

const boxes: Box[] = [];
for (let i = 0; i < 5; i++)
  for (let j = 0; j < 7; j++)
    for (let rows = 0; i + rows <= 5; rows++)
      for (let columns = 1; j + columns <= 7; columns++) boxes.push({ start: [i, j], count: [rows, columns] });

it("reads every box of an array of chunks, absent ones included", async () => {
  const arrays = await openZarr(store(), decompressors, testWorld());
  for (const box of boxes) {
    const [[i = 0, j = 0], [rows = 0, columns = 0]] = [box.start, box.count];
    const expected = Array.from({ length: rows * columns }, (_, n) =>
      valueAt(i + Math.floor(n / columns), j + (n % columns)),
    );
    expect([...(await arrays.read(arrays.variables[0]!, box, 1e6))], JSON.stringify(box)).toEqual(expected);
  }
});

it("fetches the chunks that it counted before, and no other", async () => {
  const folder = store();
  const read: string[] = [];
  const counting = {
    ...folder,
    read: (...[path, world, range]: Parameters<typeof folder.read>) => {
      read.push(path);
      return folder.read(path, world, range);
    },
  };
  const arrays = await openZarr(counting, decompressors, testWorld());
  const variable = arrays.variables[0]!;
  for (const box of boxes) {
    read.length = 0;
    await arrays.read(variable, box, 1e6);
    expect(read.length, JSON.stringify(box)).toBe(touchedBy(shape, arrays.stored(variable), box).chunks);
  }
});

it("refuses what needs more memory than there is, before reading any of it", async () => {
  const arrays = await openZarr(store(), decompressors, testWorld());
  const read = arrays.read(arrays.variables[0]!, { start: [0, 0], count: [5, 7] }, 100);
  await expect(read).rejects.toMatchObject({ kind: "input", message: "a needs 332 B of memory; 100 B are left" });
});

it("names the array and the chunk that can't be decoded", async () => {
  const folder = store("<i8");
  const arrays = await openZarr(folder, decompressors, testWorld());
  const read = arrays.read(arrays.variables[0]!, { start: [4, 6], count: [1, 1] }, 1e6);
  await expect(read).rejects.toMatchObject({
    kind: "input",
    message: expect.stringMatching(/^a can't be decoded: chunk 2\.2: /),
  });
});
