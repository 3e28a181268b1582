/** Reads a block that must exist: where a node does not have it, the read fails. */
import type { CID } from "multiformats/cid";
import { equals } from "multiformats/hashes/digest";
import { emptyDirectory } from "../core/cid.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Node } from "./node.ts";

/** The empty folder: empty entries of tree.yaml link to it, so it need not be stored anywhere. UnixFS type 1, no links. */
const emptyFolder: Readonly<{ cid: CID; bytes: Uint8Array }> = {
  cid: emptyDirectory,
  bytes: new Uint8Array([0x0a, 0x02, 0x08, 0x01]),
};

/** @throws Failure `unavailable`, with `hint`, where `node` does not have it; and those of {@link Node.get}. */
export async function required(cid: CID, node: Node, world: World, hint?: string): Promise<Uint8Array> {
  // Either version of the CID: the block is the same.
  if (cid.code === emptyFolder.cid.code && equals(cid.multihash, emptyFolder.cid.multihash)) return emptyFolder.bytes;
  const bytes = await node.get(cid, world);
  if (bytes) return bytes;
  throw new Failure("unavailable", `block ${cid} is not on ${node.name}`, hint === undefined ? {} : { hint });
}
