/**
 * CIDs as people write them.
 *
 * Two questions with different answers. *Which data is it?* is the multihash and the codec ({@link identity}): the
 * v0 and the v1 spelling of one hash are the same data. *What does a parent directory link to?* is the CID as written,
 * because its version is part of the parent's bytes. So a parsed CID has the version that was written.
 *
 * ```ts
 * const cid = parseCid("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn");
 * identity(cid); // "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"
 * ```
 */
import { base16, base16upper } from "multiformats/bases/base16";
import { base32upper } from "multiformats/bases/base32";
import { base36 } from "multiformats/bases/base36";
import { base64, base64pad, base64url, base64urlpad } from "multiformats/bases/base64";
import { CID } from "multiformats/cid";
import { Digest } from "multiformats/hashes/digest";
import { shown } from "./text/shown.ts";

/** Codecs that a tree may link to, files and directories, by their multicodec number. */
const codecs = { raw: 0x55, dagPb: 0x70 } as const;

/** multicodec sha2-256, the one hash we check blocks against. */
const sha256 = 0x12;

/** multicodec identity: the bytes are in the CID (`ipfs add --inline`), and no node has a block for them. */
const inline = 0;

/** Bytes that Kubo and its libraries accept in an identity CID. */
const longestInline = 128;

/** The empty directory, as linked where tree.yaml leaves a value empty and nothing else decides its spelling. */
export const emptyDirectory = CID.parse("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");

/**
 * The CID written as `text`, in base58btc, base32 or base36, with the version as written.
 *
 * @throws Error with the decoder's message where `text` is no CID.
 */
export function parseCid(text: string): CID {
  // Decoding base58 and base36 takes the square of the length.
  if (text.length > longestCid) throw new Error(`${text.length} characters are more than any CID has`);
  return quickly(text) ?? CID.parse(text);
}

/**
 * The CID in an address, as Kubo and gateways accept it: in any base that CIDs are written in, and in upper case where the
 * base doesn't distinguish case (`BAFY…`).
 *
 * @throws Error where `text` is no CID, or longer than one can be: some bases take quadratic time to decode.
 */
export function parseAddressedCid(text: string): CID {
  if (text.length > longestCid) throw new Error(`${text.length} characters are more than any CID has`);
  const plain = /^[bfk]/i.test(text) ? text.toLowerCase() : text;
  const base = [base16, base36, base64, base64pad, base64url, base64urlpad].find(({ prefix }) => plain[0] === prefix);
  return quickly(plain) ?? CID.parse(plain, base);
}

/** Characters: 128 bytes that are inlined, in base16, and room for more. */
const longestCid = 512;

/** Codec and multihash in one canonical spelling (the CIDv1 in base32): equal exactly where the data is the same. */
export function identity(cid: CID): string {
  if (cid.version === 1) return base32(cid.bytes);
  const bytes = new Uint8Array(cid.bytes.length + 2);
  bytes.set([1, codecs.dagPb]);
  bytes.set(cid.bytes, 2);
  return base32(bytes);
}

/** The same as `toString` of the CID, which remembers the text of each, and several times faster. */
export const textOf = (cid: CID): string => (cid.version === 1 ? base32(cid.bytes) : cid.toString());

/** Why text can't be a CID in tree.yaml. `message` continues a sentence that begins with the text: "… is an address". */
export interface Objection {
  readonly rule: "not-a-cid" | "identity-cid" | "unsupported-codec" | "unsupported-hash";
  readonly message: string;
  readonly fix?: string;
}

/** The CID that `text` is, or why it can't be in a tree and what was probably meant. */
export function readCid(text: string): CID | Objection {
  // Text with another first character is in none of the accepted bases, and a decoder that throws is slow.
  if (!/^[Qbkz]/.test(text)) return notACid(text, undefined);
  let cid: CID;
  try {
    cid = parseCid(text);
  } catch (error) {
    return notACid(text, error);
  }
  const again = "add the data again with: fieldtree add";
  if (cid.code !== codecs.raw && cid.code !== codecs.dagPb) {
    const message = `names ${codecName(cid.code)}; a tree has files and folders only (codecs dag-pb and raw)`;
    return { rule: "unsupported-codec", message };
  }
  const { code, digest } = cid.multihash;
  if (code === inline && digest.length > longestInline) {
    const message = `is an identity CID of ${digest.length} bytes; other software reads up to ${longestInline}`;
    return { rule: "identity-cid", message, fix: again };
  }
  if (code !== inline && (code !== sha256 || digest.length !== 32)) {
    const used = `function 0x${code.toString(16)} and ${digest.length * 8} bits`;
    const message = `is hashed with ${used}; blocks are checked with sha2-256 (0x12) and 256 bits only`;
    return { rule: "unsupported-hash", message, fix: again };
  }
  if (!/^[Qb]/.test(text)) {
    const message = "is a CID in base36 or base58btc; the tree takes it in base32";
    return { rule: "not-a-cid", message, fix: cid.toV1().toString() };
  }
  return cid;
}

