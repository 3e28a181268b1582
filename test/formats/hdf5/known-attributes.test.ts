import { expect, it } from "vitest";
import { knownAttributes } from "../../../pipeline/formats/hdf5/messages/known-attributes.ts";
import { Cursor } from "../../../pipeline/formats/hdf5/structure/cursor.ts";

const attribute = {
  name: "units",
  type: { class: "float", size: 8, bigEndian: false },
  shape: [],
  values: [1],
} as const;
const message = (bytes: readonly number[], offsets = 8) =>
  new Cursor(Uint8Array.from(bytes), { offsets, lengths: 8 }, 96);

it("knows an attribute again by all of its bytes and the widths of the file's numbers", () => {
  const known = knownAttributes();
  known.add(message([1, 2, 3]), { attribute, memory: 10 });
  expect(known.get(message([1, 2, 3]))).toMatchObject({ attribute, memory: 10 });
  expect(known.get(message([1, 2, 4]))).toBeUndefined();
  expect(known.get(message([1, 2]))).toBeUndefined();
  expect(known.get(message([1, 2, 3], 4)), "of a file with shorter addresses").toBeUndefined();
});

it("remembers no large attributes, and those that were used last", () => {
  const known = knownAttributes();
  expect(known.takes(message(Array.from({ length: 1025 }, () => 0)))).toBe(false);
  for (let i = 0; i < 5000; i++) known.add(message([i & 255, i >> 8]), { attribute, memory: i });
  expect(known.get(message([0, 0]))).toBeUndefined();
  expect(known.get(message([4999 & 255, 4999 >> 8]))).toMatchObject({ memory: 4999 });
});
