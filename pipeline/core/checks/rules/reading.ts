/** Rules on whether a dataset can be found, opened and read at all. */
import type { Rules } from "../rule.ts";

export const readingRules = {
  unreadable: {
    level: "error",
    finds: "The dataset can't be described.",
    reason: "It can't be opened, and the portal lists it as failed.",
    fix: "Copy it again, or write it anew. `add --force` publishes it as it is.",
  },
  "not-described": {
    level: "warning",
    finds: "The dataset of a pull request can't be described.",
    reason: "It would be published, and listed as failed.",
    fix: "Copy it again, or write it anew.",
  },
  "data-unreachable": {
    level: "warning",
    finds: "No node or gateway has the data of a pull request.",
    reason: "What can't be fetched can't be published.",
    fix: "Keep your node on the network, or export the leaf as a CAR and give its address.",
  },
  "not-unixfs": {
    level: "error",
    finds: "The CID of a leaf is no UnixFS file or folder.",
    reason: "It can't be part of a tree of files.",
    fix: "Add the data again with `fieldtree add`.",
  },
  "not-searched": {
    level: "warning",
    finds: "The search for datasets in a leaf ended at one of its bounds.",
    reason: "The rest is published, but the portal does not list it.",
    fix: "Give the folders in it lines of their own in tree.yaml.",
  },
  "kind-not-read": {
    level: "hint",
    finds: "A file or folder is in a format of data that is recognised by its content, but not read.",
    reason: "Its variables, times and places are unknown, so the portal can't find it by them.",
    fix: "Describe it in a sidecar, or publish it as Zarr or NetCDF.",
  },
  truncated: {
    level: "error",
    finds: "A NetCDF file is shorter than its header says.",
    reason: "netCDF reads zeros in place of what is missing, without a word.",
    fix: "Copy it again.",
  },
  undecodable: {
    level: "warning",
    finds: "Values of a variable can't be decoded.",
    reason: "What they hold, and where and when it was measured, stays unknown.",
    fix: "Write it with a codec and a type that zarr-python or netCDF has, or copy it again.",
  },
  "left-out": {
    level: "warning",
    finds: "A variable, group or attribute has damaged or unknown metadata and is left out.",
    reason: "Users do not see it.",
    fix: "Copy the dataset again, or write its metadata anew.",
  },
  "values-elsewhere": {
    level: "warning",
    finds: "Values of a variable are in another file.",
    reason: "That file is not part of the dataset, so its values are lost with it.",
    fix: "Write the values into the file, with h5repack or nccopy.",
  },
  "missing-slices": {
    level: "error",
    finds: "Files with data of an Open Data Fabric dataset are absent or damaged.",
    reason: "The rows in them are lost, and readers that check its hashes report it.",
    fix: "Copy the dataset again, whole. `fieldtree verify` on it names each file.",
  },
  "xarray-refuses": {
    level: "warning",
    finds: "xarray refuses to open the dataset because of one of its variables.",
    reason: "Most users open data with xarray.",
    fix: "Write it with xarray's `to_zarr`.",
  },
  "fill-value": {
    level: "warning",
    finds: "What stands for missing is a value that can be measured, or `_FillValue` and `missing_value` differ.",
    reason: "Programs read measured values as missing, without a word.",
    fix: "Use NaN, or a number that can't be measured, as `_FillValue`.",
  },
  packing: {
    level: "warning",
    finds: "A coordinate's `scale_factor` or `add_offset` can't be used.",
    reason: "Its values are not known, and neither is the dataset's extent.",
    fix: "Correct the attributes, or store the values unpacked.",
  },
  "dimension-sizes": {
    level: "error",
    finds: "A dimension has different lengths in different arrays.",
    reason: "xarray refuses to open such a dataset.",
    fix: "Give the arrays' dimensions different names.",
  },
  "uneven-rows": {
    level: "warning",
    finds: "Rows of a table have more or fewer cells than there are names.",
    reason: "Programs refuse such a table, or read values into the wrong columns.",
    fix: "Give every row as many cells as there are names, and put text with delimiters in quotation marks.",
  },
  "other-cells": {
    level: "warning",
    finds: "A few cells of a column are no numbers, dates or times, as all others are.",
    reason: "pandas reads the whole column as text.",
    fix: "Leave cells without a value empty.",
  },
  "sampled-table": {
    level: "hint",
    finds: "A table as text is too large to be read whole.",
    reason:
      "Its number of rows, its types and its extents are estimates, and users have to read all of it for one column.",
    fix: "Store large tables as Parquet, NetCDF or Zarr.",
  },
} as const satisfies Rules;