export function isObjection(read: CID | Objection): read is Objection {
  return "rule" in read;
}

function notACid(text: string, error: unknown): Objection {
  const rule = "not-a-cid";
  const address = addressOf(text);
  if (address?.below) {
    const message = "is the address of something below a CID; the tree takes the CID of the thing itself";
    return { rule, message, fix: `ask for its CID with: fieldtree ls ${address.cid}${shown(address.below)}` };
  }
  if (address) return { rule, message: "is an address; the tree takes the CID alone", fix: address.cid };

  if (/^(?:null|~)$/i.test(text)) {
    return { rule, message: "is not a CID", fix: "leave the value empty for an empty folder" };
  }
  const unbroken = text.length < 200 ? text.replace(/\s+/g, "") : text;
  if (unbroken !== text && isCid(unbroken)) {
    return { rule, message: "has a blank or a line break inside the CID", fix: unbroken };
  }
  const [, name, cid] = (text.length < 2000 && /^([^\s:]+)[\s:]+(\S+)$/.exec(text)) || [];
  if (name !== undefined && isCid(cid!))
    return { rule, message: "lacks `: ` between name and CID", fix: `${shown(name)}: ${cid}` };
  for (const base of text.length < 200 && otherBases.test(text)
    ? [base32upper, base16, base16upper, base64url, base64]
    : []) {
    const cid = text.startsWith(base.prefix) ? attempt(() => CID.parse(text, base)) : undefined;
    if (cid) return { rule, message: `is a CID in ${base.name}; the tree takes it in base32`, fix: `${cid}` };
  }
  // The two shapes nearly every CID has; a character lost while copying is the usual slip.
  const whole = /^Qm[1-9A-Za-z]*$/.test(text) ? 46 : /^ba[a-z2-7]*$/.test(text) ? 59 : undefined;
  if (!whole) return { rule, message: "is not a CID (those begin with bafy, bafk or Qm)" };
  if (text.length !== whole) return { rule, message: `is not a CID: ${text.length} characters where ${whole} belong` };
  const message = `is not a CID, though it has the shape of one (${error instanceof Error ? error.message : error})`;
  return { rule, message, fix: "copy it once more: a character is another one" };
}

/** Text that may be a CID in one of the other bases. Checked first because a decoder that throws is slow. */
const otherBases = /^(?:B[A-Z2-7]{6,}|f[0-9a-f]{6,}|F[0-9A-F]{6,}|u[\w-]{6,}|m[A-Za-z0-9+/]{6,})$/;

