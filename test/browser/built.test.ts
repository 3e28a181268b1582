/** What is published is what the sources in `browser/` give: it is built again, and compared. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";

const committed = "pipeline/views/browser/built";

it("has built files that were made of these very sources: else `npm run build:browser`", async () => {
  const outDir = mkdtempSync(join(tmpdir(), "fieldtree-built-"));
  onTestFinished(() => rmSync(outDir, { recursive: true }));
  // Apart: tests run in an environment of their own, which Vite would build for.
  const env = { NODE_ENV: "production" };
  await execa("vite", ["build", "--config", "browser/vite.config.ts", "--outDir", outDir], { preferLocal: true, env });
  const files = namesIn(outDir);
  expect(namesIn(committed)).toEqual(files);
  for (const file of files) expect(readFileSync(join(committed, file)), file).toEqual(readFileSync(join(outDir, file)));
});

function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    .sort();
}
