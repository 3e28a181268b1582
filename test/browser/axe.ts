/** What axe finds in a page that is open, whose policy has to be bypassed for it: `bypassCSP`. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

interface Axe {
  run(): Promise<{ violations: readonly { id: string; nodes: readonly { html: string }[] }[] }>;
}

const script = createRequire(import.meta.url).resolve("axe-core");

/** A line for each rule that is broken, with the first element that breaks it. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(script, "utf8"));
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: Axe }).axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
