/**
 * Servers written in Go, built here from a module list beside their file.
 *
 * The version is the one in go.mod, the bytes those in go.sum: nothing else is accepted.
 */
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";

export interface GoProgram {
  /** As a person would call it: `Kubo 0.43.0`. */
  readonly what: string;
  /** Of its folder in the cache. Another version is another folder. */
  readonly folder: string;
  /** How long building it takes, in words. */
  readonly takes: string;
  /** Folder of go.mod and go.sum. */
  readonly modules: string;
  /** `github.com/ipfs/kubo/cmd/ipfs`: the program is called like its last part. */
  readonly from: string;
  /** What it is asked to see that it runs. */
  readonly tryout: readonly string[];
}

/** Path of the program; `undefined`, and on the list of absences, where it can't be built. */
export async function goProgram(program: GoProgram): Promise<string | undefined> {
  const { what, folder, takes, from } = program;
  if (isAbsent(what)) return undefined;
  const name = from.split("/").at(-1)!;
  try {
    return join(await installOnce(folder, takes, (made) => build(program, join(made, name))), name);
  } catch (error) {
    const get = "install Go 1.26 and let it reach a module proxy";
    return recordAbsence({ what, why: reasonOf(error), get, required: true });
  }
}

async function build({ modules, from, tryout }: GoProgram, path: string): Promise<void> {
  const flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
  await execa("go", ["build", ...flags, "-o", path, from], { cwd: modules, stdin: "ignore" });
  await execa(path, tryout);
}

function reasonOf(error: unknown): string {
  const { code, stderr, message } = error as { code?: string; stderr?: string; message: string };
  if (code === "ENOENT") return "there is no `go` on this machine";
  // Most of what go says on stderr is progress.
  const said = (stderr ?? "").split("\n").filter((line) => line.trim() && !line.startsWith("go: downloading"));
  return said.at(-1) ?? message.split("\n")[0]!;
}
