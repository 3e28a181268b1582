/**
 * Finding among many datasets in Chromium: until the first row, and from each key to its answer.
 *
 * Run it with `node bench/find.ts [datasets …]`, after `npm run build:browser`; without numbers it takes 2 000, 10 000 and 100 000.
 * The datasets are made up, with words as frequent as in real texts, and the portal is what the views write of them. Bytes and
 * requests are those of data, without the app; they are the same on every machine. Each portal is visited two times: on this machine, and with 50 ms for each request.
 */
import type { Browser, CDPSession, Page } from "playwright-core";
import { type Made, made, portalFiles } from "../test/browser/portal.ts";
import { servePortals } from "../test/browser/portal-server.ts";
import { aDocument, randomFrom } from "../test/fakes/search-corpus.ts";
import { openChromium } from "../test/servers/chromium.ts";

const question = "air_temperature halo";
const delays = [0, 50];

const sizes = process.argv.slice(2).map(Number);
if (sizes.length === 0) sizes.push(2_000, 10_000, 100_000);

const browser = await openChromium();
for (const size of sizes) {
  const files = portalFiles(datasets(size), `${size} datasets`);
  for (const delay of delays)
    console.log(`${size} datasets, ${delay} ms a request: ${await visit(browser, files, delay)}`);
}
await browser.close();

function datasets(count: number) {
  const random = randomFrom(1);
  return Array.from({ length: count }, (_, i) => {
    const { path, title, values, time, bbox, texts } = aDocument(i, random);
    const day = time?.[0].slice(0, 10);
    const facts: Made = {
      path,
      title,
      platform: values.platform?.[0] ?? "HALO",
      ...(day !== undefined && { day }),
      ...(bbox && { at: [bbox[0], bbox[1]] as const }),
      attributes: {
        summary: texts.join(" "),
        project: values.project?.[0] ?? "",
        keywords: (values.keyword ?? []).join(", "),
        creator_name: values.person?.[0] ?? "",
      },
      standardName: values.variable?.[1] ?? "air_temperature",
    };
    return made(facts);
  });
}

async function visit(
  browser: Browser,
  files: ReadonlyMap<string, string | Uint8Array>,
  delay: number,
): Promise<string> {
  const server = await servePortals(new Map([["portal", files]]), delay);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const received = counted(page);
  await page.addInitScript(watch);
  await page.goto(`${server.url}/portal/index.html`);
  await page.waitForFunction(() => "answeredAt" in globalThis, undefined, { timeout: 120_000 });
  const ready = await page.evaluate(() => (globalThis as unknown as Watched).answeredAt);
  const first = await received();
  await page.waitForLoadState("networkidle");
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const keys: { answer: number; paint: number; cpu: number }[] = [];
  await page.focus("#q");
  const before = await received();
  for (const key of question) {
    const start = await cpuOf(session);
    const times = await press(page, key);
    keys.push({ ...times, cpu: (await cpuOf(session)) - start });
  }
  const after = await received();
  const most = (of: (key: (typeof keys)[number]) => number) => `${Math.round(Math.max(...keys.map(of)))} ms`;
  const median = (of: (key: (typeof keys)[number]) => number) =>
    `${Math.round(keys.map(of).sort((a, b) => a - b)[Math.floor(keys.length / 2)] ?? 0)} ms`;
  const heap = await heapOf(session);
  await context.close();
  await server.close();
  return [
    `first answer after ${Math.round(ready)} ms, ${kB(first.bytes)} in ${first.requests} requests`,
    `${keys.length} keys, median and most: painted after ${median(({ paint }) => paint)}, ${most(({ paint }) => paint)}; ` +
      `answered after ${median(({ answer }) => answer)}, ${most(({ answer }) => answer)}; ` +
      `processor, map and facets included: ${median(({ cpu }) => cpu)}, ${most(({ cpu }) => cpu)}`,
    `${kB(after.bytes - before.bytes)} in ${after.requests - before.requests} requests for "${question}"`,
    `heap ${(heap / 1e6).toFixed(1)} MB`,
  ].join("; ");
}

interface Watched {
  /** Milliseconds since the visit began. */
  answeredAt: number;
  pressedAt: number;
  /** When the rows last changed. */
  changedAt: number;
  /** From events to the frame after them, since the last key. */
  paints: number[];
}

/** In the page: notes when rows change, and what the browser measures of keys and tasks. */
function watch(): void {
  const watched = globalThis as unknown as Watched;
  Object.assign(watched, { pressedAt: 0, changedAt: 0, paints: [] });
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries())
      if (name === "keydown" || name === "input") watched.paints.push(duration);
  }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
  addEventListener("input", () => Object.assign(watched, { pressedAt: performance.now(), changedAt: 0 }), {
    capture: true,
  });
  new MutationObserver((changes) => {
    if (document.querySelector("p.count[role=status]")) watched.answeredAt ??= performance.now();
    if (changes.some(({ target }) => (target instanceof Element ? target : target.parentElement)?.closest("#list")))
      watched.changedAt = performance.now();
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

/** One key, until everything that follows from it is shown. */
async function press(page: Page, key: string) {
  await page.evaluate(() => Object.assign(globalThis, { paints: [] }));
  await page.keyboard.type(key);
  await page.waitForTimeout(500);
  await page.waitForLoadState("networkidle");
  return page.evaluate(() => {
    const { pressedAt, changedAt, paints } = globalThis as unknown as Watched;
    return { answer: Math.max(0, changedAt - pressedAt), paint: Math.max(0, ...paints) };
  });
}

function counted(page: Page): () => Promise<{ bytes: number; requests: number }> {
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (!new URL(response.url()).pathname.includes("/app/"))
      sizes.push(response.body().then(({ length }) => length, () => 0)); // biome-ignore format: of one that was not awaited
  });
  return async () => ({
    bytes: (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0),
    requests: sizes.length,
  });
}

/** Milliseconds that the page's main thread has computed: other work of this machine is not in it. */
async function cpuOf(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  return usedSize;
}

function kB(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
