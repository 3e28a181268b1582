/**
 * What people who mean harm, and people who don't know better, can put in front of the program.
 *
 * It says what is wrong, where, in words; it takes bounded time and memory; everybody else's data is published; and
 * nothing of theirs runs in the page.
 */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { datasetPage } from "../../pipeline/core/stac/names.ts";
import { aCampaign, fieldtree, type Ran, start } from "../commands/program.ts";
import { lintStac } from "../core/stac/lint.ts";
import { schemaErrors } from "../core/stac/valid.ts";
import { data } from "../data.ts";
import { chromium, openChromium } from "../servers/chromium.ts";
import { addAll, type Files, json, peakMemory, type Served, serving, stacFiles, useFolders, visit } from "./portal.ts";

const cid = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";

/** Nine levels of nine: 387 million lists, were the aliases followed. */
const yamlBomb = [..."bcdefghij"].reduce(
  (text, name, i) => `${text}${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[i]}`).join(", ")}]\n`,
  "a: &a [x]\n",
);

/** No stack of ours, no defect: words for a person. */
function expectWords({ stderr }: Ran): void {
  expect(stderr).not.toMatch(/^ +at |defect of fieldtree|node:internal/m);
  expect(stderr.length).toBeLessThan(20_000);
}

/** Run it to its end, with the most memory it took. */
async function measured(args: readonly string[], cwd: string) {
  const running = start(args, { cwd });
  let peak: number | undefined;
  const watch = setInterval(async () => {
    peak = (await peakMemory(running.pid!)) ?? peak;
  }, 20);
  const began = performance.now();
  const { exitCode: code, stdout, stderr } = await running;
  clearInterval(watch);
  return { code, stdout, stderr, json: () => [], peak, took: performance.now() - began };
}

describe("a tree.yaml", { timeout: 180_000 }, () => {
  const lines = (make: (i: number) => string) => Array.from({ length: 1_000_000 }, (_, i) => make(i)).join("\n");
  it.each([
    ["a YAML bomb", yamlBomb, /tree\.yaml:1:4: an anchor/],
    ["one name of 10 MB", `products:\n  ${"x".repeat(10e6)}: ${cid}\n`, /tree\.yaml:2:3: .*10000000 bytes long/],
    ["one value of 10 MB", `products: ${"x".repeat(10e6)}\n`, /tree\.yaml:1:11: .*is not a CID/],
    ["a million leaves", lines((i) => `f${i}: ${cid}`), /tree\.yaml:1:1: .*more than the \d+ that are read/],
    ["a million empty folders", lines((i) => `f${i}:`), /tree\.yaml:1:1: .*more than the \d+ .*that are read/],
    ["ten million opened brackets", "[".repeat(1e7), /tree\.yaml:1:1: .*more than the \d+ .*that are read/],
    ["Latin-1", Buffer.from(`products:\n  caf\u00e9: ${cid}\n`, "latin1"), /tree\.yaml:2:6: not UTF-8: byte 0xe9/],
    ["UTF-16", Buffer.from(`products:\n  cafe: ${cid}\n`, "utf16le"), /tree\.yaml:1:\d+: not valid YAML/],
    ["bytes of a video", Buffer.from(Uint8Array.from({ length: 1e6 }, (_, i) => i * 37)), /tree\.yaml:1:\d+: not/],
  ])("that is %s is refused with its line, soon and in little memory", async (_, text, says) => {
    const cwd = await aCampaign({ "tree.yaml": text });
    const ran = await measured(["publish"], cwd);
    expect(ran.code, ran.stderr).toBe(1);
    expect(ran.stderr).toMatch(says);
    expectWords(ran);
    expect(ran.took).toBeLessThan(30_000);
    if (ran.peak !== undefined) expect(ran.peak).toBeLessThan(600e6);
    expect((await fieldtree(["log"], { cwd })).stdout).toBe("");

    const checked = await fieldtree(["check", "--json"], { cwd });
    expect(checked.code, checked.stderr).toBe(1);
    expectWords(checked);
    const planned = await fieldtree(["plan", "--json"], { cwd });
    expect([planned.code, planned.json()[0].root]).toEqual([1, null]);
  });

  it.each([
    ["a YAML bomb", yamlBomb],
    ["nested without end", `campaign: ${"[".repeat(100_000)}`],
    ["a name that is no key", "__proto__: { campaign: test }\n"],
  ])("is refused where campaign.yaml is %s, with the line there", async (_, text) => {
    const cwd = await aCampaign({ "campaign.yaml": text });
    const ran = await fieldtree(["publish"], { cwd });
    expect(ran.code, ran.stderr).toBe(2);
    expect(ran.stderr).toMatch(/campaign\.yaml:\d+:\d+: /);
    expectWords(ran);
  });
});

const script = `<img src=x onerror="alert(1)"><script>fetch("https://evil.example/")</script>`;
const markup = `${script}</title>]]>\u202e${"\u0007"}'"`;

