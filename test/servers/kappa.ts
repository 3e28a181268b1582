/**
 * kappa-core 7, whose ideas `pipeline/fold` has without its traps: to be compared with where both promise the same.
 *
 * Installed apart, because its ninety packages with native code are no business of those who install this project.
 * noise-protocol is pinned: kappa-core fails with any newer one.
 */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";

const own = join(import.meta.dirname, "kappa");

/** Folder that has kappa-core in its node_modules; `undefined`, and recorded, where it can't be installed. */
export async function kappaCore(): Promise<string | undefined> {
  try {
    return await installOnce("kappa-core-7.0.0", "10 to 30 seconds", async (folder) => {
      await cp(own, folder, { recursive: true });
      await execa("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdin: "ignore" });
      await execa("node", ["-e", "require('kappa-core')"], { cwd: folder });
    });
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    return recordAbsence({ what: "kappa-core 7", why, get: "let npm reach a registry", required: true });
  }
}
