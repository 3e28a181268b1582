/** Reads small files that may not exist yet. */
import { readFile } from "node:fs/promises";
import { diskFailure } from "./disk-failure.ts";

/** Its bytes; `undefined` where there is no such file. @throws Failure of {@link diskFailure} where it can't be read. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw diskFailure(error, `reading ${path}`);
  }
}
