/**
 * Limits the memory of long runs that create very many short-lived objects.
 *
 * V8 lets the part of the heap for new objects (the semi-spaces) grow to 100 MB, because collecting it less often is usually
 * faster. Hashing a million files creates garbage all the time and retains hardly any objects, and is as fast with small
 * semi-spaces. Work that retains its objects becomes slower, so this is for such long runs only.
 *
 * Of the other part, V8 collects garbage when it has grown to a multiple of what was in use, which on a machine with much memory
 * is far more than a run needs.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Stop that part of the heap from growing, for the rest of this process. */
export function limitYoungHeap(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * Collect the garbage of the old part once that has grown by three quarters, for the rest of this process: for runs that retain some
 * hundred megabytes for minutes. It takes more time, of which such a run spends little there.
 */
export function limitOldHeap(): void {
  setFlagsFromString("--heap-growing-percent=75");
}

/** Bytes of that part which are enough for objects that live for some reads of a file, and how often it is measured, ms. */
const enough = { bytes: 16 * 2 ** 20, every: 100 } as const;

/**
 * Stop it from growing once it has 16 MB, for the rest of this process: for runs that describe thousands of files. Smaller
 * ones move objects to the old part that are no longer used a moment later, and the process takes more memory, not less.
 */
export function limitGrownYoungHeap(): void {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    if (young && young.space_size < enough.bytes) return;
    clearInterval(timer);
    limitYoungHeap();
  }, enough.every);
  timer.unref();
}
