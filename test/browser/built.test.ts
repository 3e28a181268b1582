/** What is published is what the sources in `browser/` give: it is built again, and compared. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
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

it("has a page that finds datasets of at most 60 kB, style sheet and map included", () => {
  const page = gzippedWithImports("find.js") + gzipped("find.css");
  expect(page).toBeLessThan(48_000);
  expect(page + gzipped("map.js")).toBeLessThan(60_000);
});

const gzipped = (file: string) => gzipSync(readFileSync(join(committed, file))).length;

/** Bytes of a script and of all that it imports at once. */
function gzippedWithImports(script: string): number {
  const read = new Set<string>();
  const add = (file: string): void => {
    if (read.has(file)) return;
    read.add(file);
    const text = readFileSync(join(committed, file), "utf8");
    for (const [, name = ""] of text.matchAll(/\b(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) add(name);
  };
  add(script);
  return [...read].reduce((sum, file) => sum + gzipped(file), 0);
}
