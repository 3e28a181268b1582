/**
 * `npm test`: types, formatting and lint, then every test.
 *
 * Whatever else is passed goes to vitest: `npm test -- test/core`, `npm test -- -t "prints the root"`.
 *
 * The tests start real servers and programs, and a machine that is busy or suspended for a while can fail one that is
 * right. So a few files that failed get a second try, alone, and are named. What is wrong fails again.
 *
 * The last lines name what this machine lacks and how to have it, and the very last one is the count:
 * `N passed, N failed, N skipped`. Under `--require-all`, or where `CI` is set, everything we can install ourselves has
 * to be there, and what is absent counts as failed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
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

/** Files that failed together and are tried again: more of them are no accident. */
const mostTriedAgain = 5;

const tool = { stdio: ["ignore", "inherit", "inherit"], preferLocal: true, reject: false } as const;

const scratch = mkdtempSync(join(tmpdir(), "fieldtree-test-"));
process.env[listFile] = join(scratch, "absent.jsonl");
try {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  await check(count, "types", "tsc", ["-p", "."]);
  await check(count, "types of the browser app", "tsc", ["-p", "browser"]);
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
  const first = await runVitest(forVitest);
  const again = first.failedFiles;
  let { failed } = first;
  if (everything && !first.otherErrors && again.length > 0 && again.length <= mostTriedAgain) {
    const files = again.map((file) => relative(process.cwd(), file));
    console.log(`failed, tried again alone: ${files.join(", ")}`);
    const second = await runVitest([...forVitest.filter((arg) => arg.startsWith("-")), "--maxWorkers=1", ...files]);
    failed = second.failed;
    count.passed += first.failed - second.failed;
    if (failed === 0) console.log(`passed when tried again alone, so look at why: ${files.join(", ")}`);
  }
  count.passed += first.passed;
  count.skipped += first.skipped;
  count.failed += failed;
}

/** What a run of vitest came to. */
interface Run extends Count {
  readonly failedFiles: readonly string[];
  /** Errors that belong to no test: an unhandled rejection, no test at all, no report. */
  readonly otherErrors: boolean;
}

async function runVitest(given: readonly string[]): Promise<Run> {
  const report = join(scratch, "report.json");
  rmSync(report, { force: true });
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...given];
  const { exitCode } = await execa("vitest", args, tool);
  const run = runIn(report);
  const otherErrors = exitCode !== 0 && run.failed === 0;
  return { ...run, otherErrors, failed: otherErrors ? 1 : run.failed };
}

/** The part of vitest's JSON report that we read. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { name: string; status: string; assertionResults: readonly { status: string }[] }[];
}

function runIn(file: string): Count & { failedFiles: string[] } {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (error) {
    console.error(`vitest left no report: ${(error as Error).message}`);
    return { passed: 0, failed: 0, skipped: 0, failedFiles: [] };
  }
  const failedFiles = report.testResults.filter(({ status }) => status === "failed");
  // A file that can't be loaded fails without having a test that does.
  const unloaded = failedFiles.filter(
    ({ assertionResults }) => !assertionResults.some(({ status }) => status === "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failedFiles: failedFiles.map(({ name }) => name),
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
