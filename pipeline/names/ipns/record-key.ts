/**
 * The key that signs the records of an IPNS name: an ed25519 key itself, or the hash of another one.
 *
 * @see https://specs.ipfs.tech/ipns/ipns-record/#ipns-name
 */
import { base36 } from "multiformats/bases/base36";
import { base58btc } from "multiformats/bases/base58";
import { equals } from "multiformats/bytes";
import { CID } from "multiformats/cid";
import { decode } from "multiformats/hashes/digest";
import { sha256 } from "multiformats/hashes/sha2";
import { publicKeyOf, verify } from "../../core/key.ts";

/** Whether a signature of `signed` is by the key; `embedded`: the public key that the record contains, as protobuf. */
export type RecordKey = (signature: Uint8Array, signed: Uint8Array, embedded: unknown) => Promise<boolean>;

const libp2pKey = 0x72;

/** `undefined` where `name` is not the name of a key. */
export function recordKeyOf(name: string): RecordKey | undefined {
  const publicKey = publicKeyOf(name);
  if (publicKey) return keyIs(publicKey);
  const digest = hashIn(name);
  if (!digest) return undefined;
  return async (signature, signed, embedded) => {
    if (!(embedded instanceof Uint8Array)) return false;
    const own = await sha256.digest(embedded);
    if (!equals(own.digest, digest)) return false;
    const { publicKeyFromProtobuf } = await import("@libp2p/crypto/keys");
    try {
      return await publicKeyFromProtobuf(embedded).verify(signed, signature);
    } catch {
      // The decoders of keys do not document what they throw for one that is invalid or too large.
      return false;
    }
  };
}

/** That ed25519 key, uint8[32]. */
export function keyIs(publicKey: Uint8Array): RecordKey {
  return (signature, signed) => verify(signature, signed, publicKey);
}

/** The sha2-256 digest that is the name of a key too large for a name. */
function hashIn(name: string): Uint8Array | undefined {
  if (name.length > 100 || name.includes(".")) return undefined;
  try {
    const cid = /^Qm/.test(name) ? undefined : CID.parse(name, name.startsWith("k") ? base36 : undefined);
    if (cid && cid.code !== libp2pKey) return undefined;
    const { code, digest } = cid?.multihash ?? decode(base58btc.decode(`z${name}`));
    return code === sha256.code ? digest : undefined;
  } catch {
    // The decoders throw plain Errors for text that is no name.
    return undefined;
  }
}
