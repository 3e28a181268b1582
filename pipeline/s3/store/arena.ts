/**
 * Many small records in a few large buffers: a record costs its bytes and four more, where a Uint8Array of its own costs over a hundred.
 *
 * ```ts
 * const position = arena.add(bytes);
 * arena.get(position); // the same bytes
 * ```
 */
export interface Arena {
  /** Bytes of records that are there, and of those that were removed and still take memory. */
  readonly used: number;
  readonly wasted: number;
  /** Returns the record's position, which is below 2^52. */
  add(bytes: Uint8Array): number;
  /** A view, valid until the record is removed. */
  get(position: number): Uint8Array;
  remove(position: number): void;
}

const chunkSize = 2 ** 20;
const head = 4;

export function arena(): Arena {
  const chunks: (Buffer | undefined)[] = [];
  /** Records of each chunk that are there. */
  const counts: number[] = [];
  let end = chunkSize;
  let used = 0;
  let wasted = 0;
  const at = (position: number) => {
    const chunk = chunks[Math.floor(position / chunkSize)];
    const offset = position % chunkSize;
    if (!chunk) throw new Error(`no record at ${position}`);
    return { chunk, offset, length: chunk.readUInt32LE(offset) };
  };
  return {
    get used() {
      return used;
    },
    get wasted() {
      return wasted;
    },
    add(bytes) {
      const length = head + bytes.length;
      if (end + length > chunkSize) {
        chunks.push(Buffer.allocUnsafeSlow(Math.max(chunkSize, length)));
        counts.push(0);
        end = 0;
      }
      const index = chunks.length - 1;
      const chunk = chunks[index]!;
      chunk.writeUInt32LE(bytes.length, end);
      chunk.set(bytes, end + head);
      const position = index * chunkSize + end;
      end += length;
      used += length;
      counts[index]!++;
      return position;
    },
    get(position) {
      const { chunk, offset, length } = at(position);
      return chunk.subarray(offset + head, offset + head + length);
    },
    remove(position) {
      const { length } = at(position);
      used -= head + length;
      wasted += head + length;
      const index = Math.floor(position / chunkSize);
      // A chunk without records is freed at once, but for the one that is being filled.
      if (--counts[index]! > 0 || index === chunks.length - 1) return;
      wasted -= chunks[index]!.length;
      chunks[index] = undefined;
    },
  };
}
