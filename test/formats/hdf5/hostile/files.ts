/** Small files that claim or lead to far more than they have, and how describing each must end. */
import { deflateSync } from "node:zlib";
import {
  attribute,
  bytesOf,
  chunked,
  chunkTree,
  dataspace,
  deflate,
  Hdf5Writer,
  hardLink,
  le,
  type Message,
  softLink,
  text,
  variableText,
} from "./writer.ts";

export interface HostileFile {
  readonly make: () => Uint8Array;
  /** What the failure says; `undefined` where the file is described all the same. */
  readonly fails?: RegExp;
  /** What a finding says, where it is described. */
  readonly finds?: RegExp;
}

const temporal = [text("units", "hours since 2000-01-01"), text("standard_name", "time")];

/** A file with one coordinate, called `time`. */
function coordinate(messages: (writer: Hdf5Writer) => readonly Message[]): Uint8Array {
  const writer = new Hdf5Writer();
  const time = writer.header([...messages(writer), ...temporal]);
  return writer.file(writer.header([hardLink("time", time)]));
}

/** A root with as many links to one object as there may be. */
function manyLinksTo(object: (writer: Hdf5Writer) => number, count = 4900): Uint8Array {
  const writer = new Hdf5Writer();
  const address = object(writer);
  return writer.file(writer.header(Array.from({ length: count }, (_, i) => hardLink(`v${i}`, address))));
}

export const hostileFiles: Readonly<Record<string, HostileFile>> = {
  "soft links through soft links, 20 000 names each": {
    make() {
      const writer = new Hdf5Writer();
      const root = writer.end;
      const times = (name: string) => new Array<string>(20_000).fill(name).join("/");
      const links = [
        hardLink("g", root),
        softLink("a", times("g")),
        softLink("b", times("a")),
        softLink("c", times("b")),
      ];
      writer.header(links);
      return writer.file(root);
    },
    fails: /more than 100000 names in soft links/,
  },
  "4 900 links to one header of 64 kB": {
    make: () => manyLinksTo((writer) => writer.header([[0, new Uint8Array(65_000)], ...chunked([4], [4], 0)])),
    fails: /more than 67108864 bytes of metadata/,
  },
  "a header of 16 000 empty messages, linked to often": {
    make: () =>
      manyLinksTo((writer) =>
        writer.header([...new Array<Message>(16_000).fill([0, new Uint8Array(0)]), ...chunked([4], [4], 0)]),
      ),
    fails: /more than 67108864 bytes of metadata/,
  },
  "groups that contain the next one twice, 30 deep": {
    make() {
      const writer = new Hdf5Writer();
      let group = writer.header([hardLink("end", writer.end)]);
      for (let i = 0; i < 30; i++) group = writer.header([hardLink("a", group), hardLink("b", group)]);
      return writer.file(group);
    },
    fails: /more than 5000 groups and datasets/,
  },
  "4 000 texts that are all the same 60 kB of a heap": {
    make() {
      const writer = new Hdf5Writer();
      const content = new Uint8Array(60_000).fill(0x61);
      const heap = writer.place(
        bytesOf("GCOL", 1, 0, 0, 0, le(60_032, 8), le(1, 2), le(1, 2), le(0, 4), le(60_000, 8), content),
      );
      const texts = bytesOf(...new Array<Uint8Array>(4000).fill(bytesOf(le(60_000, 4), le(heap, 8), le(1, 4))));
      return writer.file(
        writer.header([hardLink("g", writer.end), attribute("texts", variableText, dataspace([4000]), texts)]),
      );
    },
    fails: /more than 67108864 bytes of metadata/,
  },
  "a compound of 4 000 members as the type of every attribute": {
    make() {
      const members = Array.from({ length: 4000 }, () =>
        bytesOf("m", 0, 0, bytesOf(0x10, 0, 0, 0, le(1, 4), le(0, 2), le(8, 2))),
      );
      const compound = bytesOf(0x36, le(4000, 2), 0, le(1, 4), ...members);
      const writer = new Hdf5Writer();
      // A committed datatype, which each attribute refers to.
      const shared = bytesOf(3, 2, le(writer.header([[3, compound]]), 8));
      const attributes = Array.from({ length: 900 }, (_, i) =>
        attribute(`a${i}`, shared, dataspace([]), bytesOf(0), 1),
      );
      return writer.file(writer.header([hardLink("g", writer.end), ...attributes]));
    },
    fails: /more than 67108864 bytes of metadata/,
  },
  "a name of 60 000 letters": {
    make: () => {
      const writer = new Hdf5Writer();
      return writer.file(writer.header([hardLink("x".repeat(60_000), writer.end)]));
    },
    fails: /name has more than 4096 bytes/,
  },
  "4 900 datasets of 32 lengths each that no other has": {
    make() {
      const writer = new Hdf5Writer();
      let length = 1;
      const addresses = Array.from({ length: 4900 }, () => {
        const shape = Array.from({ length: 31 }, () => length++);
        return writer.header(
          chunked(
            shape,
            shape.map(() => 1),
            0,
          ),
        );
      });
      return writer.file(writer.header(addresses.map((address, i) => hardLink(`v${i}`, address))));
    },
    fails: /more than 20000 dimensions without names/,
  },
  "a coordinate of 2^52 values": {
    make: () => coordinate((writer) => chunked([2 ** 52], [1], writer.place(chunkTree(1, [])))),
    finds: /time/,
  },
  "a coordinate of more values than a number can say": {
    make: () => coordinate((writer) => chunked([2 ** 60], [1], writer.place(chunkTree(1, [])))),
    finds: /larger than any file/,
  },
  "a chunk of 2^40 bytes": {
    make: () =>
      coordinate((writer) =>
        chunked(
          [2 ** 18, 2 ** 19],
          [2 ** 18, 2 ** 19],
          writer.place(chunkTree(2, [{ start: [0, 0], address: 0, size: 48 }])),
        ),
      ),
    finds: /time/,
  },
  "a chunk of 80 kB whose deflate stream has 512 MB": {
    make: () =>
      coordinate((writer) => {
        const packed = deflateSync(new Uint8Array(2 ** 29));
        const address = writer.place(packed);
        return chunked([10_000], [10_000], writer.place(chunkTree(1, [{ start: [0], address, size: packed.length }])), [
          deflate,
        ]);
      }),
    finds: /unpacks to more than/,
  },
  "20 000 chunks of one value, which all are the same one": {
    make: () =>
      coordinate((writer) => {
        const chunks = Array.from({ length: 20_000 }, (_, i) => ({ start: [i], address: 48, size: 8 }));
        return chunked([20_000], [1], writer.place(chunkTree(1, chunks)));
      }),
  },
};
