/** What a stranger's HTML can do in the browser of somebody who opens it on our address: nothing that outlives it. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromium, openChromium } from "../servers/chromium.ts";
import { gateway, memory } from "./gateway.ts";

/** `elsewhere` answers anybody, so only our policy can be what refuses it. */
const attempts = (elsewhere: string) => `<!doctype html><title>quicklook</title><script type="module">
const tried = {};
const attempt = async (name, act) => { try { await act(); tried[name] = "did it"; } catch (error) { tried[name] = "refused"; } };
await attempt("own script", () => {});
await attempt("storage", () => localStorage.setItem("x", "1"));
await attempt("cookie", () => { document.cookie = "x=1"; if (!document.cookie) throw new Error(); });
await attempt("service worker", () => navigator.serviceWorker.register("sw.js"));
await attempt("database", () => new Promise((done, failed) => { const opening = indexedDB.open("x"); opening.onsuccess = done; opening.onerror = failed; }));
await attempt("the portal's window", () => frames[0].document.title);
await attempt("elsewhere", () => fetch("${elsewhere}"));
await attempt("its own folder", () => fetch("data.json").then((answer) => answer.json()));
window.tried = tried;
</script><iframe src="/ipns/test/"></iframe>`;

describe.skipIf(!(await chromium()))("HTML in a dataset", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openChromium();
  });
  afterAll(() => browser.close());

  it("may run, read its own folder, and do nothing else", async () => {
    const { node, add } = memory();
    const portal = add({ "index.html": "<title>portal</title>" });
    const elsewhere = `${(await gateway(node)).url}/ipfs/${add("[2]")}`;
    expect((await fetch(elsewhere)).headers.get("access-control-allow-origin")).toBe("*");
    const root = add({ "quicklook.html": attempts(elsewhere), "data.json": "[1]", "sw.js": "" });
    const { url } = await gateway(node, { resolve: async () => ({ cid: portal }) });
    const page = await browser.newPage();
    await page.goto(`${url}/ipfs/${root}/quicklook.html`);
    await expect
      .poll(() => page.evaluate("window.tried"))
      .toEqual({
        "own script": "did it",
        storage: "refused",
        cookie: "refused",
        "service worker": "refused",
        database: "refused",
        "the portal's window": "refused",
        elsewhere: "refused",
        "its own folder": "did it",
      });
    await page.close();
  });
});
