/**
 * What a pure function gave for the same argument before: files of one series are alike, and what their attributes mean
 * is worked out once.
 *
 * Results are shared, so callers must not change them.
 */

/** By the object itself, as long as it is in use. */
export const perObject = <Key extends object, Value>(of: (key: Key) => Value): ((key: Key) => Value) =>
  remembering<Key, Value>(new WeakMap(), of);

/** By text. The last `most` to twice as many are remembered. */
export const perText = <Value>(most: number, of: (text: string) => Value): ((text: string) => Value) =>
  remembering<string, Value>(generations(most), of);

/** In `known` each value is within an object, so that `undefined` is remembered, too. */
function remembering<Key, Value>(
  known: {
    get(key: Key): { readonly value: Value } | undefined;
    set(key: Key, found: { readonly value: Value }): unknown;
  },
  of: (key: Key) => Value,
): (key: Key) => Value {
  return (key) => {
    const found = known.get(key);
    if (found) return found.value;
    const value = of(key);
    known.set(key, { value });
    return value;
  };
}

export interface Generations<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
}

/** A map of the last `most` to twice as many entries: the older half goes at once, which costs less than an order of use. */
export function generations<Key, Value>(most: number): Generations<Key, Value> {
  let young = new Map<Key, Value>();
  let old = new Map<Key, Value>();
  const set = (key: Key, value: Value) => {
    if (young.size >= most) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    set,
    get(key) {
      const here = young.get(key);
      if (here !== undefined) return here;
      const before = old.get(key);
      if (before !== undefined) set(key, before);
      return before;
    },
  };
}
