/**
 * S3's own client for JavaScript, and MinIO's: both read and write through `fieldtree s3` in tests.
 *
 * Installed apart, because a hundred packages are no business of those who install this project.
 */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";

const own = join(import.meta.dirname, "s3-clients");
const what = "AWS SDK for JavaScript and minio-js";

/** Folder that has both in its node_modules; `undefined`, and recorded, where they can't be installed. */
export async function s3Clients(): Promise<string | undefined> {
  if (isAbsent(what)) return undefined;
  try {
    return await installOnce("s3-clients-3.1175.0-8.0.7", "about a minute", async (folder) => {
      await cp(own, folder, { recursive: true });
      await execa("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdin: "ignore" });
    });
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    return recordAbsence({ what, why, get: "let npm reach a registry", required: true });
  }
}
