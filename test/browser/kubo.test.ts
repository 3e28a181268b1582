/** The page that finds datasets on a real Kubo: below a path, and on a host of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromium, openChromium } from "../servers/chromium.ts";
import { useKubo } from "../servers/use-kubo.ts";
import { portalFiles, visit } from "./portal.ts";

const kubo = await useKubo();

describe.skipIf(!kubo.there || !(await chromium()))("on a real Kubo", { timeout: 120_000 }, () => {
  let browser: Browser;
  let [gateway, cid] = ["", ""];
  beforeAll(async () => {
    browser = await openChromium();
    const started = await kubo.started();
    const folder = mkdtempSync(join(tmpdir(), "fieldtree-portal-"));
    for (const [path, bytes] of portalFiles()) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    cid = await started.ipfs("add", "-Q", "-r", "--cid-version=1", folder);
    gateway = started.gateway;
    rmSync(folder, { recursive: true });
  }, 120_000);
  afterAll(() => browser?.close());

  const below = () => `${gateway}/ipfs/${cid}/`;
  const onHost = () => below().replace(/127\.0\.0\.1(:\d+)\/ipfs\/(\w+)/, "$2.ipfs.localhost$1");

  it.each([
    ["a path", below],
    ["a host of its own", onHost],
  ])("a question is asked, a dataset is opened, and Back leads to the question, below %s", async (_, address) => {
    const { page } = await visit(browser, address());
    const count = () => page.locator(".count").textContent();
    await expect.poll(count, { timeout: 30_000 }).toBe("14 entries");
    await page.fill("#q", "humidity near Barbados in August");
    await expect.poll(count).toBe("1 of 14");
    await page.locator(".map canvas").waitFor();
    await page.locator(".rows .title").click();
    await expect.poll(() => page.title()).toBe("products/BCO/lidar.zarr");
    expect(page.url()).toBe(`${address()}datasets/products/BCO/lidar.zarr/index.html`);
    await page.goBack();
    await expect.poll(count).toBe("1 of 14");
    expect(await page.inputValue("#q")).toBe("humidity near Barbados in August");
    await page.getByRole("button", { name: "Folders" }).click();
    await expect.poll(() => page.locator(".tree").textContent()).toContain("Raman lidar");
  });
});
