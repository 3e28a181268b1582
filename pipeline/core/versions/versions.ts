/**
 * The versions of each dataset, folded from the changes of the releases.
 *
 * A dataset is followed by its path, by moves, and by identity: data that was removed and is added again, at whatever path,
 * goes on where it ended. The unit is the leaf of the tree: that is what releases record.
 *
 * ```ts
 * const versions = releases.reduce(withRelease, noVersions);
 * versionsAt(versions, "products/HALO/radar.zarr")?.events; // newest first
 * ```
 */
import { emptyDirectory, identity, parseCid } from "../cid.ts";
import type { Change } from "../tree/changes.ts";

/** What this needs of a release. */
export interface LoggedRelease {
  readonly number: number;
  readonly made: string;
  readonly changes: readonly Change[];
  /** What was live before it. */
  readonly before: { readonly portal: { toString(): string } } | null;
}

export type VersionOp = "added" | "updated" | "moved" | "removed" | "respelt";

/** One change of a dataset. Plain JSON, as states of views are. */
export type VersionEvent = {
  readonly release: number;
  readonly made: string;
  readonly op: VersionOp;
  /** Since then, or until then where it was removed. */
  readonly path: string;
  /** As the tree links it; of what was removed, what it was. */
  readonly cid: string;
  /** Portal of the release before, the last one with the previous version. Absent for the first event. */
  readonly before?: string;
};

export type DatasetVersions = {
  /** Newest first. */
  readonly events: readonly VersionEvent[];
  /** Events that are left out, the oldest ones. */
  readonly dropped?: number;
};

export type Versions = {
  /** By the path that each dataset has, or had when it was removed. */
  readonly datasets: Readonly<Record<string, DatasetVersions>>;
  /** For each path that a dataset was moved from and no other has, the path that it was moved to. */
  readonly moved: Readonly<Record<string, string>>;
};

export const noVersions: Versions = { datasets: {}, moved: {} };

/** Events of one dataset that are remembered. */
export const mostEvents = 500;

/** `state` with the changes of the next release. */
export function withRelease(state: Versions, release: LoggedRelease): Versions {
  // Paths are user input: a null prototype makes one named __proto__ a path like any other.
  const datasets: Record<string, DatasetVersions> = Object.assign(Object.create(null), state.datasets);
  const moved: Record<string, string> = Object.assign(Object.create(null), state.moved);
  const changes = release.changes.filter((change) => change.op === "remove" || change.to !== empty);
  const removed = changes.some(({ op, path }) => op === "add" && !Object.hasOwn(datasets, path))
    ? removedByIdentity(datasets, new Set(changes.map(({ path }) => path)))
    : new Map<string, string>();

  const note = (change: Change, from: string, op: VersionOp, cid: string) => {
    const past = datasets[from];
    if (from !== change.path) {
      delete datasets[from];
      if (past) moved[from] = change.path;
    }
    delete moved[change.path];
    const before = past && release.before?.portal.toString();
    const { number, made } = release;
    datasets[change.path] = withEvent(past, {
      ...{ release: number, made, op, path: change.path, cid },
      ...(before && { before }),
    });
  };
  for (const change of changes) {
    const live = isLive(datasets[change.path]);
    switch (change.op) {
      case "add": {
        const data = dataOf(change.to);
        // A merged release may have added it already.
        if (live && dataOf(datasets[change.path]!.events[0]!.cid) === data) break;
        const from = datasets[change.path] ? change.path : (removed.get(data) ?? change.path);
        if (from !== change.path) removed.delete(data);
        note(change, from, live ? "updated" : from === change.path ? "added" : "moved", change.to);
        break;
      }
      case "update":
        note(change, change.path, live ? "updated" : "added", change.to);
        break;
      case "respell":
        note(change, change.path, live ? "respelt" : "added", change.to);
        break;
      case "move":
        note(change, change.from, isLive(datasets[change.from]) ? "moved" : "added", change.to);
        break;
      case "remove":
        if (live && change.from !== empty) note(change, change.path, "removed", change.from);
        break;
    }
  }
  return { datasets, moved };
}

/** What a parent of a merge lacked, and its portal. */
export interface Side {
  readonly portal: { toString(): string };
  readonly changes: readonly Change[];
}

/**
 * `state`, which has the releases of all sides, with a release that merges them. Only what the newest event of a dataset does
 * not have yet is added to it.
 */
export function withMerge(state: Versions, release: LoggedRelease, sides: readonly Side[]): Versions {
  return sides.reduce(
    (after, { portal, changes }) =>
      withRelease(after, {
        ...release,
        before: { portal },
        changes: changes.filter((change) => !isDone(change, after)),
      }),
    state,
  );
}

