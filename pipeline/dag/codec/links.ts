/**
 * Links in blocks of dag-cbor and dag-json, whatever these say beyond them.
 *
 * Only what finding links needs is decoded: no values are built, and nothing recurses, so a block of untrusted bytes costs
 * time and memory in proportion to its length, however deeply it is nested.
 *
 * @see https://ipld.io/specs/codecs/dag-cbor/spec/ and https://ipld.io/specs/codecs/dag-json/spec/
 */
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";

export interface CborLinks {
  /** In the order of the block, with duplicates. */
  readonly links: readonly CID[];
  /** Text keys of the map that the block is; empty where it is none. */
  readonly keys: ReadonlySet<string>;
}

/** Major types of CBOR (RFC 8949, section 3.1). */
const major = { bytes: 2, text: 3, list: 4, map: 5, tag: 6, simple: 7 } as const;

const linkTag = 42;

/** @throws Failure `corrupt` without the CID, where the bytes are no dag-cbor as far as its structure goes. */
export function cborLinks(bytes: Uint8Array): CborLinks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const links: CID[] = [];
  const keys = new Set<string>();
  /** Items still to come, of each list and map around the present place; maps have keys at every second one. */
  const open = [{ left: 1, isMap: false }];
  let at = 0;
  while (open.length > 0) {
    const around = open.at(-1)!;
    if (around.left === 0) {
      open.pop();
      continue;
    }
    around.left--;
    const isKey = around.isMap && around.left % 2 === 1;
    const { kind, value } = head();
    if (isKey && kind !== major.text) throw invalid("has a key that is no text");
    switch (kind) {
      case major.bytes:
        take(value);
        break;
      case major.text: {
        const text = take(value);
        if (isKey && open.length === 2) keys.add(new TextDecoder().decode(text));
        break;
      }
      case major.list:
        open.push({ left: value, isMap: false });
        break;
      case major.map:
        open.push({ left: value * 2, isMap: true });
        break;
      case major.tag: {
        const inner = value === linkTag ? head() : undefined;
        if (inner?.kind !== major.bytes) throw invalid(`has a tag ${value} where only links have one`);
        links.push(linkIn(take(inner.value)));
        break;
      }
    }
  }
  if (at !== bytes.length) throw invalid(`has ${bytes.length - at} bytes after its end`);
  return { links, keys };

  /** The kind of the next item, and its number: a length, a count, a tag. */
  function head(): { kind: number; value: number } {
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
  }

  /** As many bits as a number has: whatever is longer than the block fails as such. */
  function wide(): number {
    return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  }

  function take(length: number): Uint8Array {
    if (at + length > bytes.length) throw invalid("ends too early");
    at += length;
    return bytes.subarray(at - length, at);
  }

  function linkIn(binary: Uint8Array): CID {
    // A zero precedes the CID: the multibase prefix of binary.
    if (binary[0] !== 0) throw invalid("has a link that is no CID");
    return cidFrom(() => CID.decode(binary.subarray(1)));
  }
}

/** Links in the order of the block, with duplicates. @throws Failure `corrupt` without the CID, where the bytes are no dag-json. */
export function jsonLinks(bytes: Uint8Array): CID[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid("is no JSON", cause);
  }
  const links: CID[] = [];
  const values = [value];
  while (values.length > 0) {
    const value = values.pop();
    if (typeof value !== "object" || value === null) continue;
    const members: unknown[] = Object.values(value);
    const link = members.length === 1 && !Array.isArray(value) ? (value as { "/"?: unknown })["/"] : undefined;
    if (typeof link === "string") links.push(cidFrom(() => CID.parse(link)));
    // Reversed, because the last one is taken first.
    else for (const member of members.reverse()) values.push(member);
  }
  return links;
}

function cidFrom(read: () => CID): CID {
  try {
    return read();
  } catch (cause) {
    throw invalid("has a link that is no CID", cause);
  }
}

function invalid(why: string, cause?: unknown): Failure {
  return new Failure("corrupt", why, { cause });
}
