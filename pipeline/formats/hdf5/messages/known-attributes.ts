/**
 * Attributes of files read before, by their bytes: files of one series have hundreds that are the same in each.
 *
 * Only of those whose values are in the message itself. Bounded, and shared by all files that one reader opens.
 */
import { generations } from "../../../core/remembered.ts";
import type { Hdf5Attribute } from "../model.ts";
import type { Cursor, Widths } from "../structure/cursor.ts";

export interface KnownAttribute {
  readonly attribute: Hdf5Attribute;
  /** Bytes of memory that reading it spent. */
  readonly memory: number;
}

export interface KnownAttributes {
  /** Whether a message is worth remembering. */
  takes(message: Cursor): boolean;
  get(message: Cursor): KnownAttribute | undefined;
  /** `message` must have bytes of its own: they stay in memory. */
  add(message: Cursor, known: KnownAttribute): void;
}

/** Attributes, and bytes of each: some MB of memory at most. */
const most = { attributes: 1024, bytes: 1024 } as const;

interface Entry extends KnownAttribute {
  readonly bytes: Uint8Array;
  readonly widths: Widths;
}

export function knownAttributes(): KnownAttributes {
  const byHash = generations<number, Entry>(most.attributes);
  return {
    takes: ({ bytes }) => bytes.length <= most.bytes,
    get({ bytes, widths }) {
      const entry = bytes.length <= most.bytes ? byHash.get(hashOf(bytes)) : undefined;
      return entry && isSame(entry, bytes, widths) ? entry : undefined;
    },
    add: ({ bytes, widths }, known) => byHash.set(hashOf(bytes), { ...known, bytes, widths }),
  };
}

function isSame(entry: Entry, bytes: Uint8Array, { offsets, lengths }: Widths): boolean {
  if (entry.bytes.length !== bytes.length) return false;
  if (entry.widths.offsets !== offsets || entry.widths.lengths !== lengths) return false;
  for (let i = 0; i < bytes.length; i++) if (entry.bytes[i] !== bytes[i]) return false;
  return true;
}

/** FNV-1a, which only chooses the entry to compare with. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}
