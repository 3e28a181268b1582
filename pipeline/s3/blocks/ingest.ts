/** Bytes of objects as blocks on the campaign's node, and back: chunked as `add` does, so that equal contents are equal CIDs. */
import type { CID } from "multiformats/cid";
import type { World } from "../../core/world.ts";
import { type Block, codecs, type Get } from "../../dag/block.ts";
import { balancer, type FileLink, leafOf } from "../../dag/build/file.ts";
import { shapeOf } from "../../dag/codec/decode.ts";
import { profiles } from "../../dag/profile.ts";
import { load } from "../../dag/read/directory-block.ts";
import { content } from "../../dag/read/read.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import type { StoredPart } from "../store/object.ts";

export const profile = profiles["cid-v1"];

/** Stores bytes as they come. When it resolves, they survive a power cut. @throws what `bytes` throws */
export async function store(
  bytes: AsyncIterable<Uint8Array>,
  home: Pick<HomeNode, "put">,
  world: World,
): Promise<FileLink> {
  let file: FileLink | undefined;
  const blocks = async function* (): AsyncGenerator<Block> {
    const done: Block[] = [];
    const balancing = balancer(profile, (block) => void done.push(block));
    let count = 0;
    for await (const chunk of chunked(bytes)) {
      count++;
      balancing.push(leafOf(chunk, profile, (block) => void done.push(block)));
      yield* done.splice(0);
    }
    if (count === 0) balancing.push(leafOf(new Uint8Array(0), profile, (block) => void done.push(block)));
    file = balancing.finish();
    yield* done.splice(0);
  };
  await home.put(blocks(), world);
  return file!;
}

/** Pieces of exactly the chunk size, the last one excepted. */
async function* chunked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const size = profile.chunkSize;
  let parts: Uint8Array[] = [];
  let filled = 0;
  for await (let part of bytes) {
    while (filled + part.length >= size) {
      const taken = part.subarray(0, size - filled);
      part = part.subarray(taken.length);
      yield Buffer.concat([...parts, taken]);
      parts = [];
      filled = 0;
    }
    if (part.length === 0) continue;
    parts.push(part);
    filled += part.length;
  }
  if (filled > 0) yield parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/** The parts of an upload as one file. Where each but the last is a multiple of the chunk size, no byte is read again. */
export async function joinParts(
  parts: readonly StoredPart[],
  home: Pick<HomeNode, "put">,
  get: Get,
  world: World,
): Promise<FileLink> {
  const isAligned = parts.slice(0, -1).every(({ size }) => size % profile.chunkSize === 0);
  if (!isAligned) return store(contents(parts, get), home, world);
  const done: Block[] = [];
  const balancing = balancer(profile, (block) => void done.push(block));
  let count = 0;
  for (const { cid, size } of parts) {
    // An empty last part has a leaf of its own, that no other file of these bytes has.
    if (size === 0 && parts.length > 1) continue;
    for await (const leaf of leavesOf(cid, size, get)) {
      balancing.push(leaf);
      count++;
    }
  }
  if (count === 0) balancing.push(leafOf(new Uint8Array(0), profile, (block) => void done.push(block)));
  const file = balancing.finish();
  await home.put(done, world);
  return file;
}

async function* contents(parts: readonly StoredPart[], get: Get): AsyncGenerator<Uint8Array> {
  for (const { cid } of parts) yield* content(cid, get);
}

/** Leaves of a file, in order: only nodes above them are read. */
async function* leavesOf(cid: CID, size: number, get: Get): AsyncGenerator<FileLink> {
  if (cid.code === codecs.raw) {
    yield { cid, size, tsize: size };
    return;
  }
  const shape = shapeOf(cid, await load(cid, get));
  if (shape.kind !== "file") throw new Error(`${cid} is no file`);
  for (const part of shape.parts) yield* leavesOf(part.cid, part.size, get);
}
