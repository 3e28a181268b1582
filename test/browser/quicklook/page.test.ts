/** The quick-look in a real Chromium: behind our gateway with its origin "null", a real Kubo, and a host of files alone. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { CID } from "multiformats/cid";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { palettePng } from "../../../browser/quicklook/png.ts";
import { serve } from "../../../pipeline/serve/serve.ts";
import { smallNetcdf } from "../../fakes/netcdf3.ts";
import { testWorld } from "../../fakes/world.ts";
import { chromium, openChromium } from "../../servers/chromium.ts";
import { kuboBinary, startKubo } from "../../servers/kubo.ts";
import { axeViolations } from "../axe.ts";
import { filesBelow, nodeOf, type Portal, portalOf } from "./portal.ts";

const store = "products/ALMA/surface_meteorology.zarr";
const sondes = "products/KITE/KITE-20260126a/dropsondes.zarr";
const portal = portalOf({ path: store, files: filesBelow(`sample/${store}`), reader: "zarr" });

const hasKubo = (await kuboBinary()) !== undefined;

describe.skipIf(!(await chromium()))("the quick-look in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(() => browser.close());

  /** Behind our own gateway. @param change what its node gives instead of a block */
  async function served(portal: Portal, change?: (cid: CID, bytes: Uint8Array) => Uint8Array) {
    const gateway = await serve(
      { node: nodeOf(portal, change), resolve: async () => ({ cid: portal.cid }), campaign: "alma" },
      testWorld(),
    );
    onTestFinished(() => gateway.close());
    return `${gateway.url}/ipfs/${portal.cid}/${portal.page}`;
  }

  /** Complaints of the browser, and requests to other hosts, fail the test. */
  async function visit(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 900, height: 800 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol.startsWith("http") && host !== new URL(url).host) complaints.push(`asked ${request.url()}`);
    });
    onTestFinished(async () => {
      await context.close();
      expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
    });
    await page.goto(url);
    return page;
  }

  const plot = (page: Page) => page.waitForSelector("#quicklook svg.plot", { timeout: 90_000 });
  const textOf = (page: Page, selector: string) => page.locator(selector).first().textContent();

  it("draws a store at once, verified, says values by key, saves the plot, and has nothing that axe finds", async () => {
    const page = await visit(await served(portal));
    await plot(page);
    expect(await page.evaluate(() => self.origin)).toBe("null");
    expect(await textOf(page, "#verified")).toMatch(
      /^Verified: what is shown is in \d+ blocks \(\d+(\.\d)? kB\) from 127/,
    );

    await page.focus(".ql-plot");
    await page.keyboard.press("ArrowRight");
    const first = await textOf(page, ".ql-readout");
    expect(first).toMatch(/^−?\d.* at 20\d\d-/);
    await page.keyboard.press("ArrowRight");
    expect(await textOf(page, ".ql-readout")).not.toBe(first);

    for (const [name, begin] of [
      ["Save as SVG", "<?xml"],
      ["Save as PNG", "\x89PNG"],
    ] as const) {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
      expect((await readFile((await download.path())!)).toString("latin1").slice(0, begin.length)).toBe(begin);
    }

    const title = await textOf(page, ".plot-title");
    const select = page.getByLabel("Variable");
    const shown = await select.inputValue();
    const others = await select
      .locator("option")
      .evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
    await select.selectOption(others.find((name) => name !== shown && name !== "time")!);
    await expect.poll(() => textOf(page, ".plot-title")).not.toBe(title);
    expect(await violations(page)).toEqual([]);
  });

  it("draws profiles on a phone in the dark, with a sonde to choose", async () => {
    const sonde = portalOf({ path: sondes, files: filesBelow(`sample/${sondes}`), reader: "zarr" });
    const page = await visit(await served(sonde), { viewport: { width: 360, height: 700 }, colorScheme: "dark" });
    await plot(page);
    expect(await page.getByLabel("Show as").inputValue()).toBe("profile");
    const slider = page.locator(".ql-slider input").first();
    const before = await page.locator(".plot-line").getAttribute("d");
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.locator(".plot-line").getAttribute("d")).not.toBe(before);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    const rightOf = (select: Element) => {
      for (const option of select.querySelectorAll("option")) option.text = "a variable with a long name ".repeat(5);
      return select.getBoundingClientRect().right;
    };
    expect(await page.getByLabel("Variable").evaluate(rightOf), "of a long name").toBeLessThanOrEqual(360 - 12);
  });

  it("shows a NetCDF file, a table and an image, each in its own way", async () => {
    const fileOf = (path: string, bytes: Uint8Array, reader: string) =>
      portalOf({ path, files: { "": bytes }, reader });
    const mast = smallNetcdf({
      time: { attributes: { units: "seconds since 2024-08-11" }, values: [0, 60, 120] },
      ta: { attributes: { units: "K", standard_name: "air_temperature" }, values: [290, 291, 292] },
    });
    const netcdf = await visit(await served(fileOf("a/mast.nc", mast, "netcdf")));
    await plot(netcdf);
    expect(await netcdf.getByLabel("Variable").inputValue()).toBe("ta");

    const csv = await readFile("test/datasets/file-table/meteorology.csv");
    const table = await visit(await served(fileOf("a/mast.csv", csv, "table")));
    await plot(table);
    expect(await textOf(table, ".ql-table caption")).toBe("The first 4 of 4 rows");
    expect(await textOf(table, ".ql-table tbody tr td:nth-child(4)")).toBe("300.1");

    const png = palettePng(30, 20, new Uint8Array(600).fill(9), new Uint8Array(765));
    const image = await visit(await served(fileOf("a/cloud.png", png, "dataset-meta")));
    const shown = image.locator("#quicklook img");
    await shown.waitFor({ timeout: 90_000 });
    await expect.poll(() => shown.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBe(30);
    expect(await textOf(image, "#verified")).toMatch(/^Verified: what is shown is in 1 block /);
  });

  it("refuses a block with one bit changed, names it and its file, and draws nothing of it", async () => {
    const chunks = new Set([...chunkBlocks(portal)]);
    const url = await served(portal, (cid, bytes) => {
      if (!chunks.has(cid.toString())) return bytes;
      const changed = Uint8Array.from(bytes);
      changed[changed.length >> 1]! ^= 1;
      return changed;
    });
    const page = await visit(url);
    const line = page.locator("#verified[data-trust=refused]");
    await line.waitFor({ timeout: 90_000 });
    expect(await line.textContent()).toMatch(
      /^Refused: block bafk\w+ \(of \w+\/\d+(\.\d+)*\), as 127\.0\.0\.1:\d+ served it, does not match its hash/,
    );
    await page.waitForSelector("#quicklook .ql-error");
    expect(await page.locator("svg.plot").count()).toBe(0);
  });

  it("reads a host of files alone, and says that nothing was verified", async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await context.route("**/*", (route) => {
      const path = decodeURIComponent(new URL(route.request().url()).pathname).replace("/campaign/", "");
      const body = portal.files[path];
      if (body === undefined) return route.fulfill({ status: 404, body: "not here" });
      const type = path.endsWith(".js") ? "text/javascript" : path.endsWith(".html") ? "text/html" : "text/plain";
      const style = path.endsWith(".css") ? "text/css" : type;
      return route.fulfill({ body: Buffer.from(body), contentType: style });
    });
    await page.goto(`http://static.example.org/campaign/${portal.page}`);
    await plot(page);
    expect(await textOf(page, "#verified")).toBe(
      "Not verified: static.example.org answers 404 when it is asked for a block.",
    );
  });

  it.skipIf(!hasKubo)("draws a store behind a real Kubo, verified", async () => {
    const kubo = await startKubo();
    onTestFinished(() => kubo.stop());
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-quicklook-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const [path, content] of Object.entries(portal.files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const cid = await kubo.ipfs("add", "-r", "-Q", "--hidden", "--cid-version=1", folder);
    expect(cid).toBe(portal.cid.toString());
    const page = await visit(`${kubo.gateway}/ipfs/${cid}/${portal.page}`);
    await plot(page);
    expect(await textOf(page, "#verified")).toMatch(/^Verified: /);
  });
});

/** CIDs of the files of chunks of the store's arrays. */
function* chunkBlocks({ blocks, files }: Portal): Generator<string> {
  const contents = Object.entries(files).flatMap(([path, content]) =>
    /\/\d+(\.\d+)*$/.test(path) ? [Buffer.from(content)] : [],
  );
  for (const { cid, bytes } of blocks.values())
    if (contents.some((content) => content.equals(bytes))) yield cid.toString();
}

async function violations(page: Page): Promise<readonly string[]> {
  // Not as a script of the page, whose policy lets none in. It tries things that the policy forbids, and the browser tells.
  page.removeAllListeners("console");
  return axeViolations(page);
}
