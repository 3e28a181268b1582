/**
 * What a pure function gave for the same argument before: files of one series are alike, and what their attributes mean
 * is worked out once.
 *
 * Results are shared, so callers must not change them.
 */

/** By the object itself, as long as it is in use. */
export function perObject<Key extends object, Value>(of: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const found = known.get(key);
    if (found) return found.value;
    const value = of(key);
    known.set(key, { value });
    return value;
  };
}

/** By text. The last `most` to twice as many are remembered. */
export function perText<Value>(most: number, of: (text: string) => Value): (text: string) => Value {
  const known = generations<string, { readonly value: Value }>(most);
  return (text) => {
    const found = known.get(text);
    if (found) return found.value;
    const value = of(text);
    known.set(text, { value });
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