function isDone(change: Change, { datasets }: Versions): boolean {
  const live = (path: string) => Object.hasOwn(datasets, path) && isLive(datasets[path]);
  if (change.op === "remove") return !live(change.path);
  if (change.op === "move" && live(change.from)) return false;
  return live(change.path) && datasets[change.path]!.events[0]!.cid === change.to;
}

const empty = emptyDirectory.toString();

export function isLive(dataset: DatasetVersions | undefined): boolean {
  return dataset !== undefined && dataset.events[0]!.op !== "removed";
}

function withEvent({ events, dropped = 0 }: DatasetVersions = { events: [] }, event: VersionEvent): DatasetVersions {
  const left = events.length < mostEvents ? 0 : 1;
  return {
    events: [event, ...events.slice(0, mostEvents - 1)],
    ...(dropped + left > 0 && { dropped: dropped + left }),
  };
}

/** Paths of removed datasets by their data; of several, the one removed last. Without those at paths that are taken again. */
function removedByIdentity(
  datasets: Readonly<Record<string, DatasetVersions>>,
  taken: ReadonlySet<string>,
): Map<string, string> {
  const gone = Object.entries(datasets).filter(([path, dataset]) => !isLive(dataset) && !taken.has(path));
  gone.sort(([, a], [, b]) => a.events[0]!.release - b.events[0]!.release);
  return new Map(gone.map(([path, { events }]) => [dataOf(events[0]!.cid), path]));
}

/** Equal for two spellings of the same data. What is no CID, as in a log by other hands, is only equal to itself. */
export function dataOf(cid: string): string {
  // Of CIDv1 in base32 there is one spelling. All others are read.
  if (cid.startsWith("b") || !/^(?:Qm|[zkf])/.test(cid)) return cid;
  try {
    return identity(parseCid(cid));
  } catch (error) {
    if (error instanceof Error) return cid;
    throw error;
  }
}

/** Most steps from a path to the one that its dataset was moved to. */
const mostMoves = 100;

/** The dataset that has, or had, this path; where it was moved, at the path that it has now. */
export function versionsAt(
  { datasets, moved }: Versions,
  path: string,
): (DatasetVersions & { path: string }) | undefined {
  let now = path;
  for (let steps = 0; steps < mostMoves && !Object.hasOwn(datasets, now) && Object.hasOwn(moved, now); steps++) {
    now = moved[now]!;
  }
  const found = Object.hasOwn(datasets, now) ? datasets[now] : undefined;
  return found && { path: now, ...found };
}

/** Releases record leaves of the tree: the dataset of `path`, or of the leaf above it that a dataset at `path` is in. */
export function versionsOfLeaf({ datasets }: Versions, path: string): (DatasetVersions & { path: string }) | undefined {
  for (let leaf = path; leaf !== ""; leaf = leaf.slice(0, Math.max(0, leaf.lastIndexOf("/")))) {
    if (Object.hasOwn(datasets, leaf)) return { path: leaf, ...datasets[leaf]! };
  }
  return undefined;
}

/** The version before the present one, and the last portal that described it. */
export interface Predecessor {
  readonly release: number;
  readonly path: string;
  readonly cid: string;
  readonly portal: string;
}

/** The newest version with other data than the present one; `undefined` where there is none. */
export function predecessorOf({ events }: DatasetVersions): Predecessor | undefined {
  const data = dataOf(events[0]!.cid);
  const at = events.findIndex(({ cid }) => dataOf(cid) !== data);
  if (at < 1) return undefined;
  // Removed and added again as other data: the portal is the last one before the removal.
  const portal = (events[at]!.op === "removed" ? events[at] : events[at - 1])!.before;
  const other = events[at]!;
  return portal === undefined ? undefined : { release: other.release, path: other.path, cid: other.cid, portal };
}

/** One event as users read it. */
export interface VersionLine extends Omit<VersionEvent, "before"> {
  /** Of what was moved. */
  readonly from?: string;
  /** The oldest release that had the same data already, where other data, or none, was there between. */
  readonly sameAs?: number;
  /** Last portal that has this version, where it is no longer live. */
  readonly portal?: string;
}

/** Newest first. */
export function versionLines({ events }: Pick<DatasetVersions, "events">): VersionLine[] {
  const oldest = new Map<string, number>();
  for (const { cid, release, op } of events) if (op !== "removed") oldest.set(dataOf(cid), release);
  return events.map(({ before, ...event }, i) => {
    const older = events[i + 1];
    const from = event.op === "moved" && older && older.path !== event.path ? older.path : undefined;
    const first = oldest.get(dataOf(event.cid))!;
    const returns =
      (event.op === "updated" || event.op === "added" || older?.op === "removed") && first < event.release;
    const portal = i > 0 && event.op !== "removed" ? events[i - 1]!.before : undefined;
    return { ...event, ...(from && { from }), ...(returns && { sameAs: first }), ...(portal && { portal }) };
  });
}
