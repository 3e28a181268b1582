/** What adding files of this machine takes and gives, whichever node they are added to. */
import type { CID } from "multiformats/cid";
import type { ProfileName } from "../profile.ts";

export interface AddOptions {
  readonly profile: ProfileName;
  /** Symbolic links become UnixFS symlinks, or are refused as an `input` failure that names the first. */
  readonly symlinks: "keep" | "refuse";
}

export interface Added {
  readonly cid: CID;
  /** Bytes of file contents. */
  readonly bytes: number;
  /** Distinct blocks of the DAG. */
  readonly blocks: number;
  /** Bytes of all blocks below, repeats counted: UnixFS's Tsize. */
  readonly tsize: number;
}
