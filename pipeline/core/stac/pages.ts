/**
 * Pages of a catalog that would have very many links: catalogs between the folder and what is in it.
 *
 * Where a page ends depends on the name of the entry after it, not on how many were before. So what is added or removed
 * changes the page it is on and, now and then, the next one, and leaves all others as they are.
 */

/** Links to entries in one document, at most. With those to licences, root and parent it has less than 500. */
export const mostLinks = 390;

/** An entry in so many begins a page, on average. */
const usualPage = 160;

export interface Page<Entry> {
  /** 1 where it lists entries, 2 where it lists such pages, and so on. */
  readonly level: number;
  /** Names of the first and the last entry below it. */
  readonly first: string;
  readonly last: string;
  readonly entries: readonly Entry[] | readonly Page<Entry>[];
}

/** What a document lists, at most {@link mostLinks}: the entries themselves where they are few enough, or else pages. */
export function pagesOf<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
): readonly Entry[] | readonly Page<Entry>[] {
  if (entries.length <= mostLinks) return entries;
  let pages = runsOf(entries, ({ name }) => name, 1).map((run): Page<Entry> => {
    return { level: 1, first: run[0]!.name, last: run.at(-1)!.name, entries: run };
  });
  for (let level = 2; pages.length > mostLinks; level++) {
    pages = runsOf(pages, ({ first }) => first, level).map((run) => {
      return { level, first: run[0]!.first, last: run.at(-1)!.last, entries: run };
    });
  }
  return pages;
}

function runsOf<Item>(items: readonly Item[], nameOf: (item: Item) => string, level: number): Item[][] {
  const runs: Item[][] = [[]];
  for (const item of items) {
    const run = runs.at(-1)!;
    const begins = run.length > 0 && (hashOf(`${level}/${nameOf(item)}`) % usualPage === 0 || run.length === mostLinks);
    if (begins) runs.push([item]);
    else run.push(item);
  }
  return runs;
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  // The last bits of FNV depend on the last character too plainly.
  return (hash ^ (hash >>> 15)) >>> 0;
}
