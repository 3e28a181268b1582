/**
 * The answers to the last questions, each asked once while it is among them.
 *
 * ```ts
 * const headers = recent(64, (address: number) => readHeader(address));
 * await headers.get(96);
 * ```
 */
export interface Recent<Key, Value> {
  /** The answer, which becomes the newest. One that failed is not remembered: the next caller asks again. */
  get(key: Key): Promise<Value>;
  has(key: Key): boolean;
}

/** @param most answers that are remembered; the one used longest ago is forgotten first. */
export function recent<Key, Value>(most: number, ask: (key: Key) => Promise<Value>): Recent<Key, Value> {
  // The map's order is that of last use.
  const remembered = new Map<Key, Promise<Value>>();
  return {
    has: (key) => remembered.has(key),

    get(key) {
      let answer = remembered.get(key);
      if (answer) {
        remembered.delete(key);
      } else {
        answer = ask(key);
        answer.catch(() => remembered.get(key) === answer && remembered.delete(key));
      }
      remembered.set(key, answer);
      for (const oldest of remembered.keys()) {
        if (remembered.size <= most) break;
        remembered.delete(oldest);
      }
      return answer;
    },
  };
}
