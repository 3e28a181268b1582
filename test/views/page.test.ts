import { createHash } from "node:crypto";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { serve } from "../../pipeline/serve/serve.ts";
import { pageOf } from "../../pipeline/views/page/page.ts";
import { testWorld } from "../fakes/world.ts";
import { chromium, openChromium } from "../servers/chromium.ts";
import { cidNumber, datasets, historyJson, indexJson, type Listed } from "./fixtures/portal.ts";

describe("index.html", () => {
  const html = pageOf("EUREC⁴A");

  it("is small enough to read on a ship", () => {
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(40_000);
  });

  it("allows the one script and the one style that are in it, by their hashes", () => {
    const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    const hashes = [...html.matchAll(/<(script type="module"|style)>([\s\S]*?)<\/(?:script|style)>/g)].map(
      ([, , text]) => `'sha256-${createHash("sha256").update(text!).digest("base64")}'`,
    );
    expect(hashes.length).toBe(2);
    for (const hash of hashes) expect(policy).toContain(hash);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
  });

  it("never makes markup of text, and requests nothing from other hosts", () => {
    expect(html).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/);
    expect(html.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/)).toBeNull();
  });

  it("takes no markup from the campaign's title", () => {
    const bad = pageOf("</title><script>alert(1)</script>$&TITLE");
    expect(bad).toContain("&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;$&amp;TITLE</title>");
  });
});

