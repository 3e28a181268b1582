/** Entries that are compressed until they are read. */
import { expect, it } from "vitest";
import type { Entry } from "../../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { packing } from "../../../pipeline/stages/publish/packed-entries.ts";
import { described, facts } from "../../fakes/descriptions.ts";

const entries = Array.from({ length: 700 }, (_, i): Entry => {
  const path = `products/HALO/${i}.zarr`;
  const { cid, reader } = described(path);
  if (i % 10 === 0) return { kind: "plain", path, cid, plain: { kind: "file", size: i } };
  return {
    ...{ kind: "dataset", path, cid, reader, ...itemOf(described(path), facts) },
    ...(i % 3 === 0 && { members: [{ path: "a.nc", cid }] }),
    ...(i % 5 === 0 && { references: [{ path: "", why: `reason ${i}` }] }),
  };
});

const read = (entry: Entry) => {
  if (entry.kind !== "dataset") return entry;
  const { kind, path, cid, reader, item, findings, members, references } = entry;
  return { kind, path, cid, reader, item, findings, members, references };
};
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

it("packed entries are read as they were, in whatever order and however often", () => {
  const pack = packing();
  const packed = entries.map((entry) => pack(entry));
  const asRead = () => packed.map((entry) => plain(read(entry)));
  expect(asRead()).toEqual(entries.map(plain));
  for (const i of [699, 1, 350, 2, 698]) expect(plain(read(packed[i]!))).toEqual(plain(entries[i]));
});
