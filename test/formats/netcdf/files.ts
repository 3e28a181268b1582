/**
 * The files that `files.py` makes, and what `oracle.py` sees in them.
 *
 * They are made once a machine for each version of the two scripts; nothing of them is committed.
 *
 * ```ts
 * const files = await netcdfFiles();
 * describe.skipIf(!files)("…", () => { files!.bytes("grid.nc"); files!.oracle["grid.nc"]; });
 * ```
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { installOnce } from "../../servers/made.ts";
import { python } from "../../servers/python.ts";

export interface NetcdfFiles {
  readonly names: readonly string[];
  readonly oracle: Readonly<Record<string, FileOracle>>;
  path(name: string): string;
  bytes(name: string): Uint8Array;
}

export interface FileOracle {
  /** Which library opened it. */
  readonly by: "netCDF4" | "h5py" | "none";
  readonly model?: string;
  /** By path, "" for the root. */
  readonly groups?: Readonly<Record<string, GroupOracle>>;
}

export interface GroupOracle {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** netCDF4's. */
  readonly dimensions?: Readonly<Record<string, { readonly size: number; readonly unlimited: boolean }>>;
  readonly variables: Readonly<Record<string, VariableOracle>>;
}

export interface VariableOracle {
  readonly type?: string;
  readonly dimensions?: readonly string[];
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly members?: Readonly<Record<string, number>>;
  readonly summary?: Summary;
  readonly error?: string;
}

/** Of values; see `oracle.py`. */
export interface Summary {
  readonly n: number;
  readonly values?: readonly unknown[];
  readonly first?: unknown;
  readonly last?: unknown;
  readonly least?: number | null;
  readonly greatest?: number | null;
  readonly sum?: number;
  readonly weighted?: number;
}

/** `undefined`, and recorded, where there is no Python to make them. */
export async function netcdfFiles(): Promise<NetcdfFiles | undefined> {
  const made = await madeBy("files.py", "oracle.py", async (folder, oracle) => {
    await writeFile(join(folder, "oracle.json"), await oracle(namesIn(folder).map((name) => join(folder, name))));
  });
  if (!made) return undefined;
  const { folder } = made;
  const path = (name: string) => join(folder, name);
  return {
    names: namesIn(folder),
    oracle: JSON.parse(readFileSync(path("oracle.json"), "utf8")),
    path,
    bytes: (name) => new Uint8Array(readFileSync(path(name))),
  };
}

/** The folder of the files that `large.py` makes: up to 50 GB, most of them holes. */
export async function largeFiles(): Promise<string | undefined> {
  return (await madeBy("large.py"))?.folder;
}

/** What xarray reads as latitude, longitude and time of files: `extents.py`, by path. */
export async function extentsOf(paths: readonly string[]): Promise<Readonly<Record<string, Extents>>> {
  const program = await python();
  const { stdout } = await execa(program!, [script("extents.py"), ...paths]);
  return JSON.parse(stdout);
}

export interface Extents {
  readonly latitude?: readonly [number, number];
  readonly longitude?: readonly [number, number];
  /** ISO 8601, in milliseconds. */
  readonly time?: readonly [string, string];
}

const namesIn = (folder: string) => readdirSync(folder).filter((name) => /\.(nc|h5|csv)$/.test(name));
const script = (name: string) => join(import.meta.dirname, name);

/** A folder that a script made files in, once a machine for each version of it and of the oracle. */
async function madeBy(
  generator: string,
  oracle?: string,
  finish?: (folder: string, oracle: (paths: readonly string[]) => Promise<string>) => Promise<void>,
): Promise<{ readonly folder: string } | undefined> {
  const program = await python();
  if (!program) return undefined;
  const scripts = [generator, ...(oracle ? [oracle] : [])].map(script);
  const version = createHash("sha256").update(program);
  for (const file of scripts) version.update(readFileSync(file));
  const name = `netcdf-${generator.slice(0, -3)}-${version.digest("hex").slice(0, 12)}`;
  const folder = await installOnce(name, "a few seconds", async (made) => {
    await execa(program, [scripts[0]!, made]);
    await finish?.(made, async (paths) => (await execa(program, [scripts[1]!, ...paths])).stdout);
  });
  return { folder };
}