describe.skipIf(!(await chromium()))("index.html in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(() => browser.close());

  /** The portal behind our own gateway, so that what we send as headers is part of what is tried. */
  async function portal(listed: readonly Listed[], more: object = {}): Promise<string> {
    const blocks = new Map<string, Uint8Array>();
    const keyOf = (multihash: { bytes: Uint8Array }) => Buffer.from(multihash.bytes).toString("hex");
    const put = ({ cid, bytes }: { cid: { multihash: { bytes: Uint8Array } }; bytes: Uint8Array }) =>
      void blocks.set(keyOf(cid.multihash), bytes);
    const files = {
      "index.html": pageOf("EUREC⁴A"),
      "index.json": indexJson(listed, more),
      "history.json": historyJson(listed.filter((one) => typeof one?.path === "string")),
    };
    const entries = Object.entries(files).map(([name, text]) => ({
      name,
      ...fileOf(Buffer.from(text), profiles["cid-v1"], put),
    }));
    const { cid } = makeDirectory(entries, profiles["cid-v1"], put);
    const node = { name: "memory", get: async (each: typeof cid) => blocks.get(keyOf(each.multihash)) };
    const served = await serve({ node, resolve: async () => ({ cid }), campaign: "eurec4a" }, testWorld());
    onTestFinished(() => served.close());
    return `${served.url}/ipns/eurec4a/`;
  }

  /** Every complaint of the browser, and every request to somebody else, fails the test. */
  async function visit(
    url: string,
    options: BrowserContextOptions = {},
    prepare: (context: BrowserContext) => Promise<unknown> = async () => {},
  ): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    await prepare(context);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asked ${request.url()}`);
    });
    onTestFinished(async () => {
      await context.close();
      expect(complaints).toEqual([]);
    });
    await page.goto(url);
    await page.waitForSelector("#app:not([hidden])");
    return page;
  }

  const rows = (page: Page) => page.locator("#rows > li").count();
  // biome-ignore lint/performance/useDomNodeTextContent: what a person sees is the point
  const seen = (page: Page, selector: string) => page.locator(selector).innerText();
  const said = (page: Page) => page.locator("#count").textContent();

  it("works under a CID and under a name alike", async () => {
    const listed = datasets(5);
    const byName = await portal(listed);
    const page = await visit(byName);
    expect(await said(page)).toBe("5 datasets");
    const root = (await fetch(byName)).headers.get("x-ipfs-roots");
    expect(await said(await visit(new URL(`/ipfs/${root}/`, byName).href))).toBe("5 datasets");
  });

  it.each([
    ["the root of a subdomain gateway", "http://bafyportal.ipfs.example.org/", [], "http://example.org/ipfs/"],
    [
      "a host of the campaign's own",
      "http://data.example.org/",
      ["javascript:alert(1)", "https://gw.example"],
      "https://gw.example/ipfs/",
    ],
    ["a host that knows no gateway", "http://data.example.org/", ["javascript:alert(1)", 'https://x"y'], undefined],
  ])("works at %s, and leads to CIDs through a gateway of http(s) or none", async (_, url, gateways, leads) => {
    const listed = datasets(2);
    const files: Readonly<Record<string, string>> = {
      "/": pageOf("EUREC⁴A"),
      "/index.json": indexJson(listed, { campaign: { name: "e", title: "E", gateways } }),
    };
    const page = await visit(`${url}#open=${encodeURIComponent(listed[0]!.path)}`, {}, (context) =>
      context.route("**/*", (route) => {
        const { pathname } = new URL(route.request().url());
        const contentType = pathname === "/" ? "text/html; charset=utf-8" : "application/json";
        return route.fulfill({ body: files[pathname] ?? "", contentType });
      }),
    );
    expect(await said(page)).toBe("2 datasets");
    const link = page.getByRole("link", { name: "This CID" });
    expect(await link.count()).toBe(leads ? 1 : 0);
    if (leads) expect(await link.getAttribute("href")).toBe(`${leads}${listed[0]!.cid}/`);
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  });

  it("finds by any word, whatever its case and accents, and says how many", async () => {
    const page = await visit(await portal(datasets(48)));
    await page.keyboard.press("/");
    await page.keyboard.type("RADAR météor");
    await expect.poll(() => said(page)).toBe("4 of 48 datasets");
    expect(await rows(page)).toBe(4);
    await page.fill("#q", "eastward_wind HALO");
    await expect.poll(() => said(page)).toBe("4 of 48 datasets");
    expect(await page.locator("#count").getAttribute("aria-live")).toBe("polite");
    await page.fill("#q", "eastward_wind HALO nonsense");
    await expect.poll(() => said(page)).toBe("0 of 48 datasets; try fewer words, or Clear");
  });

  it("shows all of the outline around the dataset that has the focus", async () => {
    const page = await visit(await portal(datasets(1)));
    const room = await page.locator("#rows a").evaluate((link) => {
      link.focus({ focusVisible: true } as FocusOptions);
      const { outlineWidth, outlineOffset } = getComputedStyle(link);
      const around = Number.parseFloat(outlineWidth) + Number.parseFloat(outlineOffset);
      const [inner, outer] = [link.getBoundingClientRect(), link.closest("li")!.getBoundingClientRect()];
      return Math.min(inner.left - outer.left, outer.right - inner.right) - around;
    });
    expect(room).toBeGreaterThanOrEqual(0);
  });

  it("filters by platform, keyword, variable and time", async () => {
    const page = await visit(await portal(datasets(48)));
    const [first, last] = ["2020-01-13", "2020-01-14"];
    for (const [filter, value, left] of [
      ["platform", "HALO", 12],
      ["keyword", "ship", 12],
      ["variable", "air_temperature", 16],
    ] as const) {
      await page.selectOption(`#${filter}`, value);
      await expect.poll(() => said(page)).toBe(`${left} of 48 datasets`);
      await page.click("button[type=reset]");
      await expect.poll(() => said(page)).toBe("48 datasets");
    }
    await page.fill("#from", first);
    await page.fill("#to", last);
    await expect.poll(() => said(page)).toBe("24 of 48 datasets");
  });

  it("opens a dataset with all that is known of it", async () => {
    const listed = datasets(10);
    const page = await visit(await portal(listed));
    await page.click("#rows a >> nth=0");
    const article = page.locator("#dataset");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("dataset-title");
    const shown = await seen(page, "#dataset");
    for (const part of [
      listed[0]!.title,
      listed[0]!.path,
      listed[0]!.cid,
      "no consolidated metadata: opening it takes a request a variable",
      "2020-01-12 08:12 to 2020-01-12 16:45 UTC",
      "57.7°W to 53.7°W, 17.3°N to 21.3°N",
      "Geet George, Marek Jacob",
      "CC-BY-4.0",
      "air_temperature",
      `xr.open_zarr("ipfs://${listed[0]!.cid}", consolidated=False)`,
    ]) {
      expect(shown).toContain(part);
    }
    expect(await article.getByRole("link", { name: "STAC item" }).getAttribute("href")).toBe(
      "./stac/products/HALO/dropsondes/0.json",
    );
    expect(await article.getByRole("link", { name: "Files" }).getAttribute("href")).toBe(`tree/${listed[0]!.path}/`);
  });

  it("finds a folder of like files by the name of one of them, lists and opens them", async () => {
    const [flight, ...others] = datasets(4);
    const members = ["D20240831_125902QC.nc", "D20240831_130430QC.nc", "a b?.nc"];
    const netcdf = { ...flight!, reader: "netcdf", zarr: undefined, files: 3, members };
    const raw = { path: "raw/HALO", cid: cidNumber(-5), kind: "directory", size: 1, names: ["D20240811_173334.4"] };
    const page = await visit(await portal([netcdf, ...others], { plain: [raw] }));
    await page.fill("#q", "d20240811");
    await expect.poll(() => said(page)).toBe("0 of 4 datasets; try fewer words, or Clear");
    await page.click("#plain summary");
    await expect.poll(() => seen(page, "#plain")).toContain("raw/HALO");
    await page.fill("#q", "D20240831_130430");
    await expect.poll(() => said(page)).toBe("1 of 4 datasets");
    expect(await seen(page, "#rows")).toContain("3 files");
    await page.click("#rows a");
    expect(await seen(page, "#dataset pre >> nth=0")).toContain(
      `xr.open_dataset(fsspec.open("ipfs://${flight!.cid}/${members[0]}").open())`,
    );
    await page.click("#dataset summary >> nth=0");
    const links = page.locator("#dataset details >> nth=0").getByRole("link");
    expect(await links.allTextContents()).toEqual(members);
    expect(await links.nth(2).getAttribute("href")).toBe(`tree/${flight!.path}/a%20b%3F.nc`);
  });

  it("copies a CID and the lines of Python", async () => {
    const listed = datasets(3);
    const page = await visit(await portal(listed), { permissions: ["clipboard-read", "clipboard-write"] });
    await page.click("#rows a >> nth=1");
    // The page runs in an origin of its own and may not read the clipboard: pasting shows what was copied.
    const pasted = async () => {
      await page.fill("#q", "");
      await page.focus("#q");
      await page.keyboard.press("Control+V");
      return page.inputValue("#q");
    };
    await page.getByRole("button", { name: "Copy CID" }).first().click();
    await expect.poll(() => page.locator("#said").textContent()).toBe("Copied");
    expect(await pasted()).toBe(listed[1]!.cid);
    await page.getByRole("button", { name: "Copy these lines" }).first().click();
    await expect.poll(pasted).toContain(`ds = xr.open_zarr("ipfs://${listed[1]!.cid}")`);
  });

  it("keeps search and dataset in its address, and Back goes back", async () => {
    const listed = datasets(24);
    const url = await portal(listed);
    const page = await visit(`${url}#q=radar&open=${encodeURIComponent(listed[4]!.path)}`);
    expect(await said(page)).toBe("8 of 24 datasets");
    expect(await page.locator("#dataset-title").textContent()).toBe(listed[4]!.title);
    await page.click("#rows a >> nth=2");
    await expect.poll(() => page.locator("#dataset-title").textContent()).toBe(listed[6]!.title);
    await page.goBack();
    await expect.poll(() => page.locator("#dataset-title").textContent()).toBe(listed[4]!.title);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator("#dataset").isHidden()).toBe(true);
    expect(await page.locator("#q").inputValue()).toBe("radar");
    expect(new URL(page.url()).hash).toBe("#q=radar");
  });

  it("shows versions, of a dataset that is gone too", async () => {
    const listed = datasets(4);
    const url = await portal(listed);
    const page = await visit(`${url}#open=${encodeURIComponent(listed[0]!.path)}`);
    await page.click("#dataset summary");
    await expect.poll(() => seen(page, "#dataset details")).toContain(cidNumber(100_000));
    expect(await seen(page, "#dataset details")).toMatch(/Release 3, 2024-02-11[\s\S]*Release 1, 2023-05-02/);
    const gone = await visit(`${url}#open=products%2Fold.zarr`);
    await gone.click("#dataset summary");
    await expect.poll(() => seen(gone, "#dataset")).toMatch(/Not in this release[\s\S]*Release 2, 2023-09-14: removed/);
    await gone.click("#show-releases");
    await expect
      .poll(() => seen(gone, "#releases"))
      .toMatch(/Release 3[\s\S]*2 updated[\s\S]*Release 2[\s\S]*1 removed, 4 respelt/);
  });

  it("lists what is no dataset, and what could not be read with its reason", async () => {
    const page = await visit(await portal(datasets(2)));
    await page.click("#failed summary");
    await expect.poll(() => seen(page, "#failed")).toContain("zarr: time has no units, so its values can't be dated");
    await page.click("#plain summary");
    await expect.poll(() => seen(page, "#plain")).toContain("products/README.md");
  });

  it("makes as many rows as are looked at, of however many datasets", async () => {
    const page = await visit(await portal(datasets(5000)));
    expect(await said(page)).toBe("5 000 datasets");
    expect(await rows(page)).toBeLessThanOrEqual(120);
    expect(await page.locator("#map *").count()).toBeLessThan(60);
    await page.fill("#q", "lidar bco");
    await expect.poll(() => said(page)).toBe("416 of 5 000 datasets");
    expect(await rows(page)).toBeLessThanOrEqual(120);
    const before = await rows(page);
    await page.locator("#more").focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => rows(page)).toBeGreaterThan(before);
  });

  it("does nothing that a dataset tells it to", async () => {
    const evil = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202egpj.exe";
    const [one] = datasets(1);
    const listed = [
      {
        ...one!,
        path: "products/__proto__",
        title: evil,
        summary: evil,
        platform: evil,
        keywords: [evil, "constructor"],
        item: "javascript:alert(3)",
        cid: 'x" onclick="alert(4)',
        vars: [[evil, evil, "__proto__"]],
      },
      {
        ...one!,
        path: "../../../etc",
        title: "x".repeat(1_000_000),
        time: ["2024-99-99", "soon"],
        bbox: [1e308, "a", null, 4],
        geometry: { type: "LineString", coordinates: [[{}, null], "x", 3] },
      },
      { path: 7, title: { toString: 1 }, vars: "many", keywords: {}, time: 3, findings: [{}] } as unknown as Listed,
      null as unknown as Listed,
    ];
    const url = await portal(listed, {
      campaign: { name: "e", title: evil, gateways: ["javascript:alert(5)", 'https://x"onmouseover="alert(6)'] },
      failed: [{ path: evil, cid: "javascript:alert(7)", reader: evil, says: evil }, null],
    });
    const page = await visit(`${url}#open=products%2F__proto__`);
    await page.click("#failed summary");
    await page.click("#dataset summary");
    expect(await page.locator("img, #dataset script, #rows script, [onclick], [onerror], [onmouseover]").count()).toBe(
      0,
    );
    const links = await page.locator("a").evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).protocol));
    expect(new Set(links)).toEqual(new Set(["http:"]));
    expect(await seen(page, "body")).not.toContain("\u202e");
    expect((await seen(page, "#rows")).length).toBeLessThan(5000);
    expect(await said(page)).toMatch(/^\d datasets$/);
  });

  it("says what is wrong where there is no index", async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.route("**/index.json", (route) => route.fulfill({ status: 404, body: "" }));
    await page.goto(await portal([]));
    await expect
      .poll(() => page.locator("#release").textContent())
      .toBe("The index can't be read: index.json answered 404. The files are under tree/.");
  });

  it.each([
    ["wide", 1280],
    ["a phone", 360],
    ["magnified four times", 320],
  ])("fits %s without scrolling sideways", async (_, width) => {
    const listed = datasets(30);
    const url = await portal(listed);
    for (const hash of ["", `#open=${encodeURIComponent(listed[0]!.path)}`]) {
      const page = await visit(`${url}${hash}`, { viewport: { width, height: 800 } });
      if (hash) await page.click("#dataset summary");
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect({ hash, wide }).toEqual({ hash, wide: width });
    }
  });

  it("can be used by keyboard alone, with the focus always seen", async () => {
    const page = await visit(await portal(datasets(3)));
    const order: string[] = [];
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const at = document.activeElement as HTMLElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(at);
        const seen = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
        return { name: at.id || at.textContent?.trim() || at.tagName, seen, end: at === document.body };
      });
      if (focused.end) break;
      expect({ name: focused.name, seen: focused.seen }).toEqual({ name: focused.name, seen: true });
      if (order.at(-1) !== focused.name) order.push(focused.name);
    }
    expect(order.slice(0, 6)).toEqual([
      "Skip to the datasets",
      "Copy root CID",
      "All files",
      "STAC catalog",
      "index.json",
      "show-releases",
    ]);
    expect(order).toContain("q");
    await page.reload();
    await page.waitForSelector("#app:not([hidden])");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.closest("#rows") !== null)).toBe(true);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("dataset-title");
  });

  it("names its parts for those who can't see them", async () => {
    const listed = datasets(3);
    const page = await visit(`${await portal(listed)}#open=${encodeURIComponent(listed[0]!.path)}`);
    for (const role of ["banner", "navigation", "search", "main", "article", "contentinfo"] as const) {
      expect({ role, there: await page.getByRole(role).count() }).toEqual({ role, there: 1 });
    }
    const nameless = await page.evaluate(() => {
      const named = (element: Element) =>
        element.getAttribute("aria-label") ||
        element.textContent?.trim() ||
        (element as HTMLInputElement).labels?.[0]?.textContent;
      const all = [...document.querySelectorAll("a, button, input, select, summary, svg[role=img]")];
      return all
        .filter((element) => (element as HTMLElement).checkVisibility() && !named(element))
        .map((element) => element.outerHTML);
    });
    expect(nameless).toEqual([]);
    expect(await page.locator("h1").count()).toBe(1);
    const twice = await page.evaluate(() => {
      const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
      return ids.filter((id, i) => ids.indexOf(id) !== i);
    });
    expect(twice).toEqual([]);
  });

  it.each(["light", "dark"] as const)(
    "can be read in %s: every text has a contrast of 4.5 at least",
    async (colorScheme) => {
      const listed = datasets(8);
      const page = await visit(`${await portal(listed)}#q=HALO&open=${encodeURIComponent(listed[0]!.path)}`, {
        colorScheme,
      });
      const poor = await page.evaluate(() => {
        const numbers = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
        const light = (colour: string) => {
          const [r, g, b] = numbers(colour).map((value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
        };
        const behind = (element: Element | null): string => {
          if (!element) return "rgb(255, 255, 255)";
          const colour = getComputedStyle(element).backgroundColor;
          return numbers(colour)[3] === 0 ? behind(element.parentElement) : colour;
        };
        const texts = [...document.querySelectorAll("body *")].filter(
          (element) =>
            (element as HTMLElement).checkVisibility() &&
            [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
        );
        return texts.flatMap((element) => {
          const svg = element instanceof SVGElement;
          const [front, back] = [light(getComputedStyle(element)[svg ? "fill" : "color"]), light(behind(element))];
          const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
          return contrast < 4.5
            ? [`${element.tagName} ${element.textContent?.slice(0, 30)}: ${contrast.toFixed(2)}`]
            : [];
        });
      });
      expect(poor).toEqual([]);
    },
  );

  it("prints the opened dataset and not the tools", async () => {
    const listed = datasets(3);
    const page = await visit(`${await portal(listed)}#open=${encodeURIComponent(listed[0]!.path)}`);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("#filters").isVisible()).toBe(false);
    expect(await page.locator("#dataset-title").isVisible()).toBe(true);
  });
});
