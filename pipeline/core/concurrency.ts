/** Runs many tasks in parallel, a bounded number at a time, and yields results in the order of the items. */

/**
 * What `work` makes of each item, in the order of the items, with at most `limit` under way.
 *
 * The first failure ends it; work already under way is waited for, so that nothing goes on behind the caller's back.
 *
 * ```ts
 * for await (const block of inOrder(cids, 16, (cid) => node.get(cid, world))) …
 * ```
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<{ readonly result: Result } | { readonly error: unknown }>[] = [];
  const start = (item: Item) =>
    underWay.push(
      work(item).then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      ),
    );
  try {
    for (const item of items) {
      start(item);
      if (underWay.length >= limit) yield taken(await underWay.shift()!);
    }
    while (underWay.length > 0) yield taken(await underWay.shift()!);
  } finally {
    await Promise.all(underWay);
  }
}

function taken<Result>(outcome: { readonly result: Result } | { readonly error: unknown }): Result {
  if ("error" in outcome) throw outcome.error;
  return outcome.result;
}

/** Runs at most `limit` tasks at a time, the others in the order they came. */
export function atMost(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => queue.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // The task that waited longest runs next.
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  };
}
