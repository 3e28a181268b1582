/** A dataset's page in a real browser: without a script, with one, on a phone, on gateways and plain hosts. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatasetEntry } from "../../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../../pipeline/core/stac/item.ts";
import { browser as app } from "../../../pipeline/views/browser/browser.ts";
import { pages } from "../../../pipeline/views/pages.ts";
import { stac } from "../../../pipeline/views/stac.ts";
import type { Content } from "../../../pipeline/views/view.ts";
import { described, dropsondes, facts } from "../../fakes/descriptions.ts";
import { aCid, aRelease } from "../../fakes/release.ts";
import { chromium, openChromium } from "../../servers/chromium.ts";
import { axeViolations } from "../axe.ts";
import { type PortalServer, portalOf, servePortals } from "../portal-server.ts";

const haveChromium = await chromium();

const path = "products/HALO/sondes.zarr";
const evil = `"><img src=x onerror=alert(1)></script><script>alert(2)</script>`;
const [portal, older] = [aCid("portal 2").toString(), aCid("portal 1").toString()];

function entryOf(path: string, attributes: Readonly<Record<string, string>> = {}, of = "new"): DatasetEntry {
  const is = described(path, { ...dropsondes, attributes: { ...dropsondes.attributes, ...attributes } });
  const cid = aCid(of).toString();
  const { item, findings } = itemOf({ ...is, cid }, facts);
  return { kind: "dataset", path, cid, reader: "zarr", item, findings };
}

const contentOf = (entries: readonly DatasetEntry[]): Content => ({
  draft: aRelease(2, {
    changes: [{ op: "update", path, from: aCid("old").toString(), to: aCid("new").toString() }],
    before: { root: aCid("root 1"), portal: aCid("portal 1") },
  }),
  tree: { cid: aCid("tree"), tsize: 100 },
  source: { cid: aCid("tree.yaml"), tsize: 100 },
  entries,
  campaign: { ...facts, domain: "orcestra.example" },
});

/** As they are after release 1, which added the dataset. */
const before = aRelease(1, { changes: [{ op: "add", path, to: aCid("old").toString() }] });
const past = [{ cid: aCid("release 1"), size: 1, release: before }];
const views = [app, pages, stac];
const files = portalOf(
  views,
  contentOf([entryOf(path), entryOf("evil.zarr", { title: evil, summary: evil, creator_name: evil })]),
  past,
);
const olderFiles = portalOf(views, contentOf([entryOf(path, { title: "Dropsondes, preliminary" }, "old")]), past);
const page = `datasets/${path}/index.html`;

