/**
 * Python as data users have it: xarray, zarr, netCDF4, cftime, ipfsspec, pystac, exactly pinned.
 *
 * These are our oracles and our clients: what we publish must open in them, and what cftime says a date is, it is.
 *
 * ```ts
 * const said = await runPython("import xarray, sys; print(xarray.open_zarr(sys.argv[1]).sizes)", [store]);
 * ```
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";

const folder = join(import.meta.dirname, "python");
const requirements = join(folder, "requirements.txt");
const what = "Python with xarray";

/** Path of a `python` that has everything in `python/requirements.txt`; `undefined`, and recorded, where it can't be made. */
export async function python(): Promise<string | undefined> {
  if (isAbsent(what)) return undefined;
  try {
    const made = await installOnce(`python-${await versionOf(requirements)}`, "1 to 2 minutes", (target) =>
      makeVenv(target, requirements),
    );
    return join(made, "bin", "python");
  } catch (error) {
    return recordAbsence({ what, why: reasonOf(error), get: getPython, required: true });
  }
}

/**
 * The environment variables with which that Python has the packages of `python/NAME.txt` too; `undefined`, and recorded, where
 * they can't be installed. For clients of which several versions exist, and that would not fit beside each other.
 */
export async function pythonWith(
  name: "catalogs" | "datacite" | "intake-1" | "intake-2" | "odf" | "s3" | "s3-backup",
): Promise<Readonly<Record<string, string>> | undefined> {
  const program = await python();
  if (!program || isAbsent(name)) return undefined;
  const list = join(folder, `${name}.txt`);
  try {
    const made = await installOnce(`${name}-${await versionOf(list)}`, "10 to 30 seconds", async (target) => {
      const options = ["--quiet", "--no-deps", "--only-binary=:all:", "--target", target];
      await execa(program, ["-m", "pip", "install", ...options, "-r", list], { stdin: "ignore" });
    });
    return { PYTHONPATH: made };
  } catch (error) {
    return recordAbsence({ what: name, why: reasonOf(error), get: "let pip reach a package index", required: true });
  }
}

/**
 * Run a script and resolve to its stdout, without the last line end.
 *
 * @throws Error with its traceback where it fails, and where {@link python} is absent.
 */
export async function runPython(
  code: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<string> {
  const program = await python();
  if (!program) throw new Error(`${what} is absent: ask python() first`);
  return (await execa(program, ["-c", code, ...args], { env, ...(input !== undefined && { input }) })).stdout;
}

async function versionOf(list: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(list))
    .digest("hex")
    .slice(0, 12);
}

/** What a person does to have Python's packages here. */
export const getPython = "install Python 3.11 or newer with its venv module and let pip reach a package index";

/** Makes a venv of the packages that a list names, all of them with their versions. */
export async function makeVenv(folder: string, list: string): Promise<void> {
  const pip = join(folder, "bin", "pip");
  await execa("python3", ["-m", "venv", folder], { stdin: "ignore" });
  // The list is complete, so nothing is left to be resolved; wheels only, so nothing of others is run to install.
  await execa(pip, ["install", "--quiet", "--no-deps", "--only-binary=:all:", "-r", list], { stdin: "ignore" });
  await execa(pip, ["check"]);
}

/** Why a program failed, in its own last line. */
export function reasonOf(error: unknown): string {
  const { code, stderr, stdout, message } = error as {
    code?: string;
    stderr?: string;
    stdout?: string;
    message: string;
  };
  if (code === "ENOENT") return "there is no `python3` on this machine";
  return (stderr || stdout || message).trim().split("\n").at(-1)!;
}
