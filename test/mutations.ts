/**
 * `npm run test:mutations`: what publishing must never do, done on purpose, one after another in a copy of the project.
 *
 * For every fault in `mutations.yaml` a test must fail; which one did is printed. It takes a few minutes, so `npm test`
 * leaves it out. Words after it choose among the faults and their files: `npm run test:mutations -- TSIG github`.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { type Fault, faults, timesIn } from "./faults.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const words = process.argv.slice(2);
const chosen = faults.filter(
  ({ fault, file }) => words.length === 0 || words.some((word) => `${file} ${fault}`.includes(word)),
);

const copy = await mkdtemp(join(tmpdir(), "fieldtree-mutations-"));
try {
  for (const each of ["pipeline", "test", "schemas", "sample", "package.json", "tsconfig.json", "vitest.config.ts"])
    await cp(join(root, each), join(copy, each), { recursive: true });
  await symlink(join(root, "node_modules"), join(copy, "node_modules"));

  const before = await firstFailure([...new Set(chosen.flatMap(({ tests }) => tests))]);
  if (before !== undefined) throw new Error(`this fails before anything is broken: ${before}`);
  let survived = 0;
  for (const mutation of chosen) {
    const caught = await broken(mutation);
    if (caught === undefined) survived++;
    console.log(caught === undefined ? `✗ ${mutation.fault}: no test minds` : `✓ ${mutation.fault}\n    ${caught}`);
  }
  console.log(`${chosen.length - survived} caught, ${survived} not`);
  process.exitCode = survived === 0 && chosen.length > 0 ? 0 : 1;
} finally {
  await rm(copy, { recursive: true, force: true });
}

/** The test that fails where the file is changed so. */
async function broken({ fault, file, tests, changes }: Fault): Promise<string | undefined> {
  const path = join(copy, file);
  const sound = await readFile(path, "utf8");
  for (const [from] of changes) {
    const times = timesIn(sound, from);
    if (times !== 1) throw new Error(`${fault}: this stands ${times} times in ${file}: ${from}`);
  }
  const change = (text: string, [from, to]: Fault["changes"][number]) => text.replace(from, () => to);
  await writeFile(path, changes.reduce(change, sound));
  try {
    return await firstFailure(tests);
  } finally {
    await writeFile(path, sound);
  }
}

async function firstFailure(tests: readonly string[]): Promise<string | undefined> {
  const report = join(copy, "report.json");
  await rm(report, { force: true });
  const args = ["run", "--bail=1", "--reporter=json", `--outputFile.json=${report}`, ...tests];
  const { exitCode, stderr } = await execa("vitest", args, {
    cwd: copy,
    preferLocal: true,
    localDir: root,
    reject: false,
  });
  if (exitCode === 0) return undefined;
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as {
    readonly testResults: readonly { readonly assertionResults: readonly { status: string; fullName: string }[] }[];
  };
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = results.find(({ status }) => status === "failed");
  // What can't even be loaded says nothing about the tests.
  if (!failed) throw new Error(`no test was run: ${stderr}`);
  return failed.fullName;
}
