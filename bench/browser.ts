/**
 * A dataset's page in Chromium, with 50 ms for each request: how long until its plot is there, and what that took.
 *
 * Run it with `node bench/browser.ts [store.zarr …]`, after `npm run build:browser`; without a store it takes the sample's. Counts
 * and bytes are the same on every machine. Bytes are those of a gateway that compresses, though ours does not.
 */
import { createServer, request } from "node:http";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { serve } from "../pipeline/serve/serve.ts";
import { filesBelow, nodeOf, portalOf } from "../test/browser/quicklook/portal.ts";
import { testWorld } from "../test/fakes/world.ts";
import { openChromium } from "../test/servers/chromium.ts";
import { closed, listening } from "../test/servers/loopback.ts";

const delay = 50;
const runs = 5;
const stores = process.argv.slice(2);
if (stores.length === 0)
  stores.push("sample/products/KITE/KITE-20260126a/dropsondes.zarr", "sample/products/ALMA/surface_meteorology.zarr");

const browser = await openChromium();
for (const store of stores) {
  const portal = portalOf({ path: store.split("/").slice(-2).join("/"), files: filesBelow(store), reader: "zarr" });
  const gateway = await serve(
    { node: nodeOf(portal), resolve: async () => ({ cid: portal.cid }), campaign: "c" },
    testWorld(),
  );
  const proxy = await delaying(gateway.url);
  const page = `${proxy.url}/ipfs/${portal.cid}/${portal.page}`;
  const visits = [];
  for (let run = 0; run < runs; run++) visits.push(await visit(browser, page));
  const times = visits.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const { blocks, firstView, later } = visits[0]!;
  console.log(
    `${store}: plot after ${times[Math.floor(runs / 2)]!.toFixed(2)} s (${times[0]!.toFixed(2)} to ${times.at(-1)!.toFixed(2)}), ` +
      `${blocks} blocks; JS and CSS gzipped ${kB(firstView)} before the page is shown, ${kB(later)} more for the plot`,
  );
  await proxy.close();
  await gateway.close();
}
await browser.close();

/** A gateway that is far away: each request waits before it is passed on. */
async function delaying(url: string) {
  const server = createServer((incoming, outgoing) => {
    setTimeout(() => {
      const { method, headers } = incoming;
      request(new URL(incoming.url ?? "/", url), { method: method ?? "GET", headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      }).end();
    }, delay);
  });
  return { url: await listening(server), close: () => closed(server) };
}

/** One visit with nothing cached. */
async function visit(browser: Browser, url: string) {
  const context = await browser.newContext({ viewport: { width: 900, height: 800 } });
  const page = await context.newPage();
  let [blocks, firstView, later, isShown] = [0, 0, 0, false];
  const measured: Promise<void>[] = [];
  page.on("response", (response) => {
    const { pathname, search } = new URL(response.url());
    if (search.includes("format=raw")) blocks++;
    if (!/\.(js|css)$/.test(pathname)) return;
    const isLater = isShown;
    measured.push(
      response.body().then((body) => {
        const { length } = gzipSync(body, { level: 9 });
        if (isLater) later += length;
        else firstView += length;
      }),
    );
  });
  page.on("domcontentloaded", () => {
    isShown = true;
  });
  await page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector("svg.plot")) return;
      watch.disconnect();
      Object.assign(globalThis, { plotAfter: performance.now() });
    });
    watch.observe(document, { childList: true, subtree: true });
  });
  await page.goto(url, { timeout: 60_000 });
  await page.waitForFunction(() => "plotAfter" in globalThis, undefined, { timeout: 60_000 });
  const ms = await page.evaluate(() => (globalThis as unknown as { plotAfter: number }).plotAfter);
  await Promise.all(measured);
  await context.close();
  return { seconds: ms / 1000, blocks, firstView, later };
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
