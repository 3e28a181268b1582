/**
 * A set of sha2-256 digests that costs little more than the digests themselves.
 *
 * Four million blocks are an ordinary campaign; as many strings in a `Set` are half a gigabyte. Here they stand side by
 * side in one buffer, found by their first bytes, which are random already.
 */

export interface DigestSet extends Iterable<Uint8Array> {
  readonly size: number;
  has(digest: Uint8Array): boolean;
  /** Put it in; `true` where it wasn't there before. */
  add(digest: Uint8Array): boolean;
}

/** Bytes of a sha2-256 digest. */
export const digestLength = 32;

export function digestSet(): DigestSet {
  let size = 0;
  let capacity = 1024;
  let digests = Buffer.alloc(capacity * digestLength);
  let taken = new Uint8Array(capacity);

  /** Where the digest is, or the free place where it would be. */
  const placeOf = (digest: Uint8Array): number => {
    const first = digest[0]! | (digest[1]! << 8) | (digest[2]! << 16) | (digest[3]! << 24);
    for (let place = (first >>> 0) & (capacity - 1); ; place = (place + 1) & (capacity - 1)) {
      if (taken[place] === 0 || isAt(digest, place * digestLength)) return place;
    }
  };
  const isAt = (digest: Uint8Array, at: number): boolean => {
    for (let i = 0; i < digestLength; i++) if (digests[at + i] !== digest[i]) return false;
    return true;
  };
  const grow = (): void => {
    const [before, wasTaken] = [digests, taken];
    capacity *= 2;
    digests = Buffer.alloc(capacity * digestLength);
    taken = new Uint8Array(capacity);
    for (let i = 0; i < wasTaken.length; i++) {
      if (wasTaken[i] === 0) continue;
      const digest = before.subarray(i * digestLength, (i + 1) * digestLength);
      const place = placeOf(digest);
      digests.set(digest, place * digestLength);
      taken[place] = 1;
    }
  };

  return {
    get size() {
      return size;
    },
    has: (digest) => taken[placeOf(digest)] === 1,
    *[Symbol.iterator]() {
      for (let place = 0; place < capacity; place++) {
        if (taken[place] === 1) yield digests.subarray(place * digestLength, (place + 1) * digestLength);
      }
    },
    add(digest) {
      const place = placeOf(digest);
      if (taken[place] === 1) return false;
      digests.set(digest, place * digestLength);
      taken[place] = 1;
      size++;
      // At most half full, so that runs of taken places stay short.
      if (size * 2 > capacity) grow();
      return true;
    },
  };
}
