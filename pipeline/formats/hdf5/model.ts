/**
 * An HDF5 file as its readers see it: groups, links, datasets, attributes, datatypes and where chunks are stored.
 *
 * Nothing here depends on how it is stored; `hdf5.ts` opens a file, and the folders next to it each read one family of
 * structures. What lies above HDF5 (netCDF's dimensions, CF) is not known here.
 *
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_s_p_e_c.html (the HDF5 specification: "section" below)
 */
import type { Numbers } from "../../core/cf/mask-and-scale.ts";

export interface Hdf5File {
  /** Version of the superblock: 0 to 3. */
  readonly superblock: number;
  /** Bytes before the superblock. */
  readonly userBlock: number;
  readonly root: Hdf5Group;

  /**
   * The object whose header is at this address, as object references and hard links give it.
   *
   * @param path of the object, as far as it is known: only for messages.
   * @throws Failure `input` where there is none or it is damaged; `unavailable` as the source does.
   */
  objectAt(address: number, path: string): Promise<Hdf5Object>;
}

export type Hdf5Object = Hdf5Group | Hdf5Dataset | Hdf5NamedType;

interface Shared {
  /** From the root, `/` for the root itself. One object may have several. */
  readonly path: string;
  /** Of its header, relative to the superblock. Two objects are the same where their addresses are. */
  readonly address: number;

  /**
   * By name; in the order of creation where the file tracks it, by name otherwise.
   *
   * @throws Failure `input` where an attribute is damaged; `unavailable` as the source does.
   */
  attributes(): Promise<ReadonlyMap<string, Hdf5Attribute>>;
}

export interface Hdf5Group extends Shared {
  readonly kind: "group";

  /**
   * In the order of creation where the file tracks it, by name otherwise.
   *
   * @throws Failure `input` where the group's structures are damaged; `unavailable` as the source does.
   */
  links(): Promise<readonly Hdf5Link[]>;

  /**
   * What a link of this group leads to; soft links are followed. `undefined` for links out of the file, links of other
   * kinds than these, and soft links to what is not there. Groups may contain themselves: compare addresses.
   *
   * @throws Failure `input` where the object is damaged; `unavailable` as the source does.
   */
  open(link: Hdf5Link): Promise<Hdf5Object | undefined>;
}

export interface Hdf5Link {
  readonly name: string;
  /** Where the file tracks it: greater is later. */
  readonly creationOrder?: number;
  readonly target:
    | { readonly kind: "hard"; readonly address: number }
    /** From the root where it begins with `/`, from this group otherwise. */
    | { readonly kind: "soft"; readonly path: string }
    | { readonly kind: "external"; readonly file: string; readonly path: string }
    | { readonly kind: "user-defined"; readonly number: number };
}

/** A datatype that was given a name. */
export interface Hdf5NamedType extends Shared {
  readonly kind: "datatype";
  readonly type: Hdf5Type;
}

export interface Hdf5Attribute {
  readonly name: string;
  readonly type: Hdf5Type;
  /** `[]` for one value; `undefined` for the null dataspace, which has none. */
  readonly shape: readonly number[] | undefined;
  /** As many as `shape` has, last dimension fastest; `undefined` where `problem` gives the reason. */
  readonly values: Hdf5Values | undefined;
  /** Why its values are not read: a sentence without its end, such as "values of type VAX float are not read". */
  readonly problem?: string;
}

export interface Hdf5Dataset extends Shared {
  readonly kind: "dataset";
  readonly type: Hdf5Type;
  /** Values along each dimension, `[]` for one value; `undefined` for the null dataspace, which has none. */
  readonly shape: readonly number[] | undefined;
  /** How far each dimension may grow; `undefined` for an unlimited one. */
  readonly maxShape: readonly (number | undefined)[];
  /** What a place has that was never written, decoded; `undefined` where the file defines none, and zeros are read. */
  readonly fill: Hdf5Value | undefined;
  readonly layout: Hdf5Layout;
  /** As they were applied when it was written; reading undoes the last one first. */
  readonly filters: readonly Hdf5Filter[];
  /** Why no values can be read (a filter, a type, other files); `undefined` where they can. As `Hdf5Attribute.problem`. */
  readonly problem: string | undefined;

  /**
   * All values, last dimension fastest.
   *
   * @param budget bytes of memory that the values and what is decoded for them may take.
   * @throws Failure `input` where they are damaged, need more than `budget`, or there is a `problem`; `unavailable` as
   * the source does.
   */
  readAll(budget: number): Promise<Hdf5Values>;

  /** The values in `box`, as {@link readAll}. Only chunks that meet the box are read, and of chunk indexes what leads to them. */
  read(box: Hdf5Box, budget: number): Promise<Hdf5Values>;

