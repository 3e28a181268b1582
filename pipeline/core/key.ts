/**
 * Keys that sign releases and IPNS records.
 *
 * Ed25519 and nothing else. A public key is named as in IPNS (`k51qzi5uqu5d…`, everywhere in fieldtree); a
 * private key is read from either form that Kubo exports, and is never part of a message.
 *
 * ```ts
 * const key = await privateKeyFrom(env.CAMPAIGN_KEY, "CAMPAIGN_KEY");
 * publicName(key.publicKey); // "k51qzi5uqu5d…"
 * await verify(await sign(bytes, key), bytes, key.publicKey); // true
 * ```
 *
 * @see https://specs.ipfs.tech/ipns/ipns-record/#ipns-keys and https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md#keys
 */
import { base36 } from "multiformats/bases/base36";
import { base58btc } from "multiformats/bases/base58";
import { CID } from "multiformats/cid";
import { identity } from "multiformats/hashes/identity";
import { Failure } from "./failure.ts";
import { joined } from "./joined.ts";

export interface PrivateKey {
  /** 32 bytes, secret. */
  readonly seed: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** multicodec libp2p-key */
const libp2pKey = 0x72;

/** libp2p's protobuf around an ed25519 key: type, then how many bytes follow. RFC 8410's DER around the seed. */
const before = {
  publicKey: [0x08, 0x01, 0x12, 0x20],
  privateKey: [0x08, 0x01, 0x12, 0x40],
  seed: [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20],
} as const;

/** Bytes. Many times what either form takes. */
const longest = 4096;

/** What a public key (32 bytes) is called behind `/ipns/`: its CID in base36. */
export function publicName(publicKey: Uint8Array): string {
  const digest = identity.digest(joined([before.publicKey, publicKey]));
  return CID.createV1(libp2pKey, digest).toString(base36);
}

/**
 * The public key (32 bytes) within a name: `k51…`, the same CID in base32 or base58btc, or the old `12D3Koo…`.
 *
 * `undefined` for anything else, such as the name of an RSA key, which is only a hash of it.
 */
export function publicKeyOf(name: string): Uint8Array | undefined {
  if (name.length > 100) return undefined;
  try {
    const cid = name.startsWith("12D3Koo") ? undefined : CID.parse(name, name.startsWith("k") ? base36 : undefined);
    if (cid && cid.code !== libp2pKey) return undefined;
    const multihash = cid?.multihash.bytes ?? base58btc.decode(`z${name}`);
    return after([identity.code, 36, ...before.publicKey], multihash, 32);
  } catch {
    // The decoders throw whatever they like at what is no name.
    return undefined;
  }
}

/**
 * The private key in either form that Kubo exports: `libp2p-protobuf-cleartext` (as bytes, or in base64, which
 * an environment variable can contain) or `pem-pkcs8-cleartext`, its lines perhaps joined.
 *
 * `what`: the name of the key in messages, such as the name of that variable.
 *
 * @throws Failure `input` where it is neither, or no ed25519 key. The message contains no part of `source`.
 */
export async function privateKeyFrom(source: string | Uint8Array, what = "the key"): Promise<PrivateKey> {
  const not = (why: string, hint = "`fieldtree key new` makes one; `ipfs key export` writes one") =>
    new Failure("input", `${what} is no private key that can be used: ${why}`, { hint });
  if (source.length > longest) throw not(`it is longer than ${longest} characters`);
  const text = typeof source === "string" ? source : textIn(source);
  if (text?.trim() === "") throw not("it is empty");
  if (text?.includes("-----BEGIN ENCRYPTED")) {
    throw not("it is encrypted", "take the passphrase off, into a file that only you can read: openssl pkcs8 -in …");
  }
  const der = text === undefined ? undefined : pem(text);
  const protobuf = text === undefined ? (source as Uint8Array) : base64(text);
  const key = der ?? (protobuf && after(before.privateKey, protobuf, 64));
  if (!key && protobuf?.[0] === 0x08 && protobuf[1] !== 0x01) throw not("it is of another kind than ed25519");
  if (!key) throw not("it is neither a PEM of PKCS#8 nor libp2p's protobuf in base64");
  const read = await keyIn(der ?? joined([before.seed, key.subarray(0, 32)]));
  if (!read) throw not("it is of another kind than ed25519, or damaged");
  // Signing with another's public key would give the seed away, signature by signature.
  if (!der && !same(read.publicKey, key.subarray(32))) throw not("its public half belongs to another key");
  return read;
}

/** The key whose secret is `seed`, 32 bytes. */
export async function privateKeyOf(seed: Uint8Array): Promise<PrivateKey> {
  return (await keyIn(joined([before.seed, seed])))!;
}

/** Kubo's `libp2p-protobuf-cleartext`: 68 bytes. */
export function protobufOf({ seed, publicKey }: PrivateKey): Uint8Array<ArrayBuffer> {
  return joined([before.privateKey, seed, publicKey]);
}

/** Kubo's `pem-pkcs8-cleartext`, byte for byte. */
export function pemOf({ seed }: PrivateKey): string {
  const body = btoa(String.fromCharCode(...before.seed, ...seed));
  return `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
}

/** Ed25519 signature of `bytes`: 64 bytes, the same for the same bytes. */
export async function sign(bytes: Uint8Array, { seed }: PrivateKey): Promise<Uint8Array> {
  // WebCrypto takes no views of what others may write to meanwhile: `joined` copies.
  const key = await crypto.subtle.importKey("pkcs8", joined([before.seed, seed]), "Ed25519", false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("Ed25519", key, joined([bytes])));
}

/** Whether `signature` is that of `bytes` by the secret of `publicKey`. False for lengths that can't be. */
export async function verify(signature: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = await crypto.subtle.importKey("raw", joined([publicKey]), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, joined([signature]), joined([bytes]));
}

/** The key in a PKCS#8 of DER; `undefined` where it isn't one, or of another kind. */
async function keyIn(der: Uint8Array<ArrayBuffer>): Promise<PrivateKey | undefined> {
  try {
    const { d, x } = await crypto.subtle.exportKey(
      "jwk",
      await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]),
    );
    return { seed: base64(d!)!, publicKey: base64(x!)! };
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

/** The bytes between the first and last line of a PEM; `undefined` where `text` is none. */
function pem(text: string): Uint8Array<ArrayBuffer> | undefined {
  const [, body] = /^\s*-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----(?:\s|\\n)*$/.exec(text) ?? [];
  return body === undefined ? undefined : base64(body.replaceAll("\\n", "\n"));
}

/** Bytes of base64 or base64url, white space and padding as they come; `undefined` where `text` is neither. */
function base64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const plain = text.replace(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) return undefined;
  try {
    return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

/** `bytes` as text where they are ASCII that can be typed: a PEM, base64. */
function textIn(bytes: Uint8Array): string | undefined {
  const typed = bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d));
  return typed ? new TextDecoder().decode(bytes) : undefined;
}

/** The `length` bytes behind `prefix` where `bytes` are just these; else `undefined`. */
function after(prefix: readonly number[], bytes: Uint8Array, length: number): Uint8Array | undefined {
  const fits = bytes.length === prefix.length + length && prefix.every((byte, at) => bytes[at] === byte);
  return fits ? bytes.slice(prefix.length) : undefined;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
