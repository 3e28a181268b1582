/**
 * Limits the memory of long runs that create very many short-lived objects.
 *
 * V8 lets the part of the heap for new objects (the semi-spaces) grow to 100 MB, because collecting it less often is usually
 * faster. Hashing a million files creates garbage all the time and retains hardly any objects, and is as fast with small
 * semi-spaces. Work that retains its objects becomes slower, so this is for such long runs only.
 */
import { setFlagsFromString } from "node:v8";

/** Stop that part of the heap from growing, for the rest of this process. */
export function limitYoungHeap(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
