/**
 * `search/`: an index of everything in the tree, which `core/search` reads file by file, in a browser or here.
 *
 * Up to some thousand documents it is one file. Beyond, it is many small ones, of which a query reads a few and a release
 * changes a few. `core/search/index/layout.ts` describes them.
 */
import { cidOfDigest, codecs } from "../../dag/block.ts";
import type { Linked, View } from "../view.ts";
import { type Numbered, searchFiles } from "./build.ts";
import { documentsOf } from "./documents.ts";
import { type LeafNumbers, numbers, numbersOf } from "./numbers.ts";
import { decodeStored, encodeStored, type StoredFile } from "./stored.ts";

export const search: View<{ readonly numbers: LeafNumbers }> = {
  name: "search",
  version: 1,
  states: { numbers },
  remembers: true,
  *render({ numbers: leaves }, { entries }, memory) {
    const { paths, at } = documentsOf(entries);
    const { numbers, next } = numbersOf(leaves, paths);
    const order = paths.map((path, i) => [numbers.get(path)!, i] as const).sort(([a], [b]) => a - b);
    const documents: Numbered = {
      length: order.length,
      *[Symbol.iterator]() {
        for (const [number, i] of order) yield [number, at(i)];
      },
    };
    const before = memory?.before && decodeStored(memory.before);
    const files = searchFiles(documents, next, undefined, before);
    let file = files.next();
    for (; !file.done; file = files.next()) {
      const [path, content] = file.value;
      yield { path: `search/${path}`, content: content instanceof Uint8Array ? content : linkTo(content) };
    }
    if (memory && file.value) memory.after = encodeStored(file.value);
  },
};

const linkTo = ({ digest, size }: StoredFile): Linked => ({ cid: cidOfDigest(codecs.raw, digest), tsize: size });
