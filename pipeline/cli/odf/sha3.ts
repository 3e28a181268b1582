/** sha3-256 by Node's own library, some ten times as fast as one in JavaScript. */
import { createHash } from "node:crypto";
import type { Hasher } from "../../formats/odf/logical-hash.ts";

export function sha3(): Hasher {
  const hash = createHash("sha3-256");
  return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
}
