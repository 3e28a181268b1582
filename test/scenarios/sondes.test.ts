/**
 * Sondes of a flight, published and served by the real program: one dataset that lists them, found by the name of one,
 * opened in Python by the very lines that the page shows.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lintStac } from "../core/stac/lint.ts";
import { schemaErrors } from "../core/stac/valid.ts";
import { data } from "../data.ts";
import { smallNetcdf, smallSonde } from "../fakes/netcdf3.ts";
import { chromium, openChromium } from "../servers/chromium.ts";
import { python, runPython } from "../servers/python.ts";
import { addAll, json, type Served, serving, stacFiles, useFolders, visit } from "./portal.ts";

const [havePython, haveChromium, schemas] = [await python(), await chromium(), data("stac-schemas")];

/** Folder below the data set, the sonde that is searched for, and how many there are. */
interface Flight {
  readonly folder: string;
  readonly sonde: string;
  readonly count: number;
}

const small = { "flight/D1.nc": smallSonde("2024-08-31T12:59:02Z", [-23, 7]) };
const more = { "flight/D2.nc": smallSonde("2024-08-31T13:04:30Z", [-22, 8]), "flight/notes.txt": "windy" };

describe.each<[string, string | undefined, Flight]>([
  ["made for this test", "", { folder: "flight", sonde: "D1.nc", count: 2 }],
  [
    "of a real flight",
    data("dropsondes"),
    { folder: "Level_1/HALO-20240831a", sonde: "D20240831_125902QC.nc", count: 6 },
  ],
])("sondes %s", { timeout: 240_000 }, (_, root, { folder, sonde, count }) => {
  const folders = useFolders();
  let cwd: string;
  let served: Served;
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (root === undefined) return;
    cwd = await folders({ "tree.yaml": "", "campaign.yaml": "campaign: orcestra\n", ...small, ...more });
    await addAll(cwd, { "HALO/flight": join(root || cwd, folder) });
    await json(cwd, ["publish"]);
    served = await serving(cwd);
    if (haveChromium) browser = await openChromium();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await served?.stop();
  });

  it.skipIf(!schemas || root === undefined)(
    "are one item, valid by the published schemas and our own rules",
    async () => {
      await json(cwd, ["get", "ipns://orcestra/stac", "-o", "stac"]);
      const files = await stacFiles(join(cwd, "stac"));
      expect(lintStac(files)).toEqual([]);
      const documents = [...files.values()].map((text) => JSON.parse(text));
      const items = documents.filter(({ type }) => type === "Feature");
      expect(items).toHaveLength(1);
      const names = readdirSync(join(root || cwd, folder)).filter((name) => name.endsWith(".nc"));
      expect(items[0].properties["fieldtree:members"].map(({ path }: { path: string }) => path)).toEqual(names.sort());
      expect(await schemaErrors(documents, schemas!)).toEqual([]);
    },
  );

  it.skipIf(!haveChromium || !havePython || root === undefined)(
    "are found by the name of one, listed, and opened by the page's own lines",
    async () => {
      const { page, complaints } = await visit(browser!, served.portal);
      await page.fill("#q", sonde);
      await expect.poll(() => page.locator(".count").textContent()).toMatch(/^1 of /);
      await page.click(".rows a");
      const links = page.locator("ul.files").getByRole("link");
      expect(await links.count()).toBe(count);
      expect(await links.first().textContent()).toBe(sonde);
      expect((await fetch(new URL((await links.first().getAttribute("href"))!, page.url()))).status).toBe(200);
      for (const lines of await page.locator("#python-cid pre, #python-reference pre").allTextContents()) {
        const code = `${lines}\nprint(ds.time.size, str(ds.time.values.min())[:10])`;
        const [size, day] = (await runPython(code, [], { IPFS_GATEWAY: served.url })).split(" ");
        expect(Number(size), lines).toBeGreaterThan(2);
        expect(day, lines).toBe("2024-08-31");
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );
});

/** Hours `from` to `to` of 1 August 2024. */
function hours(from: number, to: number): Uint8Array {
  const values = Array.from({ length: to - from }, (_, i) => from + i);
  const time = { attributes: { units: "hours since 2024-08-01", standard_name: "time" }, values };
  return smallNetcdf({ time, ta: { attributes: { units: "K" }, values: values.map((hour) => 300 + hour) } });
}

describe.skipIf(!haveChromium || !havePython)("files that continue one another", { timeout: 240_000 }, () => {
  const folders = useFolders();

  it("are opened as one dataset by the page's lines", async () => {
    const files = { "days/1.nc": hours(0, 10), "days/2.nc": hours(10, 24) };
    const cwd = await folders({ "tree.yaml": "", "campaign.yaml": "campaign: orcestra\n", ...files });
    await addAll(cwd, { "BCO/days": join(cwd, "days") });
    await json(cwd, ["publish"]);
    const served = await serving(cwd);
    const browser = await openChromium();
    try {
      const { page } = await visit(browser, served.portal);
      await page.click(".rows a");
      const lines = await page.locator("#python-reference pre").textContent();
      expect(lines).toContain("reference://");
      const code = `${lines}\nprint(ds.time.values[[0, -1]].astype("datetime64[h]"), ds.ta.values[[0, 9, 10, 23]])`;
      const read = await runPython(code, [], { IPFS_GATEWAY: served.url });
      expect(read).toBe("['2024-08-01T00' '2024-08-01T23'] [300. 309. 310. 323.]");
    } finally {
      await browser.close();
      await served.stop();
    }
  });
});
