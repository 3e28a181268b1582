/**
 * A dataset, independent of its format and of what it is used for.
 *
 * A reader turns a {@link Folder} into a {@link Description}; `stac.ts` turns a description into an item; a view
 * turns items into files. A description is a pure function of (the folder's CID, the reader's version), so it is
 * cached under those two without expiry.
 */
import type { RuleName } from "../checks/rules.ts";
import { Failure } from "../failure.ts";
import type { Json } from "../json.ts";
import type { World } from "../world.ts";
import type { RangeSource } from "./range-source.ts";

/** One directory of the tree, opened by the node that has the blocks. Nothing is read before it is asked for. */
export interface Folder {
  readonly cid: string;
  /** Names of the entries, with what the directory itself knows of each. */
  readonly entries: ReadonlyMap<string, FolderEntry>;
  /** Whether the entry of that name is a folder. Costs a block at most, where `folder` lists what is in it. */
  isFolder(name: string, world: World): Promise<boolean>;
  /** The folder of that name below this one; `undefined` where there is none or it is a file. `a/b` goes two down. */
  folder(path: string, world: World): Promise<Folder | undefined>;
  /**
   * Bytes of the file at `path`, whole or the given range, fewer where the file ends before it does; `undefined` for a
   * name that isn't there. Paths may go down several folders, each of which is read once however many paths go through it.
   */
  read(path: string, world: World, range?: ByteRange): Promise<Uint8Array | undefined>;
  /** The file at `path`, to be read by ranges; `undefined` where there is none, or it is a folder or a symlink. */
  file(path: string, world: World): Promise<RangeSource | undefined>;
  /** A part of the folder at `path` from a few blocks, however many names it has; `undefined` where there is no folder. */
  sample?(path: string, world: World): Promise<FolderSample | undefined>;
}

export interface FolderSample {
  /** Some entries, or all. Of a name, its size: see {@link FolderEntry}. */
  readonly entries: ReadonlyMap<string, Pick<FolderEntry, "size">>;
  /** Whether these are all. */
  readonly isWhole: boolean;
  /** Whether the directory is split over blocks (a HAMT), or would be where it is not on IPFS yet. */
  readonly isSplit: boolean;
}

export interface FolderEntry {
  readonly cid: string;
  /** Tsize: bytes of all blocks below, as the directory's link claims. */
  readonly size: number;
}

/** Names in one folder that are listed. A folder of more is read by name, and not searched. */
export const mostNames = 1_000_000;

/** More names than a listing takes. */
export class TooManyNames extends Failure {
  readonly most: number;

  /** `where`: a CID, or a path of this machine. */
  constructor(where: string, most: number) {
    super("input", `${where} has more than ${most} entries, and is not listed`);
    this.most = most;
  }
}

/** The first name of a path below a folder, and the path that is left below that one. */
export function splitFirst(path: string): [first: string, rest: string | undefined] {
  const slash = path.indexOf("/");
  return slash < 0 ? [path, undefined] : [path.slice(0, slash), path.slice(slash + 1)];
}

/** Bytes `offset` to `offset + length`, or the last `suffixLength`. */
export type ByteRange = { readonly offset: number; readonly length: number } | { readonly suffixLength: number };

/** What a dataset is about, in no format's words. */
export interface Description {
  /** Global attributes as the dataset has them: untrusted, not yet interpreted (`attributes.ts` does that). */
  readonly attributes: Readonly<Record<string, Json>>;
  readonly dimensions: readonly Dimension[];
  readonly variables: readonly Variable[];
  readonly time?: TimeExtent;
  readonly place?: Place;
  readonly access: Access;
  /** Present where the dataset is a folder of like files. `access` is then that of each file. */
  readonly members?: Members;
  /** Problems for its users, or what could not be read; shown with the dataset. */
  readonly findings: readonly DatasetFinding[];
  /** What could be better about how it is written and stored, though all of it can be read. Default: nothing. */
  readonly advice?: readonly DatasetFinding[];
}

