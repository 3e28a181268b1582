/**
 * Memory that long work on very many small things takes for nothing.
 *
 * V8 lets the part of the heap where new objects are made grow to 100 MB, where collecting it less often pays. Hashing a
 * million files makes garbage all the time and keeps hardly any of it: it is as fast with that part small. Other work, that
 * keeps what it makes, is slower so: this is for the long runs only.
 */
import { setFlagsFromString } from "node:v8";

/** Keep that part of the heap as small as it is now, for the rest of this process. */
export function keepYoungHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
