/**
 * Makes the pictures of docs/browser.md: `npm run pictures -- ADDRESS`, where ADDRESS is that of a portal that is served,
 * such as the one that `npm start -- --data PATH` prints.
 */
import { writeFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { openChromium } from "../servers/chromium.ts";

const [address] = process.argv.slice(2);
if (!address) throw new Error("usage: npm run pictures -- ADDRESS");

const wide = { width: 1280, height: 860 };
const phone = { width: 360, height: 740 };

/** The page of the newest dataset that has a place. */
async function openDataset(page: Page): Promise<void> {
  await page.locator("#list a[href*='datasets/']").first().click();
  await page.locator("#quicklook svg").first().waitFor();
}

const views = [
  { name: "find", size: wide, colorScheme: "light", query: "" },
  { name: "find-dark", size: wide, colorScheme: "dark", query: "#q=air_temperature+near+25+W+in+August" },
  { name: "find-phone", size: phone, colorScheme: "light", query: "" },
  { name: "find-phone-dark", size: phone, colorScheme: "dark", query: "#q=air_temperature+near+25+W+in+August" },
  { name: "dataset", size: wide, colorScheme: "light", open: openDataset },
  { name: "dataset-dark", size: wide, colorScheme: "dark", open: openDataset },
  { name: "dataset-phone", size: phone, colorScheme: "light", open: openDataset },
  { name: "dataset-phone-dark", size: phone, colorScheme: "dark", open: openDataset },
] as const;

const browser = await openChromium();
for (const { name, size, colorScheme, ...view } of views) {
  const page = await browser.newPage({ viewport: size, colorScheme, reducedMotion: "reduce" });
  await page.goto(new URL("query" in view ? view.query : "", address).href);
  await page.locator("#list a").first().waitFor();
  if ("open" in view) await view.open(page);
  // Coastlines and pictures come after the first answer.
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(1000);
  await writeFile(`test/browser/pictures/${name}.png`, await page.screenshot());
  await page.close();
}
await browser.close();
