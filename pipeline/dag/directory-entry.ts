/** One entry of a directory, and the hash that places it in a sharded one. */
import { murmur364 } from "@multiformats/murmur3";
import type { Link } from "./block.ts";

export interface DirectoryEntry extends Link {
  readonly name: string;
}

/** Slot of a name at each depth of a HAMT 256 wide, uint8[8]: the first 64 bits of murmur3-x64-128. */
export function hamtHash(name: string): Uint8Array {
  return murmur364.encode(new TextEncoder().encode(name)) as Uint8Array;
}
