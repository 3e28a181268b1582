/**
 * dag-pb: a node's links and data as bytes, and back.
 *
 * By hand because a directory of a campaign is little else than links: the general codec validates and sorts every one
 * of them again, which is most of what assembling costs. A property test compares it with `@ipld/dag-pb`.
 *
 * @see https://ipld.io/specs/codecs/dag-pb/spec/
 */
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Link, plain } from "../block.ts";
import { usualCid } from "../usual-cid.ts";
import { endOfBytes, type Reader, readVarint, varintLength, writeVarint } from "./protobuf.ts";
import { utf8 } from "./unixfs.ts";
import { utf8Length, writeUtf8 } from "./utf8.ts";

export interface NamedLink extends Link {
  /** Empty where the parent is a file. */
  readonly name: string;
}

export interface PbNode {
  readonly links: readonly NamedLink[];
  /** Empty where there is none. */
  readonly data: Uint8Array;
}

/** Bytes that a link takes within its node, for the `block` estimate of a directory's size. `name` in bytes. */
export function pbLinkLength(nameLength: number, cidLength: number, tsize: number): number {
  const body = linkBodyLength(nameLength, cidLength, tsize);
  return 1 + varintLength(body) + body;
}

/** Canonical bytes. Links are written in the order given: the caller sorts them by the bytes of their names. */
export function encodePb({ links, data }: PbNode): Uint8Array {
  const names = links.map(({ name }) => utf8Length(name));
  const bodies = links.map(({ cid, tsize }, i) => linkBodyLength(names[i]!, cid.bytes.length, tsize));
  let length = 1 + varintLength(data.length) + data.length;
  for (const body of bodies) length += 1 + varintLength(body) + body;

  const bytes = new Uint8Array(length);
  let at = 0;
  links.forEach(({ name, cid, tsize }, i) => {
    bytes[at++] = 0x12;
    at = writeVarint(bytes, bodies[i]!, at);
    bytes[at++] = 0x0a;
    at = writeVarint(bytes, cid.bytes.length, at);
    bytes.set(cid.bytes, at);
    at += cid.bytes.length;
    bytes[at++] = 0x12;
    at = writeVarint(bytes, names[i]!, at);
    at = writeUtf8(bytes, name, at);
    bytes[at++] = 0x18;
    at = writeVarint(bytes, tsize, at);
  });
  bytes[at++] = 0x0a;
  at = writeVarint(bytes, data.length, at);
  bytes.set(data, at);
  return bytes;
}

/** @throws Failure `corrupt` where the bytes aren't dag-pb. */
export function decodePb(bytes: Uint8Array): PbNode {
  const links: NamedLink[] = [];
  let data: Uint8Array | undefined;
  let linksBeforeData = false;
  // What is cut out of it is no Buffer either: CIDs are compared with others.
  const reader = { bytes: plain(bytes), offset: 0 };
  while (reader.offset < bytes.length) {
    const key = readVarint(reader);
    if (key !== keys.data && key !== keys.link) throw new Failure("corrupt", "is not dag-pb");
    const end = endOfBytes(reader);
    if (key === keys.link) {
      if (linksBeforeData && data !== undefined) throw new Failure("corrupt", "is not dag-pb: links around the data");
      links.push(decodeLink(reader, end));
    } else {
      if (data !== undefined) throw new Failure("corrupt", "is not dag-pb: data twice");
      data = reader.bytes.subarray(reader.offset, end);
      linksBeforeData = links.length > 0;
    }
    reader.offset = end;
  }
  return { links, data: data ?? new Uint8Array(0) };
}

/** Field numbers and wire types, in the byte before each field of a node and of a link. */
const keys = { data: 0x0a, link: 0x12, hash: 0x0a, name: 0x12, tsize: 0x18 } as const;

function linkBodyLength(nameLength: number, cidLength: number, tsize: number): number {
  return 3 + varintLength(cidLength) + cidLength + varintLength(nameLength) + nameLength + varintLength(tsize);
}

function decodeLink(reader: Reader, end: number): NamedLink {
  const { bytes } = reader;
  let cid: CID | undefined;
  let name: string | undefined;
  let tsize: number | undefined;
  while (reader.offset < end) {
    const key = readVarint(reader);
    if (key === keys.tsize && tsize === undefined) {
      tsize = readVarint(reader);
      continue;
    }
    const isHash = key === keys.hash && cid === undefined;
    if (!isHash && (key !== keys.name || name !== undefined)) {
      throw new Failure("corrupt", `is not dag-pb: a link with an unexpected field ${Math.floor(key / 8)}`);
    }
    const after = endOfBytes(reader);
    if (isHash) cid = decodeCid(bytes.subarray(reader.offset, after));
    else name = utf8Between(bytes, reader.offset, after);
    reader.offset = after;
  }
  // A field that reaches beyond its link would swallow what follows it.
  if (reader.offset > end) throw new Failure("corrupt", "is not dag-pb: a link shorter than its fields");
  if (cid === undefined) throw new Failure("corrupt", "is not dag-pb: a link without a CID");
  return { cid, name: name ?? "", tsize: tsize ?? 0 };
}

function decodeCid(bytes: Uint8Array): CID {
  const usual = usualCid(bytes);
  if (usual) return usual;
  try {
    return CID.decode(bytes);
  } catch (cause) {
    throw new Failure("corrupt", "is not dag-pb: a link that isn't a CID", { cause });
  }
}

/** Names are short, and mostly ASCII: a loop reads them faster than a decoder is called. */
function utf8Between(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x80 || end - start > 64) return utf8(bytes.subarray(start, end));
    text += ascii[byte];
  }
  return text;
}

const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
