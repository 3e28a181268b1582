/** The data that Kubo's own tests are made of, so that the CIDs they publish can be ours to meet. */
import { createCipheriv, createHash } from "node:crypto";

/** ChaCha20 of zeros, keyed by sha256(seed): `testutils.DeterministicRandomReaderBytes`. In pieces of at most 1 MiB. */
export function* chacha(size: number, seed: string): Generator<Uint8Array> {
  const cipher = createCipheriv("chacha20", createHash("sha256").update(seed).digest(), Buffer.alloc(16));
  const zeros = Buffer.alloc(1024 * 1024);
  for (let left = size; left > 0; left -= zeros.length)
    yield cipher.update(zeros.subarray(0, Math.min(left, zeros.length)));
}

/** `count` names of `length` characters, the last of `lastLength`: `createDirectoryForHAMT`. */
export function kuboNames(count: number, length: number, lastLength: number, seed: string): string[] {
  const alphabet = "abcdefghijklmnopqrstuvwxyz01234567890-_";
  const bytes = Buffer.concat([...chacha(1024 * 1024, seed)]);
  let at = 0;
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: i === count - 1 ? lastLength : length }, () => alphabet[bytes[at++]! % alphabet.length]).join(
      "",
    ),
  );
}
