/**
 * UnixFS: what the `Data` of a dag-pb node makes it: (part of) a file, a directory, a shard of one, a symlink.
 *
 * Ours because the JavaScript library writes uninitialised memory for sizes in [2 GiB, 4 GiB). Mode and mtime are never
 * written, both would change the CID; where others wrote them they are read past.
 *
 * @see https://specs.ipfs.tech/unixfs/
 */
import { Failure } from "../../core/failure.ts";
import { fieldsOf, packedVarints, varintLength, writeVarint } from "./protobuf.ts";

export type UnixFs =
  | {
      readonly kind: "file";
      /** Bytes of contents: those in `data` and those below. */
      readonly size: number;
      /** Contents in this node itself, before those of its links; empty where there are none. */
      readonly data: Uint8Array;
      /** Bytes of contents below each link. */
      readonly blockSizes: readonly number[];
    }
  | { readonly kind: "directory" }
  | {
      readonly kind: "shard";
      /** Which of the `fanout` slots are taken: big-endian, leading zero bytes dropped. */
      readonly bitfield: Uint8Array;
      readonly fanout: number;
      /** Multihash code of what spreads the names; 0x22, murmur3-x64-64, is the only one in use. */
      readonly hash: number;
    }
  | { readonly kind: "symlink"; readonly target: string };

/** `DataType` of the specification. A `raw` node is what old importers wrote for chunks: it reads like a file. */
const types = { raw: 0, directory: 1, file: 2, metadata: 3, symlink: 4, shard: 5 } as const;

const none = new Uint8Array(0);

/** The `Data` bytes, as Kubo writes them: fields in order, sizes always there for files, data only where there is some. */
export function encodeUnixFs(node: UnixFs): Uint8Array {
  switch (node.kind) {
    case "directory":
      return message([[1, types.directory]]);
    case "symlink":
      return message([
        [1, types.symlink],
        [2, new TextEncoder().encode(node.target)],
      ]);
    case "shard":
      return message([
        [1, types.shard],
        [2, node.bitfield],
        [5, node.hash],
        [6, node.fanout],
      ]);
    case "file":
      return message([
        [1, types.file],
        ...(node.data.length > 0 ? [[2, node.data] as const] : []),
        [3, node.size],
        ...node.blockSizes.map((size) => [4, size] as const),
      ]);
  }
}

/** @throws Failure `corrupt` where the bytes aren't UnixFS, or are of a kind that no importer writes. */
export function decodeUnixFs(bytes: Uint8Array): UnixFs {
  let type: number | undefined;
  let data: Uint8Array = none;
  let size: number | undefined;
  const blockSizes: number[] = [];
  let hash: number | undefined;
  let fanout: number | undefined;

  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1) type = asNumber(number, value);
    else if (number === 2) data = asBytes(number, value);
    else if (number === 3) size = asNumber(number, value);
    else if (number === 4 && typeof value !== "number") for (const each of packedVarints(value)) blockSizes.push(each);
    else if (number === 4) blockSizes.push(asNumber(number, value));
    else if (number === 5) hash = asNumber(number, value);
    else if (number === 6) fanout = asNumber(number, value);
  }

  switch (type) {
    case types.file:
    case types.raw: {
      const total = blockSizes.reduce((sum, each) => sum + each, data.length);
      if (size !== undefined && size !== total) {
        throw new Failure("corrupt", `claims to be a file of ${size} bytes, but its parts add up to ${total}`);
      }
      if (total > Number.MAX_SAFE_INTEGER) throw new Failure("corrupt", "claims to be a file above 2^53 - 1 bytes");
      return { kind: "file", size: total, data, blockSizes };
    }
    case types.directory:
      return { kind: "directory" };
    case types.shard:
      if (hash !== 0x22)
        throw new Failure("corrupt", `is a directory shard hashed by ${hash}, not by murmur3-x64-64 (34)`);
      if (fanout === undefined || fanout < 8 || fanout > 1024 || !Number.isInteger(Math.log2(fanout))) {
        throw new Failure("corrupt", `is a directory shard ${fanout} wide; a power of two from 8 to 1024 is expected`);
      }
      return { kind: "shard", bitfield: data, fanout, hash };
    case types.symlink:
      return { kind: "symlink", target: utf8(data) };
    default:
      throw new Failure("corrupt", type === undefined ? "has no UnixFS type" : `has the unknown UnixFS type ${type}`);
  }
}

/** @throws Failure `corrupt` where the bytes aren't UTF-8. */
export function utf8(bytes: Uint8Array): string {
  try {
    return strictly.decode(bytes);
  } catch (cause) {
    throw new Failure("corrupt", "has a name that isn't UTF-8", { cause });
  }
}

const strictly = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function message(fields: readonly (readonly [number: number, value: number | Uint8Array])[]): Uint8Array {
  let length = 0;
  for (const [, value] of fields) {
    length += 1 + (typeof value === "number" ? varintLength(value) : varintLength(value.length) + value.length);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const [number, value] of fields) {
    if (typeof value === "number") {
      bytes[at++] = number * 8;
      at = writeVarint(bytes, value, at);
    } else {
      bytes[at++] = number * 8 + 2;
      at = writeVarint(bytes, value.length, at);
      bytes.set(value, at);
      at += value.length;
    }
  }
  return bytes;
}

function asNumber(field: number, value: number | Uint8Array): number {
  if (typeof value === "number") return value;
  throw new Failure("corrupt", `UnixFS field ${field} has bytes where a number is expected`);
}

function asBytes(field: number, value: number | Uint8Array): Uint8Array {
  if (typeof value !== "number") return value;
  throw new Failure("corrupt", `UnixFS field ${field} has a number where bytes are expected`);
}
