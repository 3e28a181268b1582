/**
 * Real data, published and served by the real program, and the programs of those who use it: xarray, ipfsspec, pystac
 * and a browser.
 *
 * `FIELDTREE_SCREENSHOT=test/views/portal.png npm test -- test/scenarios/clients.test.ts` makes the picture in the README.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lintStac } from "../core/stac/lint.ts";
import { schemaErrors } from "../core/stac/valid.ts";
import { data } from "../data.ts";
import { chromium, openChromium } from "../servers/chromium.ts";
import { freePort } from "../servers/ports.ts";
import { python, runPython } from "../servers/python.ts";
import { addAll, json, type Served, serving, stacFiles, useFolders, visit } from "./portal.ts";

const flights = ["HALO-20240811a", "HALO-20240818a", "HALO-20240831a"];
const stores = ["v2", "v3"].flatMap((version) => flights.map((flight) => `${version}/${flight}.zarr`));
const picture = process.env.FIELDTREE_SCREENSHOT;

/** What `clients.py` prints of each item: what the catalog says, and what xarray finds. */
interface Opened {
  readonly id: string;
  /** Of the store on disk, by `ipfs://` as the item says, through the gateway, and by the item's alternates. */
  readonly digests: readonly string[];
  readonly bbox: readonly number[];
  readonly box: readonly number[];
  readonly time: readonly string[];
  readonly times: readonly string[];
  /** Ids of its root, collection and folder. */
  readonly around: readonly string[];
}

interface Said {
  readonly items: readonly Opened[];
  /** Addresses of links that lead off the gateway or that it answers with anything but 200. */
  readonly broken: readonly string[];
  /** How many different ones there are: one to each document. */
  readonly links: number;
  readonly ids: readonly string[];
}

const [havePython, haveChromium, schemas] = [await python(), await chromium(), data("stac-schemas")];

describe.skipIf(!data("zarr"))("six real Zarr stores, published and served", { timeout: 240_000 }, () => {
  const folders = useFolders();
  let cwd: string;
  let served: Served;
  let browser: Browser | undefined;

  beforeAll(async () => {
    const port = await freePort();
    cwd = await folders({
      "tree.yaml": "",
      "campaign.yaml": `campaign: orcestra\ntitle: ORCESTRA dropsondes\ngateways: ["http://127.0.0.1:${port}"]\n`,
    });
    const leaves = stores.map((store) => [`products/${store}`, join(data("zarr")!, store)]);
    await addAll(cwd, { ...Object.fromEntries(leaves), "products/README.md": join(data("zarr")!, "README.md") });
    await json(cwd, ["publish"], { env: { SOURCE_DATE_EPOCH: "1727740800" } });
    served = await serving(cwd, port);
    if (haveChromium) browser = await openChromium();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  const clients = join(import.meta.dirname, "clients.py");
  let asked: Promise<Said> | undefined;
  const said = () => (asked ??= inPython());
  async function inPython(): Promise<Said> {
    const paths = stores.map((store) => join(data("zarr")!, store));
    const args = [served.portal, served.url, ...paths];
    return JSON.parse(await runPython(await readFile(clients, "utf8"), args, { IPFS_GATEWAY: served.url }));
  }

  it.skipIf(!havePython)("pystac reaches every item by links that all lead somewhere, and no id twice", async () => {
    const { items, broken, links, ids } = await said();
    const wanted = stores.map((store) => `products--${store.replace("/", "--")}`);
    expect(items.map(({ id }) => id).sort()).toEqual(wanted);
    expect(broken).toEqual([]);
    expect(links).toBe(ids.length);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, around } of items) {
      const collection = `orcestra--products--${id.split("--")[1]}`;
      expect({ id, around }).toEqual({ id, around: ["orcestra", collection, collection] });
    }
  });

  it.skipIf(!havePython)("xarray opens each in its item's own words, to every value of the store on disk", async () => {
    for (const { id, digests } of (await said()).items) {
      expect(digests).toHaveLength(4);
      expect({ id, same: new Set(digests).size }).toEqual({ id, same: 1 });
    }
  });

  it.skipIf(!havePython)("xarray finds the box and the times that the item claims", async () => {
    for (const { id, bbox, box, time, times } of (await said()).items) {
      for (const [i, edge] of box.entries()) expect(Math.abs(edge - bbox[i]!), `${id}: edge ${i}`).toBeLessThan(1e-6);
      expect({ id, time: time.map(Date.parse) }).toEqual({ id, time: times.map((each) => Date.parse(`${each}Z`)) });
    }
  });

  it.skipIf(!schemas)("its STAC is valid by the published schemas and by our own rules", async () => {
    await json(cwd, ["get", "ipns://orcestra/stac", "-o", "stac"]);
    const files = await stacFiles(join(cwd, "stac"));
    expect(lintStac(files)).toEqual([]);
    const documents = [...files.values()].map((text) => JSON.parse(text));
    expect(documents.filter(({ type }) => type === "Feature")).toHaveLength(stores.length);
    expect(await schemaErrors(documents, schemas!)).toEqual([]);
  });

  it.skipIf(!haveChromium).each([1280, 390])("its page, %i pixels wide, lists, finds and opens them", async (width) => {
    const { page, complaints } = await visit(browser!, served.portal, { viewport: { width, height: 900 } });
    const fits = async () => expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const count = () => page.locator(".count").textContent();
    expect(await count()).toBe("7 entries");
    expect(await page.locator(".rows > li").count()).toBe(7);
    await fits();

    await page.fill("#q", "HALO-20240818a");
    await expect.poll(count).toBe("2 of 7");
    await page.click(".rows a >> nth=0");
    await expect.poll(() => page.locator("h1").textContent()).toContain("HALO-20240818a");
    // biome-ignore lint/performance/useDomNodeTextContent: what a person sees is the point
    const shown = await page.locator("main").innerText();
    for (const part of ["2024-08-18 14:31 to 14:36 UTC", "31.65° W to 31.29° W", "MIT", "air_temperature"]) {
      expect(shown).toContain(part);
    }
    const files = await page.getByRole("link", { name: "Look at its files" }).getAttribute("href");
    expect((await fetch(new URL(files!, page.url()))).status).toBe(200);
    await fits();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  // Not skipped but absent: there is nothing to prove.
  if (picture) {
    it("has its picture taken", async () => {
      const options = { viewport: { width: 1280, height: 800 }, colorScheme: "light" } as const;
      const { page } = await visit(browser!, served.portal, options);
      await page.screenshot({ path: resolve(picture), animations: "disabled" });
      await page.context().close();
    });
  }
});
