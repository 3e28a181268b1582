/**
 * `search/`: an index of everything in the tree, which `core/search` reads file by file, in a browser or here.
 *
 * Up to some thousand documents it is one file. Beyond, it is many small ones, of which a query reads a few and a release
 * changes a few. `core/search/layout.ts` describes them.
 */
import type { View } from "../view.ts";
import { searchFiles } from "./build.ts";
import { documentOf } from "./documents.ts";
import { afterChanges, type LeafNumbers, noLeaves, numbersOf } from "./numbers.ts";

export const search: View<LeafNumbers> = {
  name: "search",
  version: 1,
  empty: noLeaves,
  step: (state, { release }) => afterChanges(state, release.changes),
  *render(state, { draft, entries }) {
    const paths = entries.map(({ path }) => path);
    const { numbers, next } = numbersOf(afterChanges(state, draft.changes), paths);
    const documents = entries
      .map((entry) => [numbers.get(entry.path)!, documentOf(entry)] as const)
      .sort(([a], [b]) => a - b);
    for (const [path, content] of searchFiles(documents, next)) yield { path: `search/${path}`, content };
  },
};
