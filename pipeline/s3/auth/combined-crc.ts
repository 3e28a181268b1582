/**
 * The CRC of bytes that follow one another, from the CRCs of the pieces: what a multipart upload has as its full-object checksum,
 * without a byte being read again.
 *
 * Appending n bytes multiplies a CRC by x^8n modulo its polynomial, and adds the CRC of what is appended. Polynomials are reflected: the
 * highest bit is the coefficient of x^0.
 */
import type { ChecksumAlgorithm } from "./checksums.ts";

const polynomials = {
  crc32: { bits: 32n, value: 0xedb88320n },
  crc32c: { bits: 32n, value: 0x82f63b78n },
  crc64nvme: { bits: 64n, value: 0x9a6c9329ac4bc9b5n },
} as const;

type Crc = keyof typeof polynomials;

export const isCrc = (algorithm: ChecksumAlgorithm): algorithm is Crc => algorithm in polynomials;

interface Piece {
  /** In base64. */
  readonly value: string;
  /** Bytes. */
  readonly size: number;
}

/** The CRC of all pieces, one behind the other, in base64. */
export function combined(algorithm: Crc, pieces: readonly Piece[]): string {
  const { bits } = polynomials[algorithm];
  let crc = 0n;
  for (const { value, size } of pieces) {
    const added = BigInt(`0x${Buffer.from(value, "base64").toString("hex") || "0"}`);
    crc = multiplied(algorithm, powerOfX(algorithm, 8n * BigInt(size)), crc) ^ added;
  }
  return Buffer.from(crc.toString(16).padStart(Number(bits / 4n), "0"), "hex").toString("base64");
}

function multiplied(algorithm: Crc, a: bigint, b: bigint): bigint {
  const { bits, value } = polynomials[algorithm];
  let product = 0n;
  let shifted = b;
  for (let bit = 1n << (bits - 1n); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ value : shifted >> 1n;
  }
  return product;
}

function powerOfX(algorithm: Crc, exponent: bigint): bigint {
  const { bits } = polynomials[algorithm];
  let power = 1n << (bits - 1n);
  let square = 1n << (bits - 2n);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) power = multiplied(algorithm, power, square);
    square = multiplied(algorithm, square, square);
  }
  return power;
}
