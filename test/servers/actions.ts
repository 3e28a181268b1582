/**
 * What runs and judges workflow files here: act, actionlint and zizmor, exactly pinned.
 *
 * act runs a workflow on this machine as GitHub's runner would, actionlint knows what GitHub's parser refuses, zizmor
 * what an attacker would use.
 *
 * ```ts
 * describe.skipIf(!(await act()))("the plan workflow", () => { … });
 * ```
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExecaError, execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { goProgram } from "./go.ts";
import { installOnce } from "./made.ts";

const modules = join(import.meta.dirname, "actions");

/** Path of `act`, which runs workflow files; `undefined`, and on the list of absences, where it can't be built. */
export async function act(): Promise<string | undefined> {
  return await goProgram({
    what: "act 0.2.80",
    folder: "act-0.2.80",
    takes: "half a minute to 2 minutes",
    modules,
    from: "github.com/nektos/act",
    tryout: ["--version"],
  });
}

/** Path of `actionlint`; `undefined`, and on the list of absences, where it can't be built. */
export async function actionlint(): Promise<string | undefined> {
  return await goProgram({
    what: "actionlint 1.7.7",
    folder: "actionlint-1.7.7",
    takes: "seconds",
    modules,
    from: "github.com/rhysd/actionlint/cmd/actionlint",
    tryout: ["-version"],
  });
}

const zizmorTool = "zizmor 1.32.0";

/** Path of the `zizmor` program; `undefined`, and on the list of absences, where it can't be installed. */
export async function zizmor(): Promise<string | undefined> {
  if (isAbsent(zizmorTool)) return undefined;
  try {
    const folder = await installOnce("zizmor-1.32.0", "seconds", install);
    return join(folder, "bin", "zizmor");
  } catch (error) {
    const get = "install Python 3.11 or newer with its venv module and let pip reach a package index";
    return recordAbsence({ what: zizmorTool, why: reasonOf(error), get, required: true });
  }
}

const sources = "a Go module proxy and a Python package index";

/** Whether programs can be fetched by name and version here and now, as a campaign's `.ci/run` does. */
export async function canFetch(): Promise<boolean> {
  if (isAbsent(sources)) return false;
  try {
    await execa("go", ["list", "-m", "github.com/rhysd/actionlint@latest"], { cwd: tmpdir(), stdin: "ignore" });
    const asked = ["--quiet", "--retries=0", "--no-deps", "--only-binary=:all:", "--ignore-installed", "--dry-run"];
    await execa("python3", ["-m", "pip", "install", ...asked, "zizmor"], { stdin: "ignore" });
    return true;
  } catch (error) {
    const get = "let go and pip reach the network";
    recordAbsence({ what: sources, why: reasonOf(error), get, required: false });
    return false;
  }
}

async function install(folder: string): Promise<void> {
  await execa("python3", ["-m", "venv", folder], { stdin: "ignore" });
  // A wheel carries the finished program; the hashes are those on PyPI when it was pinned.
  const safely = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"];
  const requirements = join(modules, "requirements.txt");
  await execa(join(folder, "bin", "pip"), ["install", ...safely, "-r", requirements], { stdin: "ignore" });
  await execa(join(folder, "bin", "zizmor"), ["--version"]);
}

function reasonOf(error: unknown): string {
  const { code, stderr, message, command } = error as ExecaError<{ encoding: "utf8" }>;
  if (code === "ENOENT") return `there is no \`${command.split(" ")[0]}\` on this machine`;
  return (stderr || message).trim().split("\n").at(-1)!;
}