/** The CID in `ipfs://CID`, `/ipfs/CID`, `https://gateway/ipfs/CID` and `https://CID.ipfs.gateway` (or without `https://`), and the path below it. */
function addressOf(text: string): { cid: string; below: string } | undefined {
  if (text.length > 2000) return undefined;
  const found =
    /^(?:ipfs:\/\/|(?:(?:https?:\/\/)?[^/?#]+\/|\/)?ipfs\/)([A-Za-z0-9]+)(\/[^?#]*)?(?:[?#].*)?$/.exec(text) ??
    /^(?:https?:\/\/)?([A-Za-z0-9]+)\.ipfs\.[^/?#]+(\/[^?#]*)?(?:[?#].*)?$/.exec(text);
  if (!found?.[1] || !isCid(found[1])) return undefined;
  return { cid: found[1], below: (found[2] ?? "").replace(/\/+$/, "") };
}

/** Whether it is one in base58btc, base32 or base36, of whatever codec and hash. */
export function isCid(text: string): boolean {
  return attempt(() => parseCid(text)) !== undefined;
}

/** Decoders throw plain Errors for text they can't read, and nothing else. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function codecName(code: number): string {
  const known: Record<number, string> = {
    81: "CBOR",
    112: "dag-pb",
    113: "dag-cbor data",
    114: "an IPNS key",
    120: "a git object",
    297: "dag-json data",
    512: "JSON",
  };
  return known[code] ?? `codec 0x${code.toString(16)}`;
}

const base32Letters = "abcdefghijklmnopqrstuvwxyz234567";
const base58Letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const base32Pairs = Array.from({ length: 1024 }, (_, i) => base32Letters[i >> 5]! + base32Letters[i & 31]!);
const base32Values = valuesOf(base32Letters);
const base58Values = valuesOf(base58Letters);

/** Value of each letter by its code unit; 255 for what is no letter of the alphabet. */
function valuesOf(letters: string): Uint8Array {
  const values = new Uint8Array(128).fill(255);
  for (let value = 0; value < letters.length; value++) values[letters.charCodeAt(value)] = value;
  return values;
}

/**
 * The two spellings that nearly every leaf has, an order of magnitude faster than the general decoder: a tree of
 * 100 000 leaves is read in a fraction of a second instead of in more than one. Any other text
 * returns `undefined` and goes to the general decoder.
 */
function quickly(text: string): CID | undefined {
  if (text.length === 59 && text.startsWith("b")) return quickV1(text);
  if (text.length === 46 && text.startsWith("Qm")) return quickV0(text);
  return undefined;
}

function quickV1(text: string): CID | undefined {
  const bytes = pooled(36);
  let buffer = 0;
  let bits = 0;
  let written = 0;
  for (let at = 1; at < 59; at++) {
    const value = base32Values[text.charCodeAt(at)] ?? 255;
    if (value === 255) return undefined;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = buffer >> bits;
    }
  }
  const usual = bytes[0] === 1 && bytes[1]! <= 0x7f && bytes[2] === sha256 && bytes[3] === 32;
  if (!usual || buffer & ((1 << bits) - 1)) return undefined;
  return new CID(1, bytes[1]!, new Digest(sha256, 32, bytes.subarray(4), bytes.subarray(2)), bytes);
}

function quickV0(text: string): CID | undefined {
  // Four letters at a time (58⁴ < 2²⁴) into limbs of 24 bits, least first: every product stays below 2⁵³.
  const limbs = new Float64Array(12);
  for (let at = 0; at < 46; at += 4) {
    let chunk = 0;
    let scale = 1;
    for (let next = at; next < Math.min(at + 4, 46); next++) {
      const value = base58Values[text.charCodeAt(next)] ?? 255;
      if (value === 255) return undefined;
      chunk = chunk * 58 + value;
      scale *= 58;
    }
    for (let limb = 0; limb < 12; limb++) {
      const sum = limbs[limb]! * scale + chunk;
      chunk = Math.floor(sum / 0x1000000);
      limbs[limb] = sum - chunk * 0x1000000;
    }
  }
  const bytes = pooled(34);
  for (let at = 0; at < 34; at++) bytes[33 - at] = (limbs[Math.floor(at / 3)]! >> (8 * (at % 3))) & 0xff;
  // 46 letters from Qm… always give 34 bytes; anything above them would have been lost here.
  if (bytes[0] !== sha256 || bytes[1] !== 32 || limbs[11]! >= 0x100) return undefined;
  return new CID(0, codecs.dagPb, new Digest(sha256, 32, bytes.subarray(2), bytes), bytes);
}

/**
 * A few bytes out of a shared buffer, as Node's own `Buffer.from` does it: an ArrayBuffer for each CID would cost more
 * than reading it.
 */
function pooled(length: number): Uint8Array<ArrayBuffer> {
  if (pool.used + length > pool.buffer.byteLength) pool = { buffer: new ArrayBuffer(4096), used: 0 };
  const bytes = new Uint8Array(pool.buffer, pool.used, length);
  pool.used += length;
  return bytes;
}

let pool = { buffer: new ArrayBuffer(4096), used: 0 };

/** Five bytes are four pairs of letters. */
function base32(bytes: Uint8Array): string {
  let text = "b";
  let at = 0;
  for (; at + 5 <= bytes.length; at += 5) {
    const high = bytes[at]! * 4096 + bytes[at + 1]! * 16 + (bytes[at + 2]! >> 4);
    const low = (bytes[at + 2]! & 15) * 65_536 + bytes[at + 3]! * 256 + bytes[at + 4]!;
    text += base32Pairs[high >> 10]! + base32Pairs[high & 1023]! + base32Pairs[low >> 10]! + base32Pairs[low & 1023]!;
  }
  let buffer = 0;
  let bits = 0;
  for (; at < bytes.length; at++) {
    buffer = ((buffer << 8) | bytes[at]!) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += base32Letters[(buffer >> (bits - 5)) & 31]!;
  }
  return bits > 0 ? text + base32Letters[(buffer << (5 - bits)) & 31]! : text;
}

/** Whether two texts are CIDs of the same data, whatever their spelling. Texts that are none are compared as they are. */
export function sameData(a: string, b: string): boolean {
  return a === b || identityOf(a) === identityOf(b);
}

/** {@link identity} of a CID as text; of a text that is no CID, the text itself. */
export function identityOf(text: string): string {
  const read = readCid(text);
  return isObjection(read) ? text : identity(read);
}
