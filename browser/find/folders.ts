/** The folders of what was found, each with how much is in it. */
import type { ListRow } from "../../pipeline/core/page/row.ts";

export interface Folder {
  readonly name: string;
  readonly folders: readonly Folder[];
  readonly rows: readonly ListRow[];
  /** Entries in it and below. */
  readonly count: number;
  /** Bytes of all of them; `undefined` where no size is known. */
  readonly size: number | undefined;
}

interface Growing {
  readonly folders: Map<string, Growing>;
  readonly rows: ListRow[];
}

/** The folder with everything. Folders and entries are in the order of their names. */
export function foldersOf(rows: readonly ListRow[]): Folder {
  const root: Growing = { folders: new Map(), rows: [] };
  for (const row of rows) {
    let at = root;
    for (const name of row.path.split("/").slice(0, -1)) {
      const next = at.folders.get(name) ?? { folders: new Map(), rows: [] };
      at.folders.set(name, next);
      at = next;
    }
    at.rows.push(row);
  }
  return summedUp("", root);
}

function summedUp(name: string, { folders, rows }: Growing): Folder {
  const below = [...folders]
    .map(([each, growing]) => summedUp(each, growing))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const ordered = [...rows].sort((a, b) => (a.path < b.path ? -1 : 1));
  const sizes = [...below, ...ordered].flatMap(({ size }) => size ?? []);
  // A folder that has one folder and nothing else is shown in one line with it.
  const [only] = below;
  if (name !== "" && below.length === 1 && ordered.length === 0 && only)
    return { ...only, name: `${name}/${only.name}` };
  return {
    name,
    folders: below,
    rows: ordered,
    count: ordered.length + below.reduce((sum, { count }) => sum + count, 0),
    size: sizes.length > 0 ? sizes.reduce((sum, size) => sum + size, 0) : undefined,
  };
}
