/** A directory of this machine as a {@link Folder}; its "CID" is its path. Paths that were read or listed are kept. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Folder } from "../../pipeline/core/dataset/dataset.ts";

import { rangesOf } from "./range-source.ts";

export interface RecordedFolder extends Folder {
  /** Paths below the outermost folder, in the order they were asked for; a directory that was listed ends in `/`. */
  readonly touched: string[];
}

export function folderAt(path: string, touched: string[] = [], below = ""): RecordedFolder {
  const names = readdirSync(path, { withFileTypes: true });
  touched.push(`${below}/`);
  const inner = (name: string) => (below === "" ? name : `${below}/${name}`);
  return {
    touched,
    cid: path,
    entries: new Map(names.map(({ name }) => [name, { cid: join(path, name), size: statSync(join(path, name)).size }])),
    isFolder: async (name) => isKind(join(path, name), "isDirectory"),
    folder: async (name) =>
      isKind(join(path, name), "isDirectory") ? folderAt(join(path, name), touched, inner(name)) : undefined,
    file: async (name) => (isKind(join(path, name), "isFile") ? rangesOf(readFileSync(join(path, name))) : undefined),
    async read(name, _, range) {
      touched.push(inner(name));
      if (!isKind(join(path, name), "isFile")) return undefined;
      const bytes = new Uint8Array(readFileSync(join(path, name)));
      if (!range) return bytes;
      return "length" in range
        ? bytes.subarray(range.offset, range.offset + range.length)
        : bytes.subarray(-range.suffixLength);
    },
  };
}

function isKind(path: string, kind: "isFile" | "isDirectory"): boolean {
  return statSync(path, { throwIfNoEntry: false })?.[kind]() ?? false;
}

/** Files by path, in memory. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): RecordedFolder {
  const touched: string[] = [];
  return folderIn(
    new Map(
      Object.entries(files).map(([path, file]) => [
        path,
        typeof file === "string" ? new TextEncoder().encode(file) : file,
      ]),
    ),
    "",
    touched,
  );
}

function folderIn(files: ReadonlyMap<string, Uint8Array>, below: string, touched: string[]): RecordedFolder {
  const at = (path: string) => (below === "" ? path : `${below}/${path}`);
  touched.push(`${below}/`);
  const inside = [...files].filter(([path]) => path.startsWith(at("")));
  return {
    touched,
    cid: `memory/${below}`,
    entries: new Map(
      inside.map(([path, { length }]) => {
        const name = path.slice(at("").length).split("/")[0]!;
        return [name, { cid: at(name), size: length }];
      }),
    ),
    isFolder: async (name) => [...files.keys()].some((file) => file.startsWith(`${at(name)}/`)),
    folder: async (path) =>
      [...files.keys()].some((file) => file.startsWith(`${at(path)}/`))
        ? folderIn(files, at(path), touched)
        : undefined,
    async file(path) {
      const bytes = files.get(at(path));
      return bytes && rangesOf(bytes);
    },
    async read(path, _, range) {
      touched.push(at(path));
      const bytes = files.get(at(path));
      if (!bytes || !range) return bytes;
      return "length" in range
        ? bytes.subarray(range.offset, range.offset + range.length)
        : bytes.subarray(-range.suffixLength);
    },
  };
}
