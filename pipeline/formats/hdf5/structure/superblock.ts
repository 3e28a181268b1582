/**
 * Section II.A, "Disk Format: Level 0A - Format Signature and Superblock", versions 0 to 3.
 *
 * The superblock is at byte 0, 512, 1024, 2048, … of the file: what is before it is the user block. Addresses are relative
 * to where it is found, even where its base address is another, as after a user block was added or taken away
 * (H5Fsuper.c).
 */
import type { RangeSource } from "../../../core/dataset/range-source.ts";
import { Cursor, type Widths } from "./cursor.ts";
import { damaged, unsupported } from "./failures.ts";
import { type Storage, storageOf } from "./storage.ts";

export interface Superblock {
  readonly version: number;
  readonly storage: Storage;
  /** Address of the root group's header. */
  readonly root: number;
  /** Address of the superblock extension's header, which later versions of HDF5 have for what is rare. */
  readonly extension: number | undefined;
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] as const;

export const isHdf5Signature = (bytes: Uint8Array) =>
  bytes.length >= signature.length && signature.every((byte, i) => bytes[i] === byte);

/** The longest superblock, with numbers of 8 bytes: version 1. */
const longest = 100;

/** @throws Failure `input` where there is none, or the file ends before what it describes; `unavailable` as the source does. */
export async function readSuperblock(source: RangeSource): Promise<Superblock> {
  const base = await findSignature(source);
  const head = await source.read(base, longest);
  const version = head[8];
  if (version === undefined) throw damaged("the file ends within its superblock", base);
  if (version > 3) throw unsupported(`version ${version} of HDF5's superblock is not read`);
  return version < 2 ? older(source, base, head, version) : newer(source, base, head, version);
}

async function findSignature(source: RangeSource): Promise<number> {
  for (let at = 0; at + signature.length <= source.size; at = at === 0 ? 512 : 2 * at) {
    if (isHdf5Signature(await source.read(at, signature.length))) return at;
  }
  throw unsupported("it is no HDF5 file: there is no HDF5 signature");
}

function older(source: RangeSource, base: number, head: Uint8Array, version: number): Superblock {
  const [offsets = 0, lengths = 0] = head.subarray(13, 15);
  const widths = checkedWidths(offsets, lengths, base);
  const cursor = new Cursor(head, widths, base).skip(version === 0 ? 24 : 28);
  const storedBase = cursor.address() ?? 0;
  // Free-space information, which HDF5 never wrote.
  cursor.address();
  const end = cursor.definedAddress("the end of the file");
  if (cursor.address() !== undefined)
    throw unsupported("an HDF5 file that is divided into several files (a driver other than the default) is not read");
  // The root's symbol table entry: its link name, which it has none of, then its header.
  cursor.address();
  const root = cursor.definedAddress("the root group");
  checkEnd(source, base, end + base - storedBase);
  return { version, storage: storageOf(source, base, widths), root, extension: undefined };
}

function newer(source: RangeSource, base: number, head: Uint8Array, version: number): Superblock {
  const [offsets = 0, lengths = 0] = head.subarray(9, 11);
  const widths = checkedWidths(offsets, lengths, base);
  const cursor = new Cursor(head, widths, base).skip(12);
  const storedBase = cursor.address() ?? 0;
  const extension = cursor.address();
  const end = cursor.definedAddress("the end of the file");
  const root = cursor.definedAddress("the root group");
  cursor.checksum("the superblock");
  checkEnd(source, base, end + base - storedBase);
  return { version, storage: storageOf(source, base, widths), root, extension };
}

function checkedWidths(offsets: number, lengths: number, at: number): Widths {
  const known = [2, 4, 8];
  if (known.includes(offsets) && known.includes(lengths)) return { offsets, lengths };
  if ([16, 32].includes(offsets) || [16, 32].includes(lengths))
    throw unsupported(`HDF5 with addresses of ${offsets} and lengths of ${lengths} bytes is not read`);
  throw damaged(`addresses have ${offsets} bytes and lengths ${lengths}`, at);
}

/** What was cut off in transfer ends early: HDF5 itself refuses such a file, too. */
function checkEnd(source: RangeSource, base: number, end: number): void {
  if (end > source.size)
    throw damaged(`the file has ${source.size} bytes of the ${end} that its superblock names`, base);
}
