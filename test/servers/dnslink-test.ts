/**
 * The conformance test of the DNSLink standard, as its authors publish it.
 *
 * It brings DNS servers of its own and runs a program once a question. It drags 140 packages, so it stands in the cache
 * and not among our dependencies.
 *
 * @see https://github.com/dnslink-std/test
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";

const what = "@dnslink/test 0.11.1";
const wanted = join(import.meta.dirname, "dnslink-test");

/** Path of its program; `undefined`, and recorded, where it can't be had. */
export async function dnslinkTest(): Promise<string | undefined> {
  if (isAbsent(what)) return undefined;
  try {
    const folder = await installOnce("dnslink-test-0.11.1", "seconds", async (folder) => {
      for (const file of ["package.json", "package-lock.json"]) await copyFile(join(wanted, file), join(folder, file));
      await execa("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdin: "ignore" });
    });
    return join(folder, "node_modules", "@dnslink", "test", "bin", "dnslink-test");
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const why = (stderr || message).trim().split("\n").at(-1)!;
    return recordAbsence({ what, why, get: "let npm reach its registry", required: true });
  }
}

export interface Assertions {
  readonly passed: number;
  /** Their lines, with what was expected. */
  readonly failed: readonly string[];
}

/** Run it on a program that takes a domain and `{"udp": PORT}`, and prints `{links, log}` or `{error: {code}}`. */
export async function runDnslinkTest(program: string, command: readonly string[]): Promise<Assertions> {
  const { stdout } = await execa(process.execPath, [program, "--enable=log", "--", ...command], { reject: false });
  const lines = stdout.split("\n");
  return {
    passed: lines.filter((line) => line.startsWith("ok ")).length,
    failed: lines.filter((line) => /^(not ok |Bail out)/.test(line)),
  };
}
