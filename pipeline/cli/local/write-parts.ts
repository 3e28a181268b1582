/** Writes a file part by part. */
import { open } from "node:fs/promises";

/** @throws the disk's error, also where something is at `file`. */
export async function writeParts(file: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(file, "wx");
  try {
    for await (const part of parts) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}
