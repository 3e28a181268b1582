/**
 * Blocks that are hashed by something else than sha2-256.
 *
 * Packs and their indexes know sha2-256 alone: it is what nearly all blocks have, and what a repair reads a pack by. The
 * bytes of any other block are stored under their sha2-256 digest as well, and this file maps each of them to that digest.
 *
 * ```
 * .fieldtree/other-hashes.txt    a line each: the multihash and the sha2-256 digest, both in hexadecimal
 * ```
 *
 * A line is written when its block is on the disk. It need not be trusted: what is read through it is hashed by the hash
 * of its CID, so a damaged line makes a block missing, never wrong. All lines are in memory, some 300 bytes each, from the
 * first time that such a block is asked for.
 */
import { readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import type { CID } from "multiformats/cid";
import { hashes, isInline } from "../../dag/block.ts";
import { digestLength } from "../../dag/digest-set.ts";
import { syncFolder, writeDurably } from "../../disk/write.ts";

export interface OtherHashes {
  /** The sha2-256 digest under which the block is stored, uint8[32]; `undefined` where it is not. */
  digestOf(cid: CID): Uint8Array | undefined;
  /** Records the digest of each CID's block. Survives a power cut when this returns. */
  add(blocks: readonly AliasedBlock[]): Promise<void>;
  /** Forgets blocks whose bytes are gone. */
  retain(isStored: (digest: Uint8Array) => boolean): Promise<void>;
}

export interface AliasedBlock {
  readonly cid: CID;
  readonly digest: Uint8Array;
}

/** Nothing is read before the first such block is asked for. */
export function otherHashes(file: string): OtherHashes {
  let known = new Map<string, string>();
  let version = "";

  /** Reads the file where another process changed it since. */
  const refresh = (): void => {
    const stat = statSync(file, { throwIfNoEntry: false });
    const now = stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : "";
    if (now === version) return;
    version = now;
    known = stat ? parse(readFileSync(file, "utf8")) : new Map();
  };
  const find = (cid: CID): string | undefined => {
    const key = hex(cid.multihash.bytes);
    if (!known.has(key)) refresh();
    return known.get(key);
  };

  return {
    digestOf(cid) {
      const { code, digest } = cid.multihash;
      if (code === hashes.sha256) return digest.length === digestLength ? digest : undefined;
      const found = isInline(cid) ? undefined : find(cid);
      return found === undefined ? undefined : Buffer.from(found, "hex");
    },

    async add(blocks) {
      const lines = blocks
        .filter(({ cid, digest }) => find(cid) !== hex(digest))
        .map(({ cid, digest }) => `${hex(cid.multihash.bytes)} ${hex(digest)}\n`);
      if (lines.length === 0) return;
      const handle = await open(file, "a");
      try {
        // A line that a power cut tore stays on its own.
        await handle.appendFile(`\n${lines.join("")}`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncFolder(dirname(file));
      refresh();
    },

    async retain(isStored) {
      refresh();
      const staying = [...known].filter(([, digest]) => isStored(Buffer.from(digest, "hex")));
      if (staying.length === known.size) return;
      await writeDurably(file, staying.map(([multihash, digest]) => `${multihash} ${digest}\n`).join(""));
    },
  };
}

/** The last line of a multihash counts. */
function parse(text: string): Map<string, string> {
  const lines = text.split("\n").map((line) => /^((?:[0-9a-f]{2})+) ([0-9a-f]{64})$/.exec(line));
  return new Map(lines.flatMap((line) => (line ? [[line[1]!, line[2]!]] : [])));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
