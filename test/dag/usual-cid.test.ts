import fc from "fast-check";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";
import { expect, it } from "vitest";
import { textOf } from "../../pipeline/core/cid.ts";
import { usualCid } from "../../pipeline/dag/usual-cid.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

it("reads and prints every CID as multiformats does", () => {
  const cids = fc.oneof(
    fc.tuple(fc.integer({ min: 0, max: 300 }), bytes(32)).map(([code, it]) => CID.createV1(code, create(0x12, it))),
    bytes(32).map((it) => CID.createV0(create(0x12, it))),
    bytes(64).map((it) => CID.createV1(0x55, create(0x13, it))),
    bytes(5).map((it) => CID.createV1(0x55, create(0, it))),
  );
  fc.assert(
    fc.property(cids, (cid) => {
      expect(textOf(cid)).toBe(cid.toString());
      const read = usualCid(cid.bytes.slice());
      if (cid.version === 1 && cid.code < 128 && cid.multihash.code === 0x12)
        expect(read).toEqual(CID.decode(cid.bytes));
      else expect(read).toBeUndefined();
    }),
  );
});