/** A Zarr store of version 2 without consolidated metadata: one time, two sites. `changes` are files by path. */
function aStore(changes: Files = {}, attributes: object = {}): Files {
  const array = (dtype: string, more: object = {}) =>
    JSON.stringify({
      zarr_format: 2,
      shape: [2],
      chunks: [2],
      dtype,
      order: "C",
      compressor: null,
      filters: null,
      fill_value: null,
      ...more,
    });
  const floats = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);
  const of = (dimension: string, more: object) => JSON.stringify({ _ARRAY_DIMENSIONS: [dimension], ...more });
  return {
    ".zgroup": '{"zarr_format": 2}',
    ".zattrs": JSON.stringify({ title: "a store", ...attributes }),
    "lat/.zarray": array("<f8"),
    "lat/.zattrs": of("site", { standard_name: "latitude", units: "degrees_north" }),
    "lat/0": floats(10, 11),
    "lon/.zarray": array("<f8"),
    "lon/.zattrs": of("site", { standard_name: "longitude", units: "degrees_east" }),
    "lon/0": floats(-50, -51),
    "time/.zarray": array("<f8"),
    "time/.zattrs": of("time", { standard_name: "time", units: "days since 2024-08-10" }),
    "time/0": floats(0, 1),
    ...changes,
  };
}

const sidecar = (text: string | Uint8Array): Files => ({ "dataset_meta.yaml": text, "data.bin": "data" });
const hundredMegabytes = 100e6;

/** Datasets that can't be described, and what is said of each. */
const failing: Readonly<Record<string, readonly [files: Files, says: RegExp]>> = {
  "deep-attributes": [
    aStore({ ".zattrs": `${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}` }),
    /\.zattrs is nested more than/,
  ],
  "bomb-of-brackets": [aStore({ ".zattrs": "[".repeat(5e6) }), /\.zattrs is not JSON/],
  "huge-attributes": [
    aStore({ ".zattrs": `{"a":"${"x".repeat(hundredMegabytes)}"}` }),
    /\.zattrs is larger than 32 MiB/,
  ],
  "web-page-for-metadata": [aStore({ ".zattrs": "<html>404</html>" }), /\.zattrs is not JSON/],
  "sidecar-bomb": [
    sidecar(`${yamlBomb}attributes: { title: x, keywords: *j }\n`),
    /dataset_meta\.yaml line 11: aliases/,
  ],
  "sidecar-deep": [sidecar(`attributes: ${"{a: ".repeat(1e4)}`), /dataset_meta\.yaml.*deep/],
  "sidecar-huge": [
    sidecar(`attributes: { title: ${"x".repeat(hundredMegabytes)} }`),
    /dataset_meta\.yaml is larger than/,
  ],
  "sidecar-latin1": [
    sidecar(Buffer.from("attributes: { title: caf\u00e9 }\n", "latin1")),
    /dataset_meta\.yaml.*not UTF-8/,
  ],
};

