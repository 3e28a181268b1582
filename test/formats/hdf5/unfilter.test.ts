/** Chunks whose checksum is stored with them. */
import { expect, it } from "vitest";
import { decompressors } from "../../../pipeline/campaign/readers/decompressors.ts";
import { fletcher32 } from "../../../pipeline/formats/codecs/checksums.ts";
import type { Hdf5Filter, Hdf5Type } from "../../../pipeline/formats/hdf5/model.ts";
import { unfiltered } from "../../../pipeline/formats/hdf5/values/unfilter.ts";

const filters: readonly Hdf5Filter[] = [{ id: 3, name: "fletcher32", parameters: [], optional: false }];
const type: Hdf5Type = { class: "integer", size: 1, signed: false, bigEndian: false };
const content = new TextEncoder().encode("as it was written");

function chunk(change: (bytes: Uint8Array) => void = () => {}) {
  const bytes = new Uint8Array(content.length + 4);
  bytes.set(content);
  new DataView(bytes.buffer).setUint32(content.length, fletcher32(content), true);
  change(bytes);
  return { bytes, filterMask: 0, offset: 4096 };
}

it("are given as they were written, without it", async () => {
  expect(await unfiltered(chunk(), content.length, filters, type, decompressors)).toEqual(content);
});

it.each([0, content.length - 1, content.length + 3])("are damaged where byte %i is another", async (at) => {
  const damaged = chunk((bytes) => bytes.set([bytes[at]! ^ 1], at));
  await expect(unfiltered(damaged, content.length, filters, type, decompressors)).rejects.toMatchObject({
    kind: "input",
    message: expect.stringContaining("fletcher32: the checksum is wrong"),
  });
});
