/** The files of a search index, built from nothing. */
import { type Numbered, searchFiles } from "../../pipeline/views/search/build.ts";

/** @throws Error where two files have one path. */
export function indexFiles(documents: Numbered, next: number, packed?: boolean): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [path, content] of searchFiles(documents, next, packed)) {
    if (!(content instanceof Uint8Array) || files.has(path)) throw new Error(`${path} is there twice, or not written`);
    files.set(path, content);
  }
  return files;
}
