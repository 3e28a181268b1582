/** Which blocks the node stores, and in which form packs have them. */
import { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Block, codecs, hashes } from "../../dag/block.ts";
import { largestBlock } from "../../dag/car.ts";
import { blockOf } from "../../dag/hash.ts";

/** @throws Failure `input` for a block that is too large, or of a codec that is not walked. */
export function refuseUnknown({ cid, bytes }: Block): void {
  if (bytes.length > largestBlock) {
    throw new Failure(
      "input",
      `${cid} has ${bytes.length} bytes; blocks of more than ${largestBlock} can't be exchanged between nodes`,
    );
  }
  if (!knownCodecs.has(cid.code)) {
    const known = "raw, dag-pb, dag-cbor, dag-json, json and cbor";
    throw new Failure("input", `${cid} is of codec 0x${cid.code.toString(16)}; stored are ${known}`);
  }
}

/**
 * The block as packs have it: under its sha2-256 digest, and as raw bytes unless it is of a codec that fieldtree writes.
 * Other codecs have longer CIDs than the records of packs are read by.
 */
export function storedAs(block: Block): Block {
  const { cid, bytes } = block;
  if (cid.multihash.code !== hashes.sha256) return blockOf(codecs.raw, bytes);
  return writtenCodecs.has(cid.code) ? block : { cid: CID.createV1(codecs.raw, cid.multihash), bytes };
}

const writtenCodecs: ReadonlySet<number> = new Set([codecs.raw, codecs.dagPb, codecs.dagCbor]);

const knownCodecs: ReadonlySet<number> = new Set(Object.values(codecs));