export interface Dimension {
  /** Path of the group, then the name: `group/time`. */
  readonly name: string;
  readonly size: number;
  readonly kind: "x" | "y" | "z" | "time" | "other";
  /** Least and greatest coordinate; ISO 8601 strings for time. Absent where the dimension has no coordinate. */
  readonly extent?: readonly [number, number] | readonly [string, string];
  /** Few enough coordinate values to list, such as station names. */
  readonly values?: readonly (string | number)[];
  readonly unit?: string;
  /** Of times in a calendar that is not ISO 8601's (`360_day`): its name. The extent then has its dates. */
  readonly calendar?: string;
  /** Of an `x` or `y` that is the axis of some grid: no longitude or latitude, whatever its unit. */
  readonly projected?: boolean;
}

export interface Variable {
  readonly name: string;
  /** Names of dimensions, slowest first; each is in `dimensions`. */
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  readonly chunks?: readonly number[];
  /** numpy's spelling without byte order: `float32`, `int64`, `datetime64[ns]`. */
  readonly type: string;
  readonly role: "data" | "coordinate";
  readonly unit?: string;
  readonly standardName?: string;
  readonly longName?: string;
}

/** ISO 8601 in UTC with `Z`, inclusive, at most microseconds. */
export interface TimeExtent {
  readonly start: string;
  readonly end: string;
  readonly source: ExtentSource;
  /**
   * Where both are dates of a calendar that is not ISO 8601's (`360_day`, `julian`): its name. A day that ISO 8601 doesn't
   * have is then the last one of its month.
   */
  readonly calendar?: string;
}

/** How an extent is known: read from coordinate values, all or a sample of them, or declared by attributes or the sidecar. */
export type ExtentSource = "values" | "sampled" | "attributes" | "sidecar";

export interface Place {
  readonly bounds: Bounds;
  readonly geometry: Geometry;
  readonly source: ExtentSource;
}

/** Degrees; longitudes in [-180, 180]. West is greater than east where the box crosses the antimeridian. */
export interface Bounds {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** GeoJSON (RFC 7946), longitude before latitude, split at the antimeridian. */
export type Geometry =
  | { readonly type: "Point"; readonly coordinates: Position }
  | { readonly type: "MultiPoint" | "LineString"; readonly coordinates: readonly Position[] }
  | { readonly type: "MultiLineString" | "Polygon"; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: "MultiPolygon"; readonly coordinates: readonly (readonly (readonly Position[])[])[] };

export type Position = readonly [longitude: number, latitude: number];

/** How a user opens it. */
export type Access =
  | {
      readonly format: "zarr";
      readonly version: 2 | 3;
      readonly consolidated: boolean;
      readonly groups: readonly string[];
    }
  | {
      readonly format: "netcdf";
      /** As the netCDF library calls them; `HDF5` for what netCDF's library did not write. */
      readonly model: "NETCDF3_CLASSIC" | "NETCDF3_64BIT_OFFSET" | "NETCDF3_64BIT_DATA" | "NETCDF4" | "HDF5";
      /** Paths of groups that have variables, without the root. */
      readonly groups: readonly string[];
    }
  /** One file that is neither Zarr nor NetCDF: a table, a track, an image. `mediaType` is what its content is: `text/csv`. */
  | { readonly format: "file"; readonly mediaType: string }
  | { readonly format: "files"; readonly files: readonly { readonly name: string; readonly size: number }[] };

/** The files that are one dataset together (`core/members`). */
export interface Members {
  readonly count: number;
  /** The first ones, in byte order of their paths. */
  readonly listed: readonly Member[];
  /** What differs between them, each a phrase such as “sizes: time 3670 to 3943”. */
  readonly differences: readonly string[];
}

export interface Member {
  /** Below the folder. */
  readonly path: string;
  /** As the folder links it. */
  readonly cid: string;
  /** Tsize, bytes. */
  readonly size: number;
  /** Both present or both absent; instants as in {@link TimeExtent}. */
  readonly start?: string;
  readonly end?: string;
  readonly bbox?: readonly [west: number, south: number, east: number, north: number];
}

export interface DatasetFinding {
  readonly level: "error" | "warning" | "hint";
  readonly rule: RuleName;
  readonly says: string;
  readonly fix?: string;
}
