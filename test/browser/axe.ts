/** What axe finds in a page that is open, whose policy has to be bypassed for it: `bypassCSP`. */
import axe, { type RunOptions } from "axe-core";
import type { Page } from "playwright-core";

/** A line for each rule that is broken, with the elements that break it. */
export async function axeViolations(page: Page, options: RunOptions = {}): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (options) => (globalThis as unknown as { axe: typeof axe }).axe.run(options),
    options,
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join("; ")}`);
}