/** Datasets that can be described, whatever is in them, and what is known of each. */
const described: Readonly<Record<string, readonly [files: Files, known: object]>> = {
  good: [sidecar("attributes: { title: Cloud camera, license: CC-BY-4.0 }\n"), { title: "Cloud camera" }],
  "prototype-keys": [
    aStore({
      ".zattrs": `{"title": "keys", "__proto__": {"license": "stolen"}, "constructor": {"prototype": 1}, "hasOwnProperty": 1}`,
      "lat/.zattrs": `{"_ARRAY_DIMENSIONS": ["__proto__"], "standard_name": "latitude", "__proto__": {"units": "K"}}`,
    }),
    { title: "keys" },
  ],
  "bare-words": [
    aStore({ ".zattrs": `{"title": "bare words", "valid_max": NaN, "valid_min": -Infinity, "note": "NaN"}` }),
    { title: "bare words", start_datetime: "2024-08-10T00:00:00Z" },
  ],
  fortnights: [
    aStore({
      "time/.zattrs": `{"_ARRAY_DIMENSIONS": ["time"], "standard_name": "time", "units": "fortnights since the flood"}`,
    }),
    { title: "a store", "fieldtree:time_source": "unknown" },
  ],
  "endless-array": [
    aStore({
      "lat/.zarray": JSON.stringify({
        zarr_format: 2,
        shape: [1e15],
        chunks: [1e15],
        dtype: "<f8",
        order: "C",
        compressor: null,
        filters: null,
        fill_value: null,
      }),
    }),
    { title: "a store" },
  ],
  // Of the rest as much is known as without it.
  "web-page-for-an-array": [
    aStore({ "lat/.zarray": "<html>404</html>" }),
    { title: "a store", start_datetime: "2024-08-10T00:00:00Z" },
  ],
  "long-title": [aStore({}, { title: "long ".repeat(200_000), summary: "x".repeat(1e6) }), {}],
  markup: [
    aStore(
      {},
      {
        title: markup,
        summary: markup,
        history: `${script}\njavascript:alert(2)`,
        institution: markup,
        platform: markup,
        creator_name: `${markup}, Ada Lovelace`,
        creator_email: "javascript:alert(3)",
        keywords: `${markup}, __proto__, constructor`,
        references: `javascript:alert(4), data:text/html,${script}, https://example.org/"onmouseover="alert(5), ${script}`,
        license: markup,
        project: markup,
      },
    ),
    {},
  ],
  "sidecar-markup": [
    sidecar(
      `attributes:\n  title: ${JSON.stringify(script)}\n  references: "javascript:alert(6)"\n  history: ${JSON.stringify(script)}\n`,
    ),
    {},
  ],
};

const chromiumIsThere = Boolean(await chromium());

