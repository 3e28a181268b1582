/** Names of IPNS keys, in the spelling that fits into one label of a host name. */
import { base36 } from "multiformats/bases/base36";
import { base58btc } from "multiformats/bases/base58";
import { CID } from "multiformats/cid";
import { decode } from "multiformats/hashes/digest";
import { parseAddressedCid } from "../../core/cid.ts";

const libp2pKey = 0x72;
const dagPb = 0x70;

/** The CIDv1 of the key in base36; `undefined` where `name` is none. Accepts peer IDs, and CIDs of a key in any base. */
export function keyName(name: string): string | undefined {
  if (name.includes(".") || name.length > 256) return undefined;
  try {
    if (/^(?:1|Qm)/.test(name)) return spelled(CID.createV1(libp2pKey, decode(base58btc.decode(`z${name}`))));
    const cid = parseAddressedCid(name);
    // Older software wrote keys as CIDs of dag-pb.
    return cid.code === libp2pKey || cid.code === dagPb ? spelled(CID.createV1(libp2pKey, cid.multihash)) : undefined;
  } catch {
    // Decoders throw plain Errors for text they can't read, and nothing else.
    return undefined;
  }
}

function spelled(cid: CID): string {
  return cid.toString(base36);
}
