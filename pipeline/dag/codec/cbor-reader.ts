/**
 * Reads the structure of dag-cbor: the head of each item, and the bytes that follow it. Builds no values and does not recurse.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8949 section 3, and https://ipld.io/specs/codecs/dag-cbor/spec/
 */
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";

/** Major types of CBOR (RFC 8949, section 3.1). */
export const major = { bytes: 2, text: 3, list: 4, map: 5, tag: 6, simple: 7 } as const;

export interface CborHead {
  /** Major type. */
  readonly kind: number;
  /** A length, a count, or a tag. */
  readonly value: number;
}

export interface CborReader {
  /** The head of the next item. */
  head(): CborHead;
  /** The next `length` bytes; no copy. */
  take(length: number): Uint8Array;
  /** The link that a tag of this number begins. */
  link(tag: number): CID;
  /** Bytes that are left. */
  left(): number;
}

const linkTag = 42;

/** Each method throws Failure `corrupt`, without the CID, where the bytes are no dag-cbor as far as it reads. */
export function cborReader(bytes: Uint8Array): CborReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  const head = (): CborHead => {
    if (at >= bytes.length) throw invalid("ends too early");
    const first = bytes[at++]!;
    const [kind, extra] = [first >> 5, first & 31];
    if (extra < 24) return { kind, value: extra };
    const width = ({ 24: 1, 25: 2, 26: 4, 27: 8 } as Readonly<Record<number, number>>)[extra];
    if (width === undefined) throw invalid("has an item without a length");
    if (at + width > bytes.length) throw invalid("ends too early");
    const value =
      width === 1 ? bytes[at]! : width === 2 ? view.getUint16(at) : width === 4 ? view.getUint32(at) : wide();
    at += width;
    return { kind, value };
  };

  /** As many bits as a number has: whatever is longer than the block fails as such. */
  const wide = (): number => view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);

  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw invalid("ends too early");
    at += length;
    return bytes.subarray(at - length, at);
  };

  return {
    head,
    take,
    left: () => bytes.length - at,
    link(tag) {
      const inner = tag === linkTag ? head() : undefined;
      if (inner?.kind !== major.bytes) throw invalid(`has a tag ${tag} where only links have one`);
      const binary = take(inner.value);
      // A zero precedes the CID: the multibase prefix of binary.
      if (binary[0] !== 0) throw invalid("has a link that is no CID");
      return cidFrom(() => CID.decode(binary.subarray(1)));
    },
  };
}

/** @throws Failure `corrupt` where `read` throws. */
export function cidFrom(read: () => CID): CID {
  try {
    return read();
  } catch (cause) {
    throw invalid("has a link that is no CID", cause);
  }
}

export function invalid(why: string, cause?: unknown): Failure {
  return new Failure("corrupt", why, { cause });
}
