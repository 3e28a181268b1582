/**
 * A NetCDF file as its users see it, whatever it is stored in: groups, dimensions, variables and attributes.
 *
 * `classic/` opens NetCDF-3, `enhanced/` what is stored in HDF5; `netcdf.ts` describes either. Names of what is in a group
 * begin with the group's path: `radar/time` is in `radar`, `time` in the root, which is "".
 *
 * @see https://docs.unidata.ucar.edu/netcdf-c/current/netcdf_data_model.html
 */
import type { Access, DatasetFinding } from "../../core/dataset/dataset.ts";
import type { Box } from "../arrays.ts";
import type { Hdf5Dataset, Hdf5Value, Hdf5Values } from "../hdf5/model.ts";
import type { ClassicVariable } from "./classic/header.ts";

export interface NetcdfFile {
  readonly model: NetcdfModel;
  /** The root first, each before those in it. */
  readonly groups: readonly NetcdfGroup[];
  /** What is wrong with the file, or not read of it, though the rest can be. */
  readonly findings: readonly DatasetFinding[];
}

/** `HDF5` is what another program wrote: it has groups and arrays, but dimensions only where it has dimension scales. */
export type NetcdfModel = (Access & { format: "netcdf" })["model"];

export interface NetcdfGroup {
  /** "" for the root. */
  readonly path: string;
  readonly attributes: NetcdfAttributes;
  readonly dimensions: readonly NetcdfDimension[];
  readonly variables: readonly NetcdfVariable[];
}

export interface NetcdfDimension {
  readonly name: string;
  readonly size: number;
  readonly unlimited: boolean;
}

export type NetcdfAttributes = ReadonlyMap<string, NetcdfAttribute>;

export interface NetcdfAttribute {
  /** As {@link NetcdfVariable.type}. */
  readonly type: string;
  /** Whether it is one value; otherwise it is a list, even if of one. Text is one value. */
  readonly single: boolean;
  readonly values: Hdf5Values;
}

export interface NetcdfVariable {
  readonly name: string;
  /** Slowest first; each is one of this group's dimensions or of a group around it. */
  readonly dimensions: readonly NetcdfDimension[];
  /** As long as its dimensions, though less may be stored. */
  readonly shape: readonly number[];
  readonly chunks?: readonly number[];
  /** numpy's spelling (`float32`); `S1` for a character, `string`, `compound`, `vlen`, `opaque`, `reference`. */
  readonly type: string;
  readonly attributes: NetcdfAttributes;
  /** Names of an enumeration's numbers. */
  readonly members?: ReadonlyMap<string, number | bigint>;
  /** What is read where nothing was written. */
  readonly fill: Hdf5Value;
  /** Bytes of one value in memory; of texts, and all else that has no length of its own, a guess. */
  readonly itemSize: number;
  /** Bytes that lie between two values that are read one after the other, where that is more than a value: of records. */
  readonly stride?: number;
  /** Why its values are not known, or are none: a sentence without its end. Of a file that was cut, `read` gives zeros all the same. */
  readonly problem?: string;
  readonly stored: ClassicVariable | Hdf5Dataset;

  /**
   * The values in `box`, last dimension fastest.
   *
   * @param budget bytes of memory that they may take.
   * @throws Failure `input` where they are damaged, need more than `budget`, or there is a `problem`; `unavailable` as
   * the source does.
   */
  read(box: Box, budget: number): Promise<Hdf5Values>;
}
