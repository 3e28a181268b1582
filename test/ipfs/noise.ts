/** Bytes that don't repeat, the same for the same seed. */
import { sha256 } from "../../pipeline/dag/hash.ts";

export function noise(seed: string, length: number): Buffer {
  const parts: Uint8Array[] = [];
  let last = sha256(Buffer.from(seed));
  for (let done = 0; done < length; done += 32) {
    parts.push(last);
    last = sha256(last);
  }
  return Buffer.concat(parts).subarray(0, length);
}
