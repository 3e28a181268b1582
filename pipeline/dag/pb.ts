/**
 * dag-pb: a node's links and data as bytes, and back.
 *
 * By hand because a directory of a campaign is little else than links: the general codec validates and sorts every one
 * of them again, which is most of what assembling costs. Held against `@ipld/dag-pb` by a property test.
 *
 * @see https://ipld.io/specs/codecs/dag-pb/spec/
 */
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { type Block, blockOf, codecs, type Link, plain } from "./block.ts";
import { fieldsOf, varintLength, writeVarint } from "./protobuf.ts";
import { utf8 } from "./unixfs.ts";

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

/** Canonical bytes. Links are written in the order given: byte order of names is the caller's to keep. */
export function encodePb({ links, data }: PbNode): Uint8Array {
  const names = links.map(({ name }) => Buffer.byteLength(name));
  const bodies = links.map(({ cid, tsize }, i) => linkBodyLength(names[i]!, cid.bytes.length, tsize));
  let length = 1 + varintLength(data.length) + data.length;
  for (const body of bodies) length += 1 + varintLength(body) + body;

  const bytes = Buffer.allocUnsafe(length);
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
    at += bytes.write(name, at);
    bytes[at++] = 0x18;
    at = writeVarint(bytes, tsize, at);
  });
  bytes[at++] = 0x0a;
  at = writeVarint(bytes, data.length, at);
  bytes.set(data, at);
  return plain(bytes);
}

/** @throws Failure `corrupt` where the bytes aren't dag-pb. */
export function decodePb(bytes: Uint8Array): PbNode {
  const links: NamedLink[] = [];
  let data: Uint8Array | undefined;
  let linksBeforeData = false;
  for (const { number, value } of fieldsOf(bytes)) {
    if (typeof value === "number" || (number !== 1 && number !== 2)) throw new Failure("corrupt", "is not dag-pb");
    if (number === 1) {
      if (data !== undefined) throw new Failure("corrupt", "is not dag-pb: data twice");
      data = value;
      linksBeforeData = links.length > 0;
    } else {
      if (linksBeforeData && data !== undefined) throw new Failure("corrupt", "is not dag-pb: links around the data");
      links.push(decodeLink(value));
    }
  }
  return { links, data: data ?? new Uint8Array(0) };
}

/** The block of a node. Links as for {@link encodePb}. */
export function pbBlock(node: PbNode, cidVersion: 0 | 1): Block {
  return blockOf(codecs.dagPb, encodePb(node), cidVersion);
}

function linkBodyLength(nameLength: number, cidLength: number, tsize: number): number {
  return 3 + varintLength(cidLength) + cidLength + varintLength(nameLength) + nameLength + varintLength(tsize);
}

function decodeLink(bytes: Uint8Array): NamedLink {
  let cid: CID | undefined;
  let name: string | undefined;
  let tsize: number | undefined;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1 && typeof value !== "number" && cid === undefined) cid = decodeCid(value);
    else if (number === 2 && typeof value !== "number" && name === undefined) name = utf8(value);
    else if (number === 3 && typeof value === "number" && tsize === undefined) tsize = value;
    else throw new Failure("corrupt", `is not dag-pb: a link with an unexpected field ${number}`);
  }
  if (cid === undefined) throw new Failure("corrupt", "is not dag-pb: a link without a CID");
  return { cid, name: name ?? "", tsize: tsize ?? 0 };
}

function decodeCid(bytes: Uint8Array): CID {
  try {
    return CID.decode(bytes);
  } catch (cause) {
    throw new Failure("corrupt", "is not dag-pb: a link that isn't a CID", { cause });
  }
}
