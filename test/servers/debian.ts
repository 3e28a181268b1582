/**
 * Programs of Debian packages, unpacked into the tests' cache: nothing of the system is changed.
 *
 * ```ts
 * const restic = await debianProgram("restic");
 * ```
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";
import { reasonOf } from "./python.ts";

export interface DebianProgram {
  readonly path: string;
  /** Where its packages were unpacked. */
  readonly folder: string;
  /** With which it finds the libraries of its packages. */
  readonly env: Readonly<Record<string, string>>;
}

/** The program of the package `name`, at `path` in it, with what `libraries` has; `undefined`, and recorded, where it can't be had. */
export async function debianProgram(
  name: string,
  libraries: readonly string[] = [],
  path = `usr/bin/${name}`,
): Promise<DebianProgram | undefined> {
  if (isAbsent(name)) return undefined;
  try {
    const made = await installOnce(`debian-${[name, ...libraries].join("-")}`, "some seconds", async (target) => {
      await execa("apt-get", ["download", name, ...libraries], { cwd: target, stdin: "ignore" });
      for (const file of (await readdir(target)).filter((each) => each.endsWith(".deb")))
        await execa("dpkg", ["-x", file, "."], { cwd: target });
    });
    const folders = ["lib", "usr/lib"].map((folder) => join(made, folder, "x86_64-linux-gnu"));
    return { path: join(made, path), folder: made, env: { LD_LIBRARY_PATH: folders.join(":") } };
  } catch (error) {
    return recordAbsence({
      what: name,
      why: reasonOf(error),
      get: "run the tests on Debian or Ubuntu, with apt-get",
      required: false,
    });
  }
}
