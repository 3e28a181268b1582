/** Copies an Open Data Fabric dataset from a web server to this machine, every file hashed on its way. */
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { StoredFile } from "../../formats/odf/block.ts";
import { blocksOf, isDataEvent } from "../../formats/odf/chain.ts";
import { checkedPieces, openStored, type StoredIn } from "../../formats/odf/verify.ts";
import { appearWhole } from "../local/extract.ts";
import type { Call } from "../verb.ts";
import { type OpenDataset, openDataset } from "./dataset.ts";
import { sha3 } from "./sha3.ts";

export interface Copied {
  /** Hash of the newest block. */
  readonly head: string;
  readonly bytes: number;
  readonly files: number;
}

/** @throws Failure `corrupt` naming the file that does not match the chain; the target is then as it was */
export async function copyDataset(given: string, target: string, replace: boolean, call: Call): Promise<Copied> {
  return copyOpened(await openDataset(given, call), target, replace, call.world);
}

/** As {@link copyDataset}, of one that is open already. */
export async function copyOpened(
  { files, chain }: OpenDataset,
  target: string,
  replace: boolean,
  world: World,
): Promise<Copied> {
  const count = { bytes: 0, files: 0 };
  const counted = (length: number) => {
    count.bytes += length;
    world.progress({ task: "copying", done: count.bytes, unit: "bytes" });
  };
  await appearWhole(target, replace, async (draft) => {
    for (const folder of ["refs", "blocks"]) await mkdir(join(draft, folder), { recursive: true });
    const write = async (path: string, bytes: Uint8Array | string) => {
      await writeFile(join(draft, path), bytes, { flag: "wx" });
      counted(bytes.length);
      count.files++;
    };
    const copied = new Set<string>();
    const copy = async (folder: StoredIn, stored: StoredFile) => {
      const path = `${folder}/${chain.nameOf(stored.physicalHash)}`;
      if (copied.has(path)) return;
      copied.add(path);
      // Not before: a copy has no empty folder that the dataset lacks, and so the dataset's CID.
      await mkdir(join(draft, folder), { recursive: true });
      const source = await openStored(folder, stored, chain, files);
      const file = await open(join(draft, path), "wx");
      try {
        for await (const piece of checkedPieces(source, stored, { sha3 }, world)) {
          await file.writeFile(piece);
          counted(piece.length);
        }
      } finally {
        await file.close();
      }
      count.files++;
    };
    for await (const { hash, bytes, block } of blocksOf(chain, files, world)) {
      await write(`blocks/${chain.nameOf(hash)}`, bytes);
      if (!isDataEvent(block.event)) continue;
      const { newData, newCheckpoint } = block.event;
      if (newData) await named(newData.physicalHash, () => copy("data", newData));
      if (newCheckpoint) await named(newCheckpoint.physicalHash, () => copy("checkpoints", newCheckpoint));
    }
    await write("refs/head", chain.nameOf(chain.head));
  });
  return { head: chain.head, ...count };
}

/** Adds to a failure of `work` which file it is about. */
async function named(hash: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.kind !== "input") throw cause;
    throw new Failure("corrupt", `${hash} ${cause.message}`, { cause });
  }
}