describe.skipIf(!haveChromium)("a dataset's page", { timeout: 240_000 }, () => {
  let browser: Browser;
  let server: PortalServer;
  beforeAll(async () => {
    const mounts = new Map([
      [`ipfs/${portal}`, files],
      [`ipfs/${older}`, olderFiles],
      ["a/folder", files],
    ]);
    server = await servePortals(mounts);
    browser = await openChromium();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens an address; `use` gets the page, and what the browser complains of has to be empty. */
  async function visit(at: string, options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    // Machines that do much else are slow, not broken.
    context.setDefaultTimeout(120_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => {
      // Of what is looked for and may not be there, a browser reports the 404 by itself.
      if (message.type() === "error" && !message.text().includes("404")) complaints.push(message.text());
    });
    page.on("dialog", (dialog) => {
      complaints.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(`${server.url}/${at}`);
    await use(page);
    expect(complaints).toEqual([]);
    await context.close();
  }

  const width = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

  it("is whole without JavaScript, as narrow as a phone", async () => {
    const options = { javaScriptEnabled: false, viewport: { width: 360, height: 700 } };
    await visit(`ipfs/${portal}/${page}`, options, async (page) => {
      expect(await page.locator("h1").textContent()).toBe("Dropsondes of HALO");
      expect(await page.locator("#python-cid code >> nth=-1").isVisible()).toBe(true);
      expect(await page.locator("#place svg").isVisible()).toBe(true);
      expect(await page.locator("button:visible").count()).toBe(0);
    });
  });

  it.each([
    ["light", 1280],
    ["dark", 360],
  ] as const)("is accessible by axe's rules, %s, %i pixels wide", async (colorScheme, wide) => {
    const options = { colorScheme, viewport: { width: wide, height: 800 }, bypassCSP: true };
    await visit(`ipfs/${portal}/${page}`, options, async (page) => {
      await page.locator("#place").scrollIntoViewIfNeeded();
      await page.locator("#place canvas").waitFor();
      for (const details of await page.locator("details").all())
        await details.evaluate((one) => one.setAttribute("open", ""));
      expect(await axeViolations(page)).toEqual([]);
      expect(await width(page)).toBe(wide);
    });
  });

  it("names the gateway that served it in the lines to copy, and copies them where there is no clipboard", async () => {
    await visit(`ipfs/${portal}/${page}`, {}, async (page) => {
      const text = (id: string) => page.locator(`#${id} pre`).textContent();
      await expect.poll(() => text("python-gateway")).toContain(`("${server.url}/ipfs/`);
      expect(await text("python-intake")).toContain(`"ipfs://${portal}/intake/catalog.yml"`);
      expect(await text("python-stac")).toContain(`"${server.url}/ipfs/${portal}/stac/${path}.json"`);
      await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
      await page.locator("#python-cid .copy").click();
      expect(await page.evaluate(() => String(getSelection()))).toBe(await text("python-cid"));
    });
  });

  it("tells what changed since the version before, from the descriptions of both", async () => {
    await visit(`ipfs/${portal}/${page}`, {}, async (page) => {
      await page.getByRole("button", { name: "What changed?" }).click();
      await expect
        .poll(() => page.locator(".versions").textContent())
        .toContain("title is Dropsondes of HALO, was Dropsondes, preliminary");
    });
  });

  it("says of an earlier portal that the campaign's name leads to a newer version", async () => {
    server.mounts.set("ipns/orcestra.example", files);
    await visit(`ipfs/${older}/${page}`, {}, async (page) => {
      await expect.poll(() => page.locator("#newer").textContent()).toContain("A newer version exists: release 2");
      await page.locator("#newer a").click();
      expect(await page.locator("h1").textContent()).toBe("Dropsondes of HALO");
    });
    await visit(`ipfs/${portal}/${page}`, {}, async (page) => {
      await page.waitForLoadState("networkidle");
      expect(await page.locator("#newer").isHidden()).toBe(true);
    });
  });

  it("leads to the campaign's gateway for archives where a host of files served it", async () => {
    await visit(`a/folder/${page}`, {}, async (page) => {
      const href = page.locator('a[data-format="tar"]');
      await expect
        .poll(() => href.getAttribute("href"))
        .toBe(`https://ipfs.example.org/ipfs/${aCid("new")}?format=tar`);
    });
  });

  it("is in German where the reader is, but for what the dataset says", async () => {
    const headings = (page: Page) =>
      page.locator("h2, aside dt, th[scope=col], caption, summary, .button").allTextContents();
    let english: string[] = [];
    await visit(`ipfs/${portal}/${page}`, { locale: "en-GB" }, async (page) => {
      await page.locator("button.copy:visible").first().waitFor();
      english = await headings(page);
    });
    await visit(`ipfs/${portal}/${page}`, { locale: "de-DE" }, async (page) => {
      await expect.poll(() => page.locator("html").getAttribute("lang")).toBe("de");
      await expect.poll(() => page.locator("button.copy:visible").first().textContent()).toBe("Kopieren");
      const german = await headings(page);
      // Names, and words that both languages have.
      const same =
        /^(Python|R|Julia|Shell|BibTeX|RIS|CSL-JSON|CITATION.cff|DOI|CID|Format|Name|Chunks|Text|Variable|\d*)$/;
      expect(german.filter((text) => english.includes(text) && !same.test(text))).toEqual([]);
      expect(german).toEqual(expect.arrayContaining(["Variablen", "Zitieren", "Einheit"]));
      expect(await page.locator("h1").textContent()).toBe("Dropsondes of HALO");
    });
  });

  it("runs nothing that a dataset says, with a script or without", async () => {
    for (const javaScriptEnabled of [true, false]) {
      await visit(`ipfs/${portal}/datasets/evil.zarr/index.html`, { javaScriptEnabled }, async (page) => {
        await page.waitForLoadState("networkidle");
        expect(await page.locator("h1").textContent()).toContain("<script>alert(2)</script>");
        expect(await page.locator("img").count()).toBe(0);
      });
    }
  });
});
