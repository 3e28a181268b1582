/** The page that finds datasets, in a real Chromium, on a portal behind our own gateway. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Entry } from "../../pipeline/core/stac/catalog-entry.ts";
import { chromium, openChromium } from "../servers/chromium.ts";
import { axeViolations } from "./axe.ts";
import { campaign, failed, made, plain, portalFiles, servedPortal, visit } from "./portal.ts";
import { servePortals } from "./portal-server.ts";

describe.skipIf(!(await chromium()))("the page that finds datasets", () => {
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(() => browser.close());

  /** The portal of the campaign above, opened; `hash`: what is asked for. */
  async function open(hash = "", options = {}, files = portalFiles()) {
    url = await servedPortal(files);
    const visited = await visit(browser, `${url}${hash}`, options);
    await visited.page.waitForSelector(".ask");
    await visited.page.waitForSelector("p.count[role=status], .releases, [role=alert]");
    return visited;
  }
  const count = (page: Page) => page.locator(".count").textContent();
  const titles = (page: Page) => page.locator(".rows .title").allTextContents();
  const ask = (page: Page, question: string) => page.fill("#q", question);

  it("lists the newest datasets as links without a script", async () => {
    url = await servedPortal();
    const { page } = await visit(browser, url, { javaScriptEnabled: false });
    expect(await page.locator("h1").textContent()).toBe("ORCESTRA");
    expect(await page.locator(".rows > li").count()).toBe(campaign.length);
    const [first] = await page.locator(".rows .title").all();
    expect(await first?.getAttribute("href")).toMatch(/^datasets\/products\/.*\/index\.html$/);
    expect(await page.locator("#ask").isVisible()).toBe(false);
  });

  it("shows the first dataset on a phone without scrolling, and nothing that is wider", async () => {
    const { page } = await open("", { viewport: { width: 360, height: 640 } });
    const box = await page.locator(".rows > li").first().boundingBox();
    expect((box?.y ?? 999) + 54).toBeLessThan(640);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  it("answers before it has read the sizes of all entries, and adds them when it has", async () => {
    url = await servedPortal();
    const context = await browser.newContext({ locale: "en-GB" });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const gate = Promise.withResolvers<void>();
    await page.route("**/index.json", async (route) => {
      if (!route.request().url().includes("/search/")) await gate.promise;
      await route.continue();
    });
    await page.goto(`${url}#q=README`);
    await expect.poll(() => count(page)).toBe("1 of 14");
    expect(await page.locator(".rows .size").count()).toBe(0);
    gate.resolve();
    await expect.poll(() => page.locator(".rows .size").allInnerTexts()).toEqual(["1.2 kB"]);
  });

  it("fetches what understands questions, and the views of folders and releases, when they are asked for", async () => {
    const { page, requests } = await open();
    const scripts = () => requests.flatMap((url) => /app\/(\w+)\.js$/.exec(url)?.[1] ?? []);
    await page.locator(".map canvas").waitFor();
    expect(scripts()).toEqual(expect.arrayContaining(["find", "map"]));
    const later = ["question", "tree", "releases"];
    for (const name of later) expect(scripts()).not.toContain(name);
    await page.focus("#q");
    await expect.poll(scripts).toContain("question");
    await page.getByRole("button", { name: "Folders" }).click();
    await page.locator(".tree").waitFor();
    await page.getByRole("button", { name: "Releases" }).click();
    await page.locator(".releases").waitFor();
    expect(scripts()).toEqual(expect.arrayContaining(later));
  });

  it("says why where a view can't be fetched", async () => {
    const { page } = await open();
    await page.route("**/tree.js", (route) =>
      route.fulfill({ status: 200, contentType: "text/javascript", body: "throw new Error('cut off')" }),
    );
    await page.getByRole("button", { name: "Folders" }).click();
    await expect.poll(() => page.locator("[role=alert]").textContent()).toContain("cut off");
  });

  it("answers a question of a variable, a place and a day", async () => {
    const { page } = await open();
    await page.keyboard.press("/");
    await page.keyboard.type("air_temperature near 30 W on 3 September");
    await expect.poll(() => count(page)).toBe("1 of 14");
    expect(await titles(page)).toEqual([expect.stringContaining("Dropsondes of HALO, 2024-09-03")]);
    const chips = page.locator(".chips .chip");
    expect(await chips.allInnerTexts()).toEqual(["near 30 W (32.5°\u202fW to 27.5°\u202fW)", "2024-09-03"]);
    await chips.nth(0).click();
    await expect.poll(() => page.inputValue("#q")).toBe("air_temperature on 3 September");
  });

  it("corrects a letter, and names what it searched for", async () => {
    const { page } = await open();
    await ask(page, "radiosonds");
    await expect.poll(() => count(page)).toBe("2 of 14");
    expect(await page.locator(".notice").textContent()).toBe("Nothing has “radiosonds”: this is for “radiosondes”.");
  });

  it("counts every value under what is asked for, and of one field any of the chosen ones", async () => {
    const { page } = await open();
    const number = (name: string) =>
      page
        .locator("fieldset", { hasText: "Platform" })
        .locator(".value", { has: page.getByText(name, { exact: true }) })
        .locator(".number");
    const platform = (name: string) =>
      page.locator("fieldset", { hasText: "Platform" }).getByRole("checkbox", { name });
    for (const name of ["Instrument", "Project", "Level", "Licence", "Variable"])
      expect(await page.locator(".filters legend", { hasText: name }).count(), name).toBe(1);
    expect(await number("HALO").textContent()).toBe("8");
    await ask(page, "radiosondes");
    await expect.poll(() => page.locator(".filters").textContent()).not.toContain("HALO");
    await ask(page, "");
    await platform("HALO").check();
    await expect.poll(() => count(page)).toBe("8 of 14");
    expect(await number("RV Meteor").textContent()).toBe("2");
    await platform("RV Meteor").check();
    await expect.poll(() => count(page)).toBe("10 of 14");
    await page.getByRole("checkbox", { name: "HAMP" }).check();
    await expect.poll(() => count(page)).toBe("4 of 14");
  });

  it("tells which condition to drop where nothing is found, and Back undoes it", async () => {
    const { page } = await open();
    await ask(page, "radar near Barbados");
    await expect.poll(() => page.locator(".without button").allInnerTexts()).toHaveLength(2);
    expect(await page.locator(".without button").first().textContent()).toMatch(/^Without near Barbados .* 4 found$/);
    await page.locator(".without button").first().click();
    await expect.poll(() => count(page)).toBe("4 of 14");
    await page.goBack();
    await expect.poll(() => count(page)).toBe("0 of 14");
    expect(await page.inputValue("#q")).toBe("radar near Barbados");
  });

  it("names two conditions to drop where no single one helps, and when the data are from", async () => {
    const { page } = await open("#q=lidar near 100 E in 2023");
    await expect.poll(() => page.locator(".without button").allInnerTexts()).toHaveLength(1);
    const button = page.locator(".without button");
    expect(await button.textContent()).toMatch(/^Without near 100 E .* and 2023-01-01 to 2023-12-31 1 found$/);
    expect(await page.locator(".notice").first().textContent()).toContain("from 2024-08-11 to 2024-09-10");
    await button.click();
    await expect.poll(() => titles(page)).toEqual(["Raman lidar at Deebles Point"]);
  });

  it("proposes a question that this campaign has an answer to", async () => {
    const { page } = await open();
    const example = (await page.getAttribute("#q", "placeholder")) ?? "";
    expect(example).toMatch(/^.+ near \d+° [WE] in (August|September)$/);
    await ask(page, example);
    await expect.poll(() => count(page)).toMatch(/^[1-9]\d* of 14$/);
  });

  it("has all that is asked for in its address", async () => {
    const { page } = await open("#q=air_temperature&platform=HALO&from=2024-09-01&sort=title");
    expect(await count(page)).toBe("2 of 14");
    expect(await titles(page)).toEqual([...(await titles(page))].sort());
    await page.getByRole("button", { name: "Remove: Platform: HALO" }).click();
    await expect.poll(() => count(page)).toBe("3 of 14");
    expect(new URL(page.url()).hash).toBe("#q=air_temperature&from=2024-09-01&sort=title");
    await page.reload();
    await expect.poll(() => count(page)).toBe("3 of 14");
  });

  it("lists folders with their sizes, files that are no datasets, and why something can't be read", async () => {
    const { page } = await open("#view=tree");
    const tree = page.locator(".tree");
    await expect.poll(() => tree.textContent()).toContain("README.md");
    expect(await tree.textContent()).toContain("1.2 kB");
    await tree.getByText("BCO", { exact: true }).click();
    await expect.poll(() => tree.textContent()).toContain("time has no units, so its values can't be dated");
    await page.getByRole("button", { name: "List" }).click();
    await page.getByRole("checkbox", { name: "Not readable" }).check();
    await expect.poll(() => titles(page)).toEqual(["broken.zarr"]);
    expect(await page.locator(".reason").textContent()).toBe(
      "Could not be read: time has no units, so its values can't be dated",
    );
  });

  it("lists the releases, and what is new since one", async () => {
    const { page } = await open("#view=releases");
    await expect.poll(() => page.locator(".releases h2").allInnerTexts()).toHaveLength(3);
    await page.getByRole("button", { name: "What is new in it" }).nth(1).click();
    await expect.poll(() => count(page)).toBe("4 of 14");
    expect(await titles(page)).toContain("Raman lidar at Deebles Point");
    expect(new URL(page.url()).hash).toBe("#since=1");
  });

  it("chooses a time by dragging on the times, and a click there removes it", async () => {
    const { page } = await open();
    const box = await page.locator(".timeline svg").boundingBox();
    if (!box) throw new Error("there are no times");
    await page.mouse.move(box.x + box.width * 0.75, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => count(page)).toMatch(/^[35] of 14$/);
    expect(new URL(page.url()).hash).toMatch(/^#from=2024-09-0\d&until=2024-09-10$/);
    await page.locator(".timeline svg").click({ position: { x: 20, y: 20 } });
    await expect.poll(() => count(page)).toBe("14 entries");
  });

  it("leads from a row to the dataset's page", async () => {
    const { page } = await open("#q=lidar");
    await expect.poll(() => count(page)).toBe("1 of 14");
    await page.locator(".rows > li").click();
    await expect.poll(() => page.title()).toBe("products/BCO/lidar.zarr");
    await page.goBack();
    await expect.poll(() => count(page)).toBe("1 of 14");
  });

  it("makes nothing of what others wrote but text", async () => {
    const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>"onmouseover="alert(3) \u202egpj.exe';
    const entries: readonly Entry[] = [
      made({
        path: "products/__proto__",
        title: evil,
        platform: evil,
        day: "2024-08-11",
        attributes: { instrument: evil },
      }),
      made({ path: `products/${evil.replaceAll("/", "")}`, title: "x".repeat(5000), platform: "constructor" }),
      failed("javascript:alert(4)", evil),
      plain(`${evil.replaceAll("/", "")}.txt`, 3),
    ];
    const files = portalFiles(entries, `</title></script>${evil}`);
    for (const hash of [
      "",
      "#view=tree",
      `#q=${encodeURIComponent(evil)}`,
      `#platform=${encodeURIComponent(evil)}&box=x&since=x`,
    ]) {
      const { page } = await open(hash, {}, files);
      const marks = "#list img, #list script, #filters img, .chips img, [onclick], [onerror], [onmouseover]";
      expect(await page.locator(marks).count(), hash).toBe(0);
      const links = await page.locator("a").evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).protocol));
      expect(new Set(links), hash).toEqual(new Set(["http:"]));
      expect(await page.locator("#list").textContent(), hash).not.toContain("\u202e");
      expect(await page.evaluate(() => document.documentElement.scrollWidth), hash).toBe(1280);
    }
  });

  it("speaks German where the reader does", async () => {
    const { page } = await open("#q=radar", { locale: "de-DE" });
    await expect.poll(() => count(page)).toBe("4 von 14");
    expect(await page.locator("html").getAttribute("lang")).toBe("de");
    expect(await page.locator(".filters legend").last().textContent()).toBe("Wann");
  });

  it("tells what is wrong where the index can't be read, and tries again", async () => {
    const files = new Map(portalFiles());
    files.delete("search/pack");
    url = await servedPortal(files);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await expect.poll(() => page.locator("[role=alert]").textContent()).toContain("search/pack answered 404");
    await context.close();
  });

  it("works in a folder of a host that knows files alone, and lists the newest from a disk", async () => {
    const files = portalFiles();
    const server = await servePortals(new Map([["data/orcestra", files]]));
    onTestFinished(() => server.close());
    const { page } = await visit(browser, `${server.url}/data/orcestra/index.html#q=lidar`);
    await expect.poll(() => count(page)).toBe("1 of 14");
    await page.locator(".rows > li").click();
    await expect.poll(() => page.title()).toBe("products/BCO/lidar.zarr");

    const folder = mkdtempSync(join(tmpdir(), "fieldtree-portal-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "app"));
    for (const path of ["index.html", "app/find.css", "app/find.js"])
      writeFileSync(join(folder, path), files.get(path) ?? "");
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const local = await context.newPage();
    await local.goto(pathToFileURL(join(folder, "index.html")).href);
    expect(await local.locator(".rows > li").count()).toBe(campaign.length);
    expect(await local.locator(".rows .title").first().isVisible()).toBe(true);
  });

  it("prints the list without the tools", async () => {
    const { page } = await open();
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("#filters").isVisible()).toBe(false);
    expect(await page.locator(".rows > li").first().isVisible()).toBe(true);
  });

  it("can be used by keyboard alone, with the focus always seen", async () => {
    const { page } = await open();
    const order: string[] = [];
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const at = document.activeElement ?? document.body;
        const ring = at.matches(".title") ? (at.closest("li") ?? at) : at;
        const { outlineStyle, outlineWidth } = getComputedStyle(ring);
        const isSeen = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
        return {
          name: at.id || at.className || at.textContent?.trim() || at.tagName,
          isSeen,
          end: at === document.body,
        };
      });
      if (focused.end) break;
      expect(focused).toMatchObject({ isSeen: true });
      order.push(focused.name);
    }
    expect(order[0]).toBe("skip");
    expect(order).toContain("q");
    expect(order).toContain("title");
    await page.keyboard.press("Home");
  });

  it.each([
    ["wide", 1280, "light"],
    ["a phone", 360, "dark"],
    ["magnified four times", 320, "light"],
  ] as const)("has nothing that axe objects to: %s", { timeout: 240_000 }, async (_, width, colorScheme) => {
    const { page } = await open("", {
      viewport: { width, height: 800 },
      colorScheme,
      reducedMotion: "reduce",
      bypassCSP: true,
    });
    for (const hash of [
      "",
      "#q=radar+near+Barbados",
      "#q=radar+in+August&platform=HALO",
      "#view=tree",
      "#view=releases",
    ]) {
      await page.goto(`${url}${hash}`);
      await page.reload();
      await page.waitForSelector("p.count[role=status], .releases");
      if (width < 600)
        for (const name of ["Filters", "Map"]) await page.getByRole("button", { name, exact: false }).first().click();
      await page.waitForSelector(".map canvas");
      // The page's policy allows no style of others, which axe adds: it is not obeyed here.
      expect(await axeViolations(page, { preload: false }), hash).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), hash).toBe(width);
    }
  });
});

