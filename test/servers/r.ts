/**
 * R with ncdf4: the system's, or else Debian's packages, unpacked into a folder of ours. Nothing is installed.
 *
 * ```ts
 * const Rscript = await rscript();
 * await execa(Rscript, ["-e", "cat(1 + 1)"]);
 * ```
 */
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";

const what = "R with ncdf4";

/** Path of a program that takes `-e CODE`; `undefined`, and recorded, where it can't be had. */
export async function rscript(): Promise<string | undefined> {
  if (isAbsent(what)) return undefined;
  if (await runs("Rscript")) return "Rscript";
  try {
    const made = await installOnce("r-ncdf4", "half a minute", unpack);
    const program = join(made, "Rscript");
    if (!(await runs(program))) throw new Error("what was unpacked does not run");
    return program;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return recordAbsence({ what, why, get: "apt-get install r-cran-ncdf4", required: false });
  }
}

async function runs(program: string): Promise<boolean> {
  const { failed } = await execa(program, ["-e", "library(ncdf4)"], { reject: false, stdin: "ignore" });
  return !failed;
}

async function unpack(folder: string): Promise<void> {
  const archives = join(folder, "archives");
  await mkdir(join(archives, "partial"), { recursive: true });
  const apt = ["-o", `Dir::Cache::archives=${archives}`, "-o", "Debug::NoLocking=1", "--no-install-recommends"];
  await execa("apt-get", [...apt, "install", "--download-only", "-y", "r-base-core", "r-cran-ncdf4"], {
    stdin: "ignore",
  });
  for (const name of await readdir(archives)) {
    if (name.endsWith(".deb")) await execa("dpkg", ["-x", join(archives, name), join(folder, "root")]);
  }
  await rm(archives, { recursive: true });
  await writeFile(join(folder, "Rscript"), starter);
  await chmod(join(folder, "Rscript"), 0o755);
}

/** The addresses that Debian's own starter has for good, and what its installation would write into a file. */
const starter = `#!/bin/sh
root="$(cd "$(dirname "$0")" && pwd)/root"
export R_HOME="$root/usr/lib/R" R_SHARE_DIR="$root/usr/share/R/share" R_INCLUDE_DIR="$root/usr/share/R/include" R_DOC_DIR="$root/usr/share/R/doc"
for lib in "$root"/usr/lib/*-linux-gnu*; do LD_LIBRARY_PATH="$lib:$lib/blas:$lib/lapack:$LD_LIBRARY_PATH"; done
export LD_LIBRARY_PATH="$R_HOME/lib:$LD_LIBRARY_PATH" R_LIBS="$R_HOME/site-library:$R_HOME/library"
export EDITOR=vi PAGER=cat TAR=tar R_UNZIPCMD=unzip
exec "$R_HOME/bin/exec/R" --no-echo --no-restore --no-save --vanilla "$@"
`;
