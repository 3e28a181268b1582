/**
 * A set of sha2-256 digests that costs little more than the digests themselves.
 *
 * Four million blocks are an ordinary campaign; as many strings in a `Set` are half a gigabyte. Here they are in
 * tables, some 48 bytes for each, that grow one by one, so the whole set is never copied.
 */

export interface DigestSet extends Iterable<Uint8Array> {
  readonly size: number;
  has(digest: Uint8Array): boolean;
  /** Put it in; `true` where it wasn't there before. */
  add(digest: Uint8Array): boolean;
}

/** Bytes of a sha2-256 digest. */
export const digestLength = 32;

/** Tables of a set: a byte of the digest chooses one. */
const tableCount = 64;

export function digestSet(): DigestSet {
  const tables: Table[] = [];
  let size = 0;
  // One byte for the table, four others for the place in it: all are random already.
  const tableOf = (digest: Uint8Array): Table => {
    const number = digest[4]! % tableCount;
    tables[number] ??= newTable();
    return tables[number];
  };

  return {
    get size() {
      return size;
    },
    has: (digest) => tables[digest[4]! % tableCount]?.has(digest) ?? false,
    add(digest) {
      const isNew = tableOf(digest).add(digest);
      if (isNew) size++;
      return isNew;
    },
    *[Symbol.iterator]() {
      for (const table of tables) if (table) yield* table.digests();
    },
  };
}

interface Table {
  has(digest: Uint8Array): boolean;
  add(digest: Uint8Array): boolean;
  digests(): Generator<Uint8Array>;
}

function newTable(): Table {
  let count = 0;
  let capacity = 8;
  let bytes = new Uint8Array(capacity * digestLength);
  // A place of zeros is free; the one digest that is all zeros is remembered here.
  let hasZero = false;

  /** Where in `bytes` the digest is, or the free place where it would be. */
  const placeOf = (digest: Uint8Array): number => {
    const first = (digest[0]! | (digest[1]! << 8) | (digest[2]! << 16) | (digest[3]! << 24)) >>> 0;
    for (let place = Math.floor((first / 2 ** 32) * capacity); ; place = place + 1 === capacity ? 0 : place + 1) {
      const at = place * digestLength;
      if (isAt(digest, at) || isFree(at)) return at;
    }
  };
  const isAt = (digest: Uint8Array, at: number): boolean => {
    for (let i = 0; i < digestLength; i++) if (bytes[at + i] !== digest[i]) return false;
    return true;
  };
  const isFree = (at: number): boolean => {
    for (let i = 0; i < digestLength; i++) if (bytes[at + i] !== 0) return false;
    return true;
  };
  const grow = (): void => {
    const before = bytes;
    capacity = Math.ceil(capacity * 1.25) + 8;
    bytes = new Uint8Array(capacity * digestLength);
    for (let at = 0; at < before.length; at += digestLength) {
      const digest = before.subarray(at, at + digestLength);
      if (!isZero(digest)) bytes.set(digest, placeOf(digest));
    }
  };

  return {
    has: (digest) => (isZero(digest) ? hasZero : !isFree(placeOf(digest))),

    add(digest) {
      if (isZero(digest)) {
        const isNew = !hasZero;
        hasZero = true;
        return isNew;
      }
      const at = placeOf(digest);
      if (!isFree(at)) return false;
      bytes.set(digest, at);
      count++;
      // At most three quarters full, so that runs of taken places stay short.
      if (count * 4 > capacity * 3) grow();
      return true;
    },

    *digests() {
      if (hasZero) yield new Uint8Array(digestLength);
      for (let at = 0; at < bytes.length; at += digestLength) {
        if (!isFree(at)) yield bytes.subarray(at, at + digestLength);
      }
    },
  };
}

function isZero(digest: Uint8Array): boolean {
  for (let i = 0; i < digestLength; i++) if (digest[i] !== 0) return false;
  return true;
}
