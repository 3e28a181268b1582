/**
 * `ncgen`, which makes NetCDF files of their text form (CDL): netcdf-bin of Debian.
 *
 * Where it isn't installed, its packages are unpacked into the tests' cache, which changes nothing of the system.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { findProgram } from "./dns-daemon.ts";

export interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** @throws Error where it is not installed and its packages can't be had. `folder`: an empty one for them. */
export async function ncgen(folder: string): Promise<Program> {
  const installed = findProgram("ncgen");
  if (installed) return { path: installed, env: {} };
  // It lists what is missing of what the package needs, and installs nothing.
  const plan = await execa("apt-get", ["install", "--dry-run", "--no-install-recommends", "netcdf-bin"]);
  const packages = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name!);
  await execa("apt-get", ["download", ...packages], { cwd: folder });
  const files = readdirSync(folder).filter((name) => name.endsWith(".deb"));
  for (const file of files) await execa("dpkg", ["-x", file, "."], { cwd: folder });
  const libraries = readdirSync(join(folder, "usr/lib")).map((name) => join(folder, "usr/lib", name));
  return { path: join(folder, "usr/bin/ncgen"), env: { LD_LIBRARY_PATH: libraries.join(":") } };
}
