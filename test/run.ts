/**
 * `npm test`: types, formatting and lint, then every test.
 *
 * Whatever else is passed goes to vitest: `npm test -- test/core`, `npm test -- -t "prints the root"`.
 *
 * The last lines name what this machine lacks and how to have it, and the very last one is the count:
 * `N passed, N failed, N skipped`. Under `--require-all`, or where `CI` is set, everything we can install ourselves has
 * to be there, and what is absent counts as failed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { absences, listFile, sentenceOf } from "./absent.ts";
import { prepare } from "./servers/prepare.ts";

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const ci = Boolean(process.env.CI);
const requireAll = ci || process.argv.includes("--require-all");
const forVitest = process.argv.slice(2).filter((arg) => arg !== "--require-all");
const everything = forVitest.every((arg) => arg.startsWith("-"));

const tool = { stdio: ["ignore", "inherit", "inherit"], preferLocal: true, reject: false } as const;

const scratch = mkdtempSync(join(tmpdir(), "fieldtree-test-"));
process.env[listFile] = join(scratch, "absent.jsonl");
try {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  await check(count, "types", "tsc", ["-p", "."]);
  await check(count, "format and lint", "biome", ["check", "."]);
  if (everything) await prepare({ systemPackages: ci });
  await vitest(count);
  sayAbsent(count);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  process.exitCode = count.failed === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** A tool that finds fault or doesn't counts as one test. */
async function check(count: Count, title: string, program: string, args: string[]): Promise<void> {
  const { exitCode } = await execa(program, args, tool);
  const good = exitCode === 0;
  if (good) count.passed++;
  else count.failed++;
  console.log(`${good ? "✓" : "✗"} ${title}`);
}

async function vitest(count: Count): Promise<void> {
  const report = join(scratch, "report.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...forVitest];
  const { exitCode } = await execa("vitest", args, tool);
  const { passed, failed, skipped } = countIn(report);
  count.passed += passed;
  count.skipped += skipped;
  // Vitest also fails for errors that belong to no test, and where it finds no test at all.
  count.failed += exitCode === 0 ? failed : Math.max(failed, 1);
}

/** The part of vitest's JSON report that we read. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { status: string; assertionResults: readonly { status: string }[] }[];
}

function countIn(file: string): Count {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (error) {
    console.error(`vitest left no report: ${(error as Error).message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // A file that can't be loaded fails without having a test that does.
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function sayAbsent(count: Count): void {
  const all = absences();
  const missed = requireAll ? all.filter(({ required }) => required) : [];
  count.failed += missed.length;
  for (const absence of all) {
    console.log(`${missed.includes(absence) ? "absent, and required here" : "absent"}: ${sentenceOf(absence)}`);
  }
}
