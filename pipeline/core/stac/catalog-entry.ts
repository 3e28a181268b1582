/** The result of a scan at one path of the tree: a dataset, one that could not be read, or something no reader knows. */
import type { DatasetFinding, Member } from "../dataset/dataset.ts";
import type { FileKind } from "../dataset/file-kind.ts";
import type { Item } from "./item.ts";

export type Entry = DatasetEntry | FailedEntry | PlainEntry;

interface At {
  /** In the tree; below a leaf where one leaf contains several datasets. */
  readonly path: string;
  /** As it is linked in the tree. */
  readonly cid: string;
}

export interface DatasetEntry extends At {
  readonly kind: "dataset";
  /** Name of the reader that described it. */
  readonly reader: string;
  readonly item: Item;
  /** Problems that its users would have; shown with it. */
  readonly findings: readonly DatasetFinding[];
  /** The files that it consists of, where it is a folder of like files. */
  readonly members?: readonly Pick<Member, "path" | "cid">[] | undefined;
  /** Of its files, as a portal has them; absent before there is one, and where its reader makes none. */
  readonly references?: readonly Reference[] | undefined;
}

/** How Zarr's readers open one file. `path` is the file's below the dataset, "" where the dataset is the file. */
export type Reference = { readonly path: string } & (
  | {
      readonly cid: string;
      readonly tsize: number;
      /** Bytes. */
      readonly size: number;
      readonly consolidated: boolean;
      /** Names of what is not in it, each with the reason. */
      readonly leftOut: readonly string[];
    }
  | { readonly why: string }
);

/** Bad content, not bytes out of reach: those stop the scan instead of being recorded. */
export interface FailedEntry extends At {
  readonly kind: "failed";
  readonly reader: string;
  readonly failure: { readonly kind: "input" | "corrupt"; readonly message: string };
}

export interface PlainEntry extends At {
  readonly kind: "plain";
  readonly plain: {
    readonly kind: "file" | "directory" | "symlink";
    /** Bytes: contents of a file, Tsize of a directory. */
    readonly size: number;
    /** What a file is by its first bytes. Absent where they match no known kind, and where a leaf is not scanned. */
    readonly media?: FileKind;
  };
  /** What was not searched or read, where there is more in it. */
  readonly findings?: readonly DatasetFinding[];
  /** Of a directory: paths of files in it that are no part of any dataset, the first ones, for a search by name. */
  readonly names?: readonly string[];
}