describe("a tree full of bad datasets", { timeout: 300_000 }, () => {
  const folders = useFolders();
  let cwd: string;
  // biome-ignore lint/suspicious/noExplicitAny: lines of JSON, each looked into by a test
  let events: any[];
  // biome-ignore lint/suspicious/noExplicitAny: the same
  let lines: any[];
  let stderr: string;

  beforeAll(async () => {
    const files: Record<string, string | Uint8Array> = { "plain.zarr": "a file by the name of a store" };
    for (const [name, [content]] of Object.entries({ ...failing, ...described })) {
      for (const [path, bytes] of Object.entries(content)) files[`${name}/${path}`] = bytes;
    }
    cwd = await folders({
      "campaign.yaml": `campaign: test\ntitle: ${JSON.stringify(script)}\n`,
      "tree.yaml": "",
      ...files,
    });
    const names = ["plain.zarr", ...Object.keys(failing), ...Object.keys(described)];
    await addAll(cwd, Object.fromEntries(names.map((name) => [`products/${name}`, name])));
    // A name in the tree is a contributor's to choose, too.
    await addAll(cwd, { [`products/${script.replaceAll("/", "|")}`]: "good" });
    const ran = await fieldtree(["publish", "--json"], { cwd });
    expect(ran.code, ran.stderr).toBe(0);
    expectWords(ran);
    [events, stderr] = [ran.json(), ran.stderr];
    lines = (await fieldtree(["scan", "--json"], { cwd })).json();
  }, 240_000);

  const line = (name: string) => lines.find(({ path }) => path === `products/${name}`);

  it.each(Object.keys(failing))("names %s as failed, with what is wrong in it, and publishes the rest", (name) => {
    const [, says] = failing[name]!;
    expect(line(name)?.failure, JSON.stringify(line(name))?.slice(0, 500)).toMatchObject({
      kind: "input",
      message: expect.stringMatching(says),
    });
    expect(events).toContainEqual(expect.objectContaining({ event: "failed", path: `products/${name}` }));
    expect(stderr).toContain(`warning: products/${name}: `);
  });

  it.each(Object.keys(described))("describes %s", (name) => {
    expect(line(name)?.item?.properties, JSON.stringify(line(name))?.slice(0, 500)).toMatchObject(described[name]![1]);
  });

  it("lists a file named like a store as the file it is", () => {
    expect(line("plain.zarr")).toMatchObject({ plain: { kind: "file", size: 29 } });
  });

  it("takes nothing from a prototype, and leads nowhere but to http(s)", () => {
    const published = JSON.stringify(lines);
    expect(published).not.toContain("stolen");
    for (const { item } of lines) {
      for (const { href } of item?.links ?? []) expect(href).toMatch(/^(https?:\/\/|\.\.?\/)/);
    }
    expect(line("long-title").item.properties.title.length).toBeLessThan(2000);
    expect(Buffer.byteLength(JSON.stringify(line("long-title")))).toBeLessThan(50_000);
  });

  it.skipIf(!data("stac-schemas"))("makes STAC that is valid all the same", async () => {
    await json(cwd, ["get", "ipns://test/stac", "-o", "stac"]);
    const files = await stacFiles(join(cwd, "stac"));
    expect(lintStac(files)).toEqual([]);
    const documents = [...files.values()].map((text) => JSON.parse(text));
    expect(documents.length).toBeGreaterThan(Object.keys(described).length);
    expect(await schemaErrors(documents, data("stac-schemas")!)).toEqual([]);
  });

  it.skipIf(!chromiumIsThere)("shows all of it in a page that does nothing that it says", async () => {
    const [browser, served] = await looking();
    const { page, complaints } = await visit(browser, served.portal);
    for (const { path } of lines) {
      const url = new URL(datasetPage(path).split("/").map(encodeURIComponent).join("/"), served.portal).href;
      // What could not be described has no page.
      if ((await fetch(url)).status === 404) continue;
      await page.goto(url);
      expect(await page.locator("body.dataset h1").isVisible()).toBe(true);
      for (const summary of await page.locator("summary:visible").all()) await summary.click();
      const made =
        "img, iframe, object, embed, base, body script:not([type=module]), [onerror], [onclick], [onmouseover]";
      expect({ path, made: await page.locator(made).count() }).toEqual({ path, made: 0 });
      const links = await page.locator("a").evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).protocol));
      expect(links.filter((protocol) => !["http:", "https:", "ipfs:"].includes(protocol))).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
      expect({ path, complaints }).toEqual({ path, complaints: [] });
    }
  });

  it.skipIf(!chromiumIsThere)("lists its files in a page that is no more than a list", async () => {
    const [browser, served] = await looking();
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    page.on("dialog", () => asked.push("dialog"));
    await page.goto(`${served.portal}tree/products/`);
    // biome-ignore lint/performance/useDomNodeTextContent: what a person sees is the point
    expect(await page.locator("body").innerText()).toContain("<img src=x onerror=");
    expect(await page.locator("img, script").count()).toBe(0);
    expect(new Set(asked)).toEqual(new Set([served.url]));
  });

  async function looking(): Promise<[Browser, Served]> {
    const both = await Promise.all([openChromium(), serving(cwd)]);
    onTestFinished(async () => void (await Promise.all([both[0].close(), both[1].stop()])));
    return both;
  }
});
