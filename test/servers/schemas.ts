/**
 * The published STAC schemas, fetched once from where their authors keep them.
 *
 * `schemas/sha256sums.txt` lists them as `<host>/<path>` with the hash they must have (the format of `sha256sum -c`), so
 * an item is judged by the same schemas everywhere.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cache, installOnce } from "./made.ts";

const list = join(import.meta.dirname, "schemas", "sha256sums.txt");
const name = "stac-schemas-1.1.0";

/** Where they stand once they are fetched. */
export const schemaFolder = join(cache, name);

/** @throws Error naming the address that did not answer, or whose content is not what it was. */
export async function fetchSchemas(): Promise<string> {
  const wanted = (await readFile(list, "utf8"))
    .trim()
    .split("\n")
    .map((line) => line.split("  ") as [string, string]);
  return installOnce(name, "seconds", async (folder) => {
    for (const [hash, path] of wanted) {
      const url = `https://${path}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const found = createHash("sha256").update(bytes).digest("hex");
      if (found !== hash) throw new Error(`${url} has the sha256 ${found}, expected ${hash}`);
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
  });
}
