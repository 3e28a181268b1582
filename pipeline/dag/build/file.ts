/**
 * Files: chunks become leaves, leaves become a balanced tree.
 *
 * Chunks may be hashed anywhere, in any order (workers do); `balance` needs only what came of each. The shape is that of
 * Kubo's balanced builder: nodes are filled from the left, every leaf is equally deep, and one leaf alone is the file.
 *
 * ```ts
 * const { cid, size, tsize } = fileOf(bytes, profiles["cid-v1"], ({ cid, bytes }) => store(cid, bytes));
 * ```
 *
 * @see https://specs.ipfs.tech/unixfs/#dag-pb-file
 */
import { cidOfDigest, codecs, type Link, type Put } from "../block.ts";
import { encodeUnixFs } from "../codec/unixfs.ts";
import { blockOf, pbBlock } from "../hash.ts";
import type { Profile } from "../profile.ts";

export interface FileLink extends Link {
  /** Bytes of file contents below. */
  readonly size: number;
}

/** The leaf block of one chunk. The chunk's bytes are not copied where leaves are raw. */
export function leafOf(chunk: Uint8Array, profile: Profile, put: Put): FileLink {
  if (profile.rawLeaves) {
    const block = blockOf(codecs.raw, chunk);
    put(block);
    return { cid: block.cid, tsize: chunk.length, size: chunk.length };
  }
  const data = encodeUnixFs({ kind: "file", size: chunk.length, data: chunk, blockSizes: [] });
  const block = pbBlock({ links: [], data }, profile.cidVersion);
  put(block);
  return { cid: block.cid, tsize: block.bytes.length, size: chunk.length };
}

/** The raw leaf whose chunk of `size` bytes was hashed elsewhere; `digest` is its sha2-256, uint8[32]. */
export function leafLink(digest: Uint8Array, size: number): FileLink {
  return { cid: cidOfDigest(codecs.raw, digest), tsize: size, size };
}

/** The file whose leaves these are, in order. A file always has a leaf: the empty file has an empty one. */
export function balance(leaves: Iterable<FileLink>, profile: Profile, put: Put): FileLink {
  const balancing = balancer(profile, put);
  for (const leaf of leaves) balancing.push(leaf);
  return balancing.finish();
}

/** `balance`, leaf by leaf. In memory is at most one unfinished node of each layer. */
export function balancer(profile: Profile, put: Put): { push(leaf: FileLink): void; finish(): FileLink } {
  const layers: FileLink[][] = [[]];

  const push = (link: FileLink, depth: number): void => {
    // A full node is closed only when one more comes: were it the last, it might be the root.
    if (layers[depth]!.length === profile.maxLinks) close(depth);
    layers[depth]!.push(link);
  };
  const close = (depth: number): void => {
    const node = nodeOf(layers[depth]!, profile, put);
    layers[depth] = [];
    layers[depth + 1] ??= [];
    push(node, depth + 1);
  };

  return {
    push: (leaf) => push(leaf, 0),
    finish() {
      let depth = 0;
      while (depth < layers.length - 1 || layers[depth]!.length > 1) close(depth++);
      const root = layers[depth]![0];
      if (root === undefined) throw new RangeError("a file has at least one leaf");
      return root;
    },
  };
}

/** The file with these contents. */
export function fileOf(bytes: Uint8Array, profile: Profile, put: Put): FileLink {
  const balancing = balancer(profile, put);
  for (let at = 0; at === 0 || at < bytes.length; at += profile.chunkSize) {
    balancing.push(leafOf(bytes.subarray(at, at + profile.chunkSize), profile, put));
  }
  return balancing.finish();
}

function nodeOf(children: readonly FileLink[], profile: Profile, put: Put): FileLink {
  let size = 0;
  let tsize = 0;
  for (const child of children) {
    size += child.size;
    tsize += child.tsize;
  }
  const blockSizes = children.map((child) => child.size);
  const data = encodeUnixFs({ kind: "file", size, data: new Uint8Array(0), blockSizes });
  const links = children.map((child) => ({ name: "", cid: child.cid, tsize: child.tsize }));
  const block = pbBlock({ links, data }, profile.cidVersion);
  put(block);
  return { cid: block.cid, tsize: tsize + block.bytes.length, size };
}