  /**
   * Where the chunks are that were written, in the order of their indices, last dimension fastest; all, or those that
   * meet `box`. Only for a chunked layout.
   *
   * @throws Failure `input` where the index is damaged or has more than a million of them; `unavailable` as the source does.
   */
  chunks(box?: Hdf5Box): Promise<readonly Hdf5Chunk[]>;
}

/** A part of a dataset: the first index and how many, along each dimension. */
export interface Hdf5Box {
  readonly start: readonly number[];
  readonly count: readonly number[];
}

export interface Hdf5Chunk {
  /** Of the chunk in the grid of chunks: its first value's index is `index[i] * chunkShape[i]`. */
  readonly index: readonly number[];
  /** From the beginning of the file, user block included; bytes. */
  readonly offset: number;
  /** As stored; bytes. */
  readonly size: number;
  /** Bit i is set where filter i was left out for this chunk. */
  readonly filterMask: number;
}

export type Hdf5Layout =
  /** In the object's header. */
  | { readonly kind: "compact"; readonly bytes: Uint8Array }
  /** `offset` in bytes from the beginning of the file; `undefined` where nothing was written. */
  | { readonly kind: "contiguous"; readonly offset: number | undefined }
  /** `chunkShape` in values. */
  | {
      readonly kind: "chunked";
      readonly chunkShape: readonly number[];
      readonly index: Hdf5ChunkIndexKind;
      /** Chunks that reach beyond the dataset are stored without filters. */
      readonly partialAreUnfiltered: boolean;
    }
  /** Made of parts of other datasets. */
  | { readonly kind: "virtual" }
  /** In other files. */
  | { readonly kind: "external" };

export type Hdf5ChunkIndexKind =
  | "v1 b-tree"
  | "single chunk"
  | "implicit"
  | "fixed array"
  | "extensible array"
  | "v2 b-tree";

export interface Hdf5Filter {
  /** As registered with the HDF Group. */
  readonly id: number;
  /** Ours for that id ("deflate", "zstd", …), or what the file calls it. */
  readonly name: string;
  readonly parameters: readonly number[];
  /** Whether writing went on without it where it could not be applied. */
  readonly optional: boolean;
}

/** How one element is stored; `size` is always bytes of one element in the dataset's storage. */
export type Hdf5Type =
  | {
      readonly class: "integer";
      readonly size: number;
      readonly signed: boolean;
      readonly bigEndian: boolean;
      /** Where its value is only some of the bits: how many, from which one up. All of them where this is absent. */
      readonly bits?: { readonly precision: number; readonly offset: number };
    }
  /** IEEE 754, of 2, 4 or 8 bytes. */
  | { readonly class: "float"; readonly size: number; readonly bigEndian: boolean }
  | { readonly class: "bitfield"; readonly size: number; readonly bigEndian: boolean }
  | {
      readonly class: "string";
      readonly size: number;
      /** Of any length each, stored elsewhere; otherwise each has `size` bytes. */
      readonly variable: boolean;
      readonly padding: "null-terminated" | "null-padded" | "space-padded";
      readonly charset: "ascii" | "utf-8";
    }
  | { readonly class: "opaque"; readonly size: number; readonly tag: string }
  | { readonly class: "compound"; readonly size: number; readonly members: readonly Hdf5Member[] }
  | { readonly class: "reference"; readonly size: number; readonly to: "object" | "region" }
  | {
      readonly class: "enum";
      readonly size: number;
      readonly base: Hdf5Type & { readonly class: "integer" };
      readonly members: ReadonlyMap<string, number | bigint>;
    }
  /** Any number of `base` each, stored elsewhere. */
  | { readonly class: "vlen"; readonly size: number; readonly base: Hdf5Type }
  | { readonly class: "array"; readonly size: number; readonly shape: readonly number[]; readonly base: Hdf5Type }
  /** Known to HDF5, not to us; `name` is what it is: "VAX float", "time". */
  | { readonly class: "unsupported"; readonly size: number; readonly name: string };

export interface Hdf5Member {
  readonly name: string;
  /** Bytes from the beginning of the compound. */
  readonly offset: number;
  readonly type: Hdf5Type;
}

/**
 * Typed arrays for integers, enums, bit fields and floats (float16 as float32); lists for all else.
 *
 * Arrays within a value (class "array") and vlen values are `Hdf5Values` themselves, flat.
 */
export type Hdf5Values = Numbers | readonly Hdf5Value[];

export type Hdf5Value =
  | number
  | bigint
  | string
  /** Opaque. */
  | Uint8Array
  | Hdf5Reference
  /** Compound. */
  | ReadonlyMap<string, Hdf5Value>
  /** Array or vlen. */
  | Hdf5Values;

export interface Hdf5Reference {
  /** Of the object's header, as `Hdf5File.objectAt` takes it; `undefined` for a null reference. The region is not read. */
  readonly address: number | undefined;
}