describe.skipIf(!(await chromium()))("the page of a large campaign", () => {
  it("reads little before the first row and for a question, and nothing of all datasets", {
    timeout: 240_000,
  }, async () => {
    const many = Array.from({ length: 2500 }, (_, i) =>
      made({
        path: `products/${["HALO", "METEOR", "BCO"][i % 3]}/${["sondes", "radar"][i % 2]}/flight_${i}.zarr`,
        title: `${["Sondes", "Radar"][i % 2]} of flight ${i}`,
        platform: ["HALO", "RV Meteor", "BCO"][i % 3] as string,
        day: new Date(Date.UTC(2024, 0, 1) + (i % 300) * 86_400_000).toISOString().slice(0, 10),
        at: [-60 + (i % 40), 10],
      }),
    );
    const url = await servedPortal(portalFiles(many));
    const browser = await openChromium();
    try {
      const { page, requests, bytes } = await visit(browser, url);
      await page.waitForSelector("p.count[role=status]");
      expect(await page.locator(".count").textContent()).toBe("2\u202f500 entries");
      expect(await bytes()).toBeLessThan(1_000_000);
      const before = requests.length;
      await page.fill("#q", "radar flight_1201");
      await expect.poll(() => page.locator(".count").textContent()).toMatch(/^1 of/);
      expect(await page.locator(".rows .title").textContent()).toBe("Radar of flight 1201");
      await page.fill("#q", "radar in March");
      await expect.poll(() => page.locator(".rows > li").count()).toBe(40);
      expect(requests.length - before).toBeLessThan(120);
      expect(requests.filter((each) => each.endsWith("/index.json") && !each.endsWith("search/index.json"))).toEqual(
        [],
      );
      expect(await page.getByLabel("RV Meteor").count()).toBeGreaterThan(0);
    } finally {
      await browser.close();
    }
  });
});
