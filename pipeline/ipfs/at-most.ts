/** Run at most `limit` pieces of work at once, the others in the order they came. */
export function atMost(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => queue.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // Whoever waits longest takes over the place.
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  };
}
