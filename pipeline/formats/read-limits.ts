/** How much of the values of one dataset is read, whatever format it is in, and how much of that at once. */

/**
 * Decoded bytes that are read: of one array (32 million positions in float64), of one chunk, which memory has whole, and of
 * one dataset. And chunks of one array, so that one value a chunk doesn't mean a million requests.
 */
export const most = { array: 256e6, chunk: 128e6, dataset: 1e9, chunks: 16_384 } as const;
/** Chunks in a sample of an array beyond those limits. */
export const sampleSize = 8;
/** Values handed on before others have their turn: what they are for takes some ms. */
export const perTurn = 2 ** 18;
/** What is under way at once in one dataset: chunks, and the decoded bytes of arrays, unless it is one array alone. */
export const underWay = { chunks: 8, bytes: 32e6 } as const;

/** At most `count` numbers from 0 to `total` - 1, both ends among them. */
export function evenly(total: number, count: number): readonly number[] {
  const length = Math.min(total, count);
  return Array.from({ length }, (_, i) => (length === 1 ? 0 : Math.floor((i * (total - 1)) / (length - 1))));
}

/** Lets work begin in the order it comes, as long as what is under way has not too many bytes together; each calls what it is given at its end. */
export function byBytes(limit: number): (bytes: number) => Promise<() => void> {
  const waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  let [count, sum] = [0, 0];
  const startNext = () => {
    for (let next = waiting[0]; next && (count === 0 || sum + next.bytes <= limit); next = waiting[0]) {
      waiting.shift();
      count++;
      sum += next.bytes;
      next.start();
    }
  };
  return async (bytes) => {
    await new Promise<void>((start) => {
      waiting.push({ bytes, start });
      startNext();
    });
    return () => {
      count--;
      sum -= bytes;
      startNext();
    };
  };
}
