/**
 * The browser that pages are looked at in.
 *
 * ```ts
 * const browser = await openChromium();
 * const page = await browser.newPage();
 * ```
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { recordAbsence } from "../absent.ts";

const what = "Chromium";

/** Path of a Chromium: `$CHROMIUM`, the system's, or one that Playwright keeps. `undefined`, and recorded, where there is none. */
export async function chromium(): Promise<string | undefined> {
  const found = await findChromium();
  if (found) return found;
  return recordAbsence({
    what,
    why: "neither $CHROMIUM nor chromium, chromium-browser or google-chrome on the PATH nor Playwright's",
    get: "run `npm run test:setup` (as root on Debian or Ubuntu), or set CHROMIUM to the path of one",
    required: true,
  });
}

export async function findChromium(): Promise<string | undefined> {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env.PATH ?? "").split(":");
  const onPath = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
  if (onPath) return onPath;
  const playwright = await import("playwright-core");
  const own = playwright.chromium.executablePath();
  return existsSync(own) ? own : undefined;
}

/**
 * A headless browser that talks to nobody but the pages it is shown.
 *
 * @throws Error where {@link chromium} is absent.
 */
export async function openChromium(): Promise<Browser> {
  const executablePath = await chromium();
  if (!executablePath) throw new Error(`${what} is absent: ask chromium() first`);
  const playwright = await import("playwright-core");
  return playwright.chromium.launch({
    executablePath,
    args: [
      // CI runs as root, where Chromium's sandbox can't; the pages are our own.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}
