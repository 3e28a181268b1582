/** Whether bytes match a CID, with sha2-256, which fieldtree itself writes, computed by Node. */
import type { CID } from "multiformats/cid";
import { sha256 } from "./hash.ts";
import { isHashedBy } from "./read/other-hashes.ts";

/** `undefined` where the hash is none of those that count. */
export const matchesHash = (cid: CID, bytes: Uint8Array): Promise<boolean | undefined> =>
  isHashedBy(cid, bytes, sha256);
