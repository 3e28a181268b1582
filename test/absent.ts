/**
 * What this machine lacks, so that a suite that was skipped for it is never a silent one.
 *
 * Whoever looks for a server, a client or data and does not find it records it here; `npm test` ends with the list.
 * Test files run in processes of their own, so the list is a file that `test/run.ts` names in the environment.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";

export interface Absence {
  /** A thing, as a person would call it: "Kubo 0.43.0". */
  readonly what: string;
  /** Why it could not be had here. */
  readonly why: string;
  /** What to do to have it. */
  readonly get: string;
  /** False for data that others publish and this project may not copy: no machine of ours is at fault for lacking it. */
  readonly required: boolean;
}

/** The environment variable that names the list. */
export const listFile = "FIELDTREE_TEST_ABSENT";

/** Remember an absence; told twice is told once. Without a list, as under a bare `vitest run`, it is said at once. */
export function recordAbsence(absence: Absence): undefined {
  if (isAbsent(absence.what)) return;
  const list = process.env[listFile];
  if (list) appendFileSync(list, `${JSON.stringify(absence)}\n`);
  else process.stderr.write(`absent: ${sentenceOf(absence)}\n`);
}

/** Whether this run has looked for it before, in vain: looking can take minutes. */
export function isAbsent(what: string): boolean {
  return absences().some((absence) => absence.what === what);
}

/** Everything recorded in this run, in the order of its discovery. */
export function absences(): Absence[] {
  const list = process.env[listFile];
  if (!list || !existsSync(list)) return [];
  const all = readFileSync(list, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Absence);
  return [...new Map(all.map((absence) => [absence.what, absence])).values()];
}

export function sentenceOf({ what, why, get }: Absence): string {
  return `${what}: ${why}. To have it: ${get}`;
}
