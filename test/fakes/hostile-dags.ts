/** DAGs that say much more than they are: a few blocks that link to one another so often that following all of it has no end. */
import type { CID } from "multiformats/cid";
import { type Block, codecs } from "../../pipeline/dag/block.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { encodeUnixFs } from "../../pipeline/dag/codec/unixfs.ts";
import { blockOf, pbBlock } from "../../pipeline/dag/hash.ts";

type Put = (block: Block) => void;

/** A directory in one block, however many links it has. */
export function folderOf(links: readonly { readonly name: string; readonly cid: CID }[]): Block {
  return pbBlock({ links: links.map((link) => ({ ...link, tsize: 1 })), data: encodeUnixFs({ kind: "directory" }) }, 1);
}

/** A file that says it has 2^40 bytes, in 41 blocks. */
export function selfSimilar(put: Put): CID {
  let size = 1;
  let block = pbBlock(
    { links: [], data: encodeUnixFs({ kind: "file", size, data: Buffer.from("A"), blockSizes: [] }) },
    1,
  );
  put(block);
  for (; size < 2 ** 40; size *= 2) {
    const half = { name: "", cid: block.cid, tsize: 1 };
    const data = encodeUnixFs({ kind: "file", size: 2 * size, data: new Uint8Array(0), blockSizes: [size, size] });
    block = pbBlock({ links: [half, half], data }, 1);
    put(block);
  }
  return block.cid;
}

/** A folder of `count` names that all lead to one folder. */
export function allOne(count: number, to: CID, put: Put): CID {
  return putting(folderOf(Array.from({ length: count }, (_, i) => ({ name: `${i}`.padStart(6, "0"), cid: to }))), put);
}

/** Some folders of 20 000 names each, all different, which link to the same `files` raw blocks again and again. */
export function wideFolders(folders: number, files: number, put: Put): CID {
  const cids = Array.from({ length: files }, (_, i) =>
    putting(blockOf(codecs.raw, new TextEncoder().encode(`file ${i}`)), put),
  );
  const wide = Array.from({ length: folders }, (_, folder) => {
    const links = Array.from({ length: 20_000 }, (_, i) => ({
      name: `${folder}-${`${i}`.padStart(6, "0")}`,
      cid: cids[(folder * 20_000 + i) % files]!,
    }));
    return { name: `folder-${folder}`, cid: putting(folderOf(links), put) };
  });
  return putting(folderOf(wide), put);
}

export async function carBytes(roots: readonly CID[], blocks: Iterable<Block>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of carOf(roots, blocks)) parts.push(part);
  return Buffer.concat(parts);
}

function putting(block: Block, put: Put): CID {
  put(block);
  return block.cid;
}
