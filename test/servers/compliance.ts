/**
 * IOOS's compliance-checker, the files that it is tested on, and what it reports on each: an oracle for our rules.
 *
 * The files come with its package, as CDL; they are not copied into this project. They are made once a machine.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { isAbsent, recordAbsence } from "../absent.ts";
import { installOnce } from "./made.ts";
import { ncgen } from "./ncgen.ts";
import { getPython, makeVenv, reasonOf } from "./python.ts";

const what = "compliance-checker 6.1.0 with its test files";
const requirements = join(import.meta.dirname, "python", "compliance-checker.txt");
const script = join(import.meta.dirname, "python", "compliance.py");

export interface ComplianceFiles {
  path(name: string): string;
  readonly reports: readonly ComplianceReport[];
}

export interface ComplianceReport {
  readonly file: string;
  /** Names of our rules, or `attribute:NAME` of one that is lacking. */
  readonly found?: readonly string[];
  /** Why it has no report. */
  readonly failed?: string;
}

/** `undefined`, and recorded, where it can't be made. */
export async function complianceFiles(): Promise<ComplianceFiles | undefined> {
  if (isAbsent(what)) return undefined;
  try {
    const hash = createHash("sha256");
    for (const file of [requirements, script]) hash.update(readFileSync(file));
    const folder = await installOnce(`compliance-${hash.digest("hex").slice(0, 12)}`, "1 to 3 minutes", make);
    const lines = readFileSync(join(folder, "reports.jsonl"), "utf8").trim().split("\n");
    return {
      path: (name) => join(folder, "files", name),
      reports: lines.map((line) => JSON.parse(line) as ComplianceReport),
    };
  } catch (error) {
    const get = `${getPython}; install netcdf-bin, or let apt-get reach Debian's packages`;
    return recordAbsence({ what, why: reasonOf(error), get, required: true });
  }
}

async function make(folder: string): Promise<void> {
  const [venv, files, debian] = ["venv", "files", "debian"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [venv, files, debian]) await mkdir(each);
  const { path, env } = await ncgen(debian);
  await makeVenv(venv, requirements);
  const [site] = readdirSync(join(venv, "lib"));
  const data = join(venv, "lib", site!, "site-packages/compliance_checker/tests/data");
  const texts = readdirSync(data, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".cdl"));
  const made = texts.sort().map((name) => join(files, name.replaceAll("/", "_").replace(/cdl$/, "nc")));
  for (const [i, text] of texts.entries()) await execa(path, ["-4", "-o", made[i]!, join(data, text)], { env });
  const { stdout } = await execa(join(venv, "bin/python"), [script, ...made]);
  await writeFile(join(folder, "reports.jsonl"), stdout);
}
