/** What differs between two trees, by identity of the data and not by its spelling. */

export type Change =
  /** `to`: the CID as written. */
  | { readonly op: "add"; readonly path: string; readonly to: string }
  | { readonly op: "remove"; readonly path: string; readonly from: string }
  | { readonly op: "update"; readonly path: string; readonly from: string; readonly to: string }
  /** As in JSON Patch: `from` is the path it had; the data is the same. */
  | { readonly op: "move"; readonly path: string; readonly from: string; readonly to: string }
  /** The same data under another spelling of its CID: the root changes, no data does. */
  | { readonly op: "respell"; readonly path: string; readonly from: string; readonly to: string };
