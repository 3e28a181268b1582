/**
 * Which of very many sha2-256 digests were added, by the first eight bytes of each: some twelve bytes of memory for one.
 *
 * A digest that was added is always found. One that was not is found where it begins as another does: by chance in one of
 * 10^13 lookups among two million. So it suits decisions in which that is harmless, such as to retain a block that is not needed.
 *
 * ```ts
 * const heads = digestHeads();
 * heads.add(digest);
 * heads.has(digest); // true
 * const checklist = heads.checklist();
 * checklist.tick(digest);
 * checklist.left; // 0
 * ```
 */
export interface DigestHeads {
  readonly size: number;
  add(digest: Uint8Array): void;
  has(digest: Uint8Array): boolean;
  /** What was added so far, to be ticked off. Nothing is added after it. */
  checklist(): Checklist;
}

export interface Checklist {
  /** Ticks it off, where it was added. */
  tick(digest: Uint8Array): void;
  /** Number of those that were not ticked off. */
  readonly left: number;
}

/** Tables that grow one by one, so that the whole is never copied: a byte of the digest chooses one. */
const tableCount = 64;

export function digestHeads(): DigestHeads {
  const tables = Array.from({ length: tableCount }, newTable);
  const tableOf = (digest: Uint8Array): Table => tables[digest[8]! % tableCount]!;
  const sizeOf = (): number => tables.reduce((sum, { size }) => sum + size, 0);

  return {
    get size() {
      return sizeOf();
    },
    add: (digest) => tableOf(digest).add(word(digest, 0), word(digest, 4)),
    has: (digest) => tableOf(digest).placeOf(word(digest, 0), word(digest, 4)) !== undefined,
    checklist() {
      let left = sizeOf();
      const ticked = new Map(tables.map((table) => [table, new Uint8Array(table.places)]));
      return {
        tick(digest) {
          const table = tableOf(digest);
          const place = table.placeOf(word(digest, 0), word(digest, 4));
          const ticks = ticked.get(table);
          if (place === undefined || !ticks || ticks[place] === 1) return;
          ticks[place] = 1;
          left--;
        },
        get left() {
          return left;
        },
      };
    },
  };
}

/** Four bytes as a number. */
function word(digest: Uint8Array, at: number): number {
  return ((digest[at]! << 24) | (digest[at + 1]! << 16) | (digest[at + 2]! << 8) | digest[at + 3]!) >>> 0;
}

interface Table {
  readonly size: number;
  /** Places that there are, taken or free. */
  readonly places: number;
  /** Puts a head of two words in, where it isn't there. */
  add(first: number, second: number): void;
  /** Where it is; `undefined` where it was not added. */
  placeOf(first: number, second: number): number | undefined;
}

function newTable(): Table {
  let size = 0;
  let capacity = 8;
  // Two words each; both zero where the place is free. The head that is all zeros has a place of its own, the last.
  let words = new Uint32Array(capacity * 2);
  let hasZero = false;

  const isFree = (place: number): boolean => words[place * 2] === 0 && words[place * 2 + 1] === 0;
  /** Where the head is, or the free place where it would be. */
  const placeFor = (first: number, second: number): number => {
    for (let place = Math.floor((first / 2 ** 32) * capacity); ; place = place + 1 === capacity ? 0 : place + 1) {
      if (isFree(place) || (words[place * 2] === first && words[place * 2 + 1] === second)) return place;
    }
  };
  const put = (first: number, second: number): boolean => {
    const place = placeFor(first, second);
    const isNew = isFree(place);
    words[place * 2] = first;
    words[place * 2 + 1] = second;
    return isNew;
  };
  const grow = (): void => {
    const before = words;
    capacity = Math.ceil(capacity * 1.25) + 8;
    words = new Uint32Array(capacity * 2);
    for (let at = 0; at < before.length; at += 2) {
      if (before[at] !== 0 || before[at + 1] !== 0) put(before[at]!, before[at + 1]!);
    }
  };

  return {
    get size() {
      return size;
    },
    get places() {
      return capacity + 1;
    },
    add(first, second) {
      const isZero = first === 0 && second === 0;
      const isNew = isZero ? !hasZero : put(first, second);
      hasZero ||= isZero;
      if (!isNew) return;
      size++;
      // At most three quarters full, so that runs of taken places stay short.
      if (size * 4 > capacity * 3) grow();
    },
    placeOf(first, second) {
      if (first === 0 && second === 0) return hasZero ? capacity : undefined;
      const place = placeFor(first, second);
      return isFree(place) ? undefined : place;
    },
  };
}
