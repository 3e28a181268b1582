import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Absence, absences, isAbsent, listFile, recordAbsence, sentenceOf } from "./absent.ts";
import { temporaryFolder } from "./fakes/parts.ts";

const kubo: Absence = { what: "Kubo", why: "there is no `go`", get: "install Go", required: true };

beforeEach(async () => {
  vi.stubEnv(listFile, join(await temporaryFolder(), "list"));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it("remembers an absence once, however many suites miss the thing", () => {
  recordAbsence(kubo);
  recordAbsence(kubo);
  expect(absences()).toEqual([kubo]);
});

it("is one list for all test processes", async () => {
  const other = `import { recordAbsence } from ${JSON.stringify(join(import.meta.dirname, "absent.ts"))};
    recordAbsence(${JSON.stringify(kubo)});`;
  await execa("node", ["--input-type=module", "-e", other]);
  expect(isAbsent("Kubo")).toBe(true);
  expect(isAbsent("Chromium")).toBe(false);
});

it("says what is absent, why, and how to have it", () => {
  expect(sentenceOf(kubo)).toBe("Kubo: there is no `go`. To have it: install Go");
});
