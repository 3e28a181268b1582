/**
 * Signed releases: the signature proves the publisher, from the release alone.
 *
 * The signature is over the dag-cbor of the release without it, so it covers the link to the release before, and with it
 * everything older. A campaign without a key publishes unsigned releases; both kinds may follow one another.
 *
 * ```ts
 * const signed = await signRelease(release, await privateKeyFrom(env.LOG_KEY, "LOG_KEY"));
 * await signerOf(signed); // { by: "k51qzi5uqu5d…" }
 * ```
 */
import { type PrivateKey, publicName, sign, verify } from "../core/key.ts";
import { encoded, type Release } from "./release.ts";

/** `release` with the signature of `key` in place of any it had. Ed25519 is deterministic: the same release, the same CID. */
export async function signRelease(release: Release, key: PrivateKey): Promise<Release> {
  return { ...release, signed: { by: key.publicKey, signature: await sign(signedBytes(release), key) } };
}

/**
 * `by`: public name of the key that signed `release`. `bad`: the name in the release, if the signature is not by that key.
 * `undefined` if it is unsigned.
 */
export async function signerOf(release: Release): Promise<{ by: string } | { bad: string } | undefined> {
  if (!release.signed) return undefined;
  const { by, signature } = release.signed;
  const good = await verify(signature, signedBytes(release), by);
  return good ? { by: publicName(by) } : { bad: publicName(by) };
}

function signedBytes({ signed: _, ...everythingElse }: Release): Uint8Array {
  return encoded(everythingElse);
}
