/**
 * The data browser compared with others that show the same catalog: what the first view loads, what it shows, and what axe objects to.
 *
 * Run it with `node bench/browser-peers.ts PORTAL [NAME FOLDER PATH]…`: PORTAL is the address of a portal that is served, FOLDER has
 * a peer as it was built, and PATH is the page of it that shows the catalog, with `{portal}` for the portal's address without `http://`. Peers
 * are built by hand, out of the project. Bytes and requests are the same on every machine.
 */
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { axeViolations } from "../test/browser/axe.ts";
import { openChromium } from "../test/servers/chromium.ts";
import { closed, listening } from "../test/servers/loopback.ts";

const [portal, ...peers] = process.argv.slice(2);
if (!portal || peers.length % 3 !== 0) throw new Error("usage: node bench/browser-peers.ts PORTAL [NAME FOLDER PATH]…");

const index = (await (await fetch(new URL("index.json", portal))).json()) as { datasets: { title?: string }[] };
const titles = index.datasets.flatMap(({ title }) => title ?? []);

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

const browser = await openChromium();
row("fieldtree", await firstView(browser, portal));
for (let at = 0; at < peers.length; at += 3) {
  const [name = "", folder = "", path = ""] = peers.slice(at, at + 3);
  const server = builtFiles(folder);
  const url = await listening(server);
  row(name, await firstView(browser, url + path.replaceAll("{portal}", portal.replace(/^https?:\/\//, ""))));
  await closed(server);
}
await browser.close();

type View = Awaited<ReturnType<typeof firstView>>;

function row(name: string, { code, requests, bytes, shown, axe }: View): void {
  console.log(
    `${name}: JS and CSS ${(code / 1000).toFixed(0)} kB gzipped, ${requests} requests, ${(bytes / 1000).toFixed(0)} kB as served; ` +
      `${shown} of ${titles.length} datasets named; axe: ${axe.length === 0 ? "nothing" : axe.join(", ")}`,
  );
}

/** One visit with nothing cached, until nothing more is requested. */
async function firstView(browser: Browser, url: string) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true });
  const page = await context.newPage();
  const bodies: Promise<{ code: number; bytes: number }>[] = [];
  page.on("response", (response) => {
    const isCode = /\.(?:js|mjs|css)$/.test(new URL(response.url()).pathname);
    const sizes = (body: Buffer) => ({ code: isCode ? gzipSync(body, { level: 9 }).length : 0, bytes: body.length });
    // Of what was redirected or failed there is no body.
    bodies.push(response.body().then(sizes, () => ({ code: 0, bytes: 0 })));
  });
  await page.goto(url);
  // Where a peer goes on asking, what it has shown by then counts.
  await page.waitForLoadState("networkidle", { timeout: 30_000 }).catch(() => undefined);
  await page.waitForTimeout(2000);
  const loaded = await Promise.all(bodies);
  const text = await page.evaluate(() => document.body.textContent);
  const violations = await axeViolations(page, { preload: false });
  await context.close();
  return {
    code: loaded.reduce((sum, { code }) => sum + code, 0),
    bytes: loaded.reduce((sum, { bytes }) => sum + bytes, 0),
    requests: loaded.length,
    shown: titles.filter((title) => text.includes(title)).length,
    axe: violations.map((line) => line.slice(0, line.indexOf(":"))),
  };
}

/** The files of a peer. Every other path is its page: peers route by path. */
function builtFiles(folder: string) {
  return createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const file = join(folder, path);
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    const sent = isFile ? file : join(folder, "index.html");
    response.writeHead(200, { "content-type": types[extname(sent)] ?? "application/octet-stream" });
    response.end(readFileSync(sent));
  });
}
