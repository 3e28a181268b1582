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
import { madeOnce } from "../../servers/made.ts";
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
  const program = await python();
  if (!program) return undefined;
  const [files, oracle] = ["files.py", "oracle.py"].map((name) => join(import.meta.dirname, name)) as [string, string];
  const version = createHash("sha256")
    .update(program)
    .update(readFileSync(files))
    .update(readFileSync(oracle))
    .digest("hex");
  const folder = await madeOnce(`netcdf-${version.slice(0, 12)}`, "a few seconds", async (made) => {
    await execa(program, [files, made]);
    await writeFile(join(made, "oracle.json"), await oracleOf(namesIn(made).map((name) => join(made, name))));
  });
  const path = (name: string) => join(folder, name);
  return {
    names: namesIn(folder),
    oracle: JSON.parse(readFileSync(path("oracle.json"), "utf8")),
    path,
    bytes: (name) => new Uint8Array(readFileSync(path(name))),
  };
}

const namesIn = (folder: string) => readdirSync(folder).filter((name) => /\.(nc|h5|csv)$/.test(name));

/** JSON: by file name, a {@link FileOracle}. Only where there is a Python. */
export async function oracleOf(paths: readonly string[]): Promise<string> {
  const program = await python();
  const { stdout } = await execa(program!, [join(import.meta.dirname, "oracle.py"), ...paths]);
  return stdout;
}
