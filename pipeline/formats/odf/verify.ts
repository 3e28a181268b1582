/**
 * Whether all of an Open Data Fabric dataset matches its head: each block, slice of data and checkpoint hashed, and offsets
 * and watermarks followed from block to block.
 */
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { plural } from "../../core/text/plural.ts";
import type { World } from "../../core/world.ts";
import { openParquet } from "../parquet/footer.ts";
import { type DataSlice, hashText, type StoredFile } from "./block.ts";
import { blocksOf, type Chain, continuity, isDataEvent, type OdfFiles } from "./chain.ts";
import { type HashUsing, isLogicalHash, logicalHash, NotHashed } from "./logical-hash.ts";

/** One thing that was examined. `problem` is absent where it is as it should be. */
export interface OdfCheck {
  readonly part: "chain" | "block" | "slice" | "checkpoint";
  /** The hash that names it; of the chain, its head. */
  readonly hash: string;
  readonly says: string;
  /** `unchecked`: out of reach now, or of a kind that is not hashed here. */
  readonly problem?: "corrupt" | "unchecked";
}

/** Bytes of a file hashed at a time. */
const pieceSize = 2 ** 20;

/** Checks the chain from the newest block to the first, and the data and checkpoints of each on the way. */
export async function* verifyOdf(
  chain: Chain,
  files: OdfFiles,
  using: HashUsing,
  world: World,
): AsyncGenerator<OdfCheck> {
  const continues = continuity();
  const checkpoints = new Set<string>();
  let blocks = 0;
  try {
    for await (const linked of blocksOf(chain, files, world)) {
      blocks++;
      const { hash, block } = linked;
      for (const says of continues(linked)) yield { part: "block", hash, says, problem: "corrupt" };
      if (!isDataEvent(block.event)) continue;
      const { newData, newCheckpoint } = block.event;
      if (newData) yield await examined("slice", newData, () => checkSlice(newData, chain, files, using, world));
      if (!newCheckpoint || checkpoints.has(newCheckpoint.physicalHash)) continue;
      checkpoints.add(newCheckpoint.physicalHash);
      yield await examined("checkpoint", newCheckpoint, async () => {
        await checkBytes("checkpoints", newCheckpoint, chain, files, using, world);
        return `${newCheckpoint.size} bytes`;
      });
    }
  } catch (error) {
    if (!isFailure(error, "input", "unavailable")) throw error;
    yield { part: "chain", hash: chain.head, says: error.message, problem: problemOf(error) };
    return;
  }
  yield { part: "chain", hash: chain.head, says: `${plural(blocks, "block")} to the first one` };
}

async function examined(
  part: OdfCheck["part"],
  { physicalHash }: StoredFile,
  examine: () => Promise<string>,
): Promise<OdfCheck> {
  try {
    return { part, hash: physicalHash, says: await examine() };
  } catch (error) {
    if (!isFailure(error, "input", "unavailable")) throw error;
    return { part, hash: physicalHash, says: error.message, problem: problemOf(error) };
  }
}

const problemOf = ({ kind }: Failure) => (kind === "input" ? "corrupt" : "unchecked");

async function checkSlice(
  slice: DataSlice,
  chain: Chain,
  files: OdfFiles,
  using: HashUsing,
  world: World,
): Promise<string> {
  const source = await checkBytes("data", slice, chain, files, using, world);
  const { start, end } = slice.offsetInterval;
  const { rows } = await openParquet(source);
  if (rows !== end - start + 1) throw wrong(`has ${rows} rows, and the chain has ${end - start + 1}`);
  if (!isLogicalHash(slice.logicalHash))
    throw new NotHashed(`has a logical hash of a kind that is not computed: ${slice.logicalHash}`);
  const logical = await logicalHash(source, using, world);
  if (logical !== slice.logicalHash) throw wrong(`has other values: their logical hash is ${logical}`);
  return `${plural(rows, "row")}, ${slice.size} bytes`;
}

/** The file, after its length and its bytes were compared with the chain. */
async function checkBytes(
  folder: StoredIn,
  stored: StoredFile,
  chain: Chain,
  files: OdfFiles,
  using: HashUsing,
  world: World,
): Promise<RangeSource> {
  const source = await openStored(folder, stored, chain, files);
  for await (const _ of checkedPieces(source, stored, using, world));
  return source;
}

export type StoredIn = "data" | "checkpoints";

/** @throws Failure `input` where it is not there, or has another length */
export async function openStored(
  folder: StoredIn,
  { physicalHash, size }: StoredFile,
  { nameOf }: Chain,
  files: OdfFiles,
): Promise<RangeSource> {
  if (!physicalHash.startsWith("f1620"))
    throw new NotHashed(`is named by a hash that is not computed: ${physicalHash}`);
  const source = await files.open(`${folder}/${nameOf(physicalHash)}`);
  if (!source) throw wrong("is not there");
  if (source.size !== size) throw wrong(`has ${source.size} bytes, and the chain has ${size}`);
  return source;
}

/** The bytes of a file, piece by piece. @throws Failure `input` after the last one, where they don't have its hash */
export async function* checkedPieces(
  source: RangeSource,
  { physicalHash, size }: StoredFile,
  { sha3 }: Pick<HashUsing, "sha3">,
  world: World,
): AsyncGenerator<Uint8Array> {
  const hash = sha3();
  for (let at = 0; at < size; at += pieceSize) {
    world.signal.throwIfAborted();
    const piece = await source.read(at, Math.min(pieceSize, size - at));
    hash.update(piece);
    yield piece;
  }
  const actual = hashText(hash.digest());
  if (actual !== physicalHash) throw wrong(`has other bytes: they hash to ${actual}`);
}

const wrong = (says: string) => new Failure("input", says);
