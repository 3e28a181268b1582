/** What is published is what the sources in `browser/` give: it is built again, and compared. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { expect, it, onTestFinished } from "vitest";

const committed = "pipeline/views/browser/built";

it("has built files that were made of these very sources: else `npm run build:browser`", async () => {
  const outDir = mkdtempSync(join(tmpdir(), "fieldtree-built-"));
  onTestFinished(() => rmSync(outDir, { recursive: true }));
  await build({ configFile: "browser/vite.config.ts", build: { outDir } });
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
