/**
 * `index.json` and `history.json` as the page uses them: what the search index does not have of each entry, and which paths a
 * release changed.
 *
 * Both were written by fieldtree from what others wrote. What has an unexpected form is left out.
 */
import type { Geometry } from "../../pipeline/core/dataset/dataset.ts";
import { isRecord } from "../../pipeline/core/json.ts";
import type { ListRow } from "../../pipeline/core/page/row.ts";

/** What is known of an entry beyond its row in the search index. */
export type Details = Pick<ListRow, "size" | "geometry" | "reason">;

export type DetailsByPath = ReadonlyMap<string, Details>;

export function detailsIn(index: unknown): DetailsByPath {
  const details = new Map<string, Details>();
  if (!isRecord(index)) return details;
  const each = (list: unknown, detailsOf: (entry: Readonly<Record<string, unknown>>) => Details) => {
    for (const entry of Array.isArray(list) ? list : [])
      if (isRecord(entry) && typeof entry.path === "string") details.set(entry.path, detailsOf(entry));
  };
  const size = (entry: Readonly<Record<string, unknown>>) =>
    typeof entry.size === "number" ? { size: entry.size } : {};
  each(index.datasets, (entry) => ({
    ...size(entry),
    ...(isRecord(entry.geometry) && { geometry: entry.geometry as unknown as Geometry }),
  }));
  each(index.plain, size);
  each(index.failed, ({ says }) => (typeof says === "string" ? { reason: says } : {}));
  return details;
}

export interface ReleaseLine {
  readonly number: number;
  /** The day it was created. */
  readonly day: string;
  /** How many changes of each kind. */
  readonly changes: Readonly<Record<string, number>>;
  readonly rollbackOf?: number | undefined;
  readonly why?: string | undefined;
}

export interface History {
  /** The newest first. */
  readonly releases: readonly ReleaseLine[];
  /** The release that last changed a leaf of the tree. */
  readonly changed: ReadonlyMap<string, number>;
}

export function historyIn(value: unknown): History {
  const { releases, paths } = isRecord(value) ? value : {};
  const lines = (Array.isArray(releases) ? releases : []).filter(isRecord).map(
    (line): ReleaseLine => ({
      number: Number(line.number),
      day: String(line.made).slice(0, 10),
      changes: Object.fromEntries(
        Object.entries(isRecord(line.changes) ? line.changes : {}).map(([op, count]) => [op, Number(count)]),
      ),
      ...(typeof line.rollbackOf === "number" && { rollbackOf: line.rollbackOf }),
      ...(typeof line.why === "string" && { why: line.why }),
    }),
  );
  const changed = new Map<string, number>();
  for (const [path, versions] of Object.entries(isRecord(paths) ? paths : {})) {
    const [last] = Array.isArray(versions) ? versions : [];
    if (Array.isArray(last)) changed.set(path, Number(last[0]));
  }
  return { releases: lines, changed };
}

/** Whether a path, or the leaf that it is in, changed after a release. */
export function isNewSince(path: string, number: number, { changed }: Pick<History, "changed">): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const at = changed.get(path.slice(0, end));
    if (at !== undefined) return at > number;
  }
  return false;
}
