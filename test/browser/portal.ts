/** A made-up campaign as the portal that its views give, behind our own gateway, and a browser's page on it. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import type { Description } from "../../pipeline/core/dataset/dataset.ts";
import type { Json } from "../../pipeline/core/json.ts";
import type { DatasetEntry, Entry } from "../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { browser as browserView } from "../../pipeline/views/browser/browser.ts";
import { history } from "../../pipeline/views/history.ts";
import { indexJson } from "../../pipeline/views/index-json.ts";
import { search } from "../../pipeline/views/search/search.ts";
import type { Past, States, View } from "../../pipeline/views/view.ts";
import { described, dropsondes, facts } from "../fakes/descriptions.ts";
import { aChain, aCid, aRelease } from "../fakes/release.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";
import { type Content, gateway, memory } from "../serve/gateway.ts";

/** A dataset of a day at a place, by a platform. */
export interface Made {
  readonly path: string;
  readonly title: string;
  readonly platform?: string;
  readonly day?: string;
  /** Degrees. */
  readonly at?: readonly [longitude: number, latitude: number];
  readonly attributes?: Readonly<Record<string, Json>>;
  readonly standardName?: string;
}

export function made({
  path,
  title,
  platform,
  day,
  at,
  attributes = {},
  standardName = "air_temperature",
}: Made): DatasetEntry {
  const [x, y] = at ?? [0, 0];
  const { time: _, place: __, ...rest } = dropsondes;
  const description: Description = {
    ...rest,
    attributes: {
      title,
      ...(platform !== undefined && { platform }),
      creator_name: "Ada Lovelace",
      license: "CC BY 4.0",
      ...attributes,
    },
    variables: dropsondes.variables.map((each) => (each.name === "ta" ? { ...each, standardName } : each)),
    ...(day !== undefined && {
      time: { start: `${day}T10:00:00Z`, end: `${day}T18:30:00Z`, source: "values" as const },
    }),
    ...(at && {
      place: {
        bounds: { west: x - 2, south: y - 1, east: x + 2, north: y + 1 },
        geometry: { type: "LineString" as const, coordinates: [[x - 2, y - 1], [x, y + 1], [x + 2, y]] as [number, number][] }, // biome-ignore format: a track
        source: "values" as const,
      },
    }),
  };
  const { cid, reader } = described(path, description);
  return { kind: "dataset", path, cid, reader, ...itemOf(described(path, description), facts) };
}

const { cid } = described("");

export const failed = (path: string, message: string): Entry => ({
  kind: "failed",
  path,
  cid,
  reader: "zarr",
  failure: { kind: "input", message },
});

export const plain = (path: string, size: number): Entry => ({
  kind: "plain",
  path,
  cid,
  plain: { kind: "file", size },
});

/** Twelve datasets of three platforms, a file, and one that can't be read. */
export const campaign: readonly Entry[] = [
  ...["2024-08-11", "2024-08-18", "2024-09-03", "2024-09-10"].flatMap((day, i) => [
    made({
      path: `products/HALO/dropsondes/${day}.zarr`,
      title: `Dropsondes of HALO, ${day}: temperature, humidity and winds below the aircraft`,
      platform: "HALO",
      day,
      at: [-25 - 3 * i, 9 + i],
      attributes: { project: "PERCUSION", instrument: "Vaisala RD41", processing_level: "Level 3" },
    }),
    made({
      path: `products/HALO/radar/${day}.zarr`,
      title: `Cloud radar, ${day}`,
      platform: "HALO",
      day,
      at: [-25 - 3 * i, 9 + i],
      attributes: { project: "PERCUSION", instrument: "HAMP", license: "CC0-1.0" },
      standardName: "equivalent_reflectivity_factor",
    }),
  ]),
  ...["2024-08-20", "2024-09-05"].map((day, i) =>
    made({
      path: `products/METEOR/radiosondes_${day}.zarr`,
      title: `Radiosondes from RV Meteor, ${day}`,
      platform: "RV Meteor",
      day,
      at: [-35 - 10 * i, 8],
      attributes: { project: "BOW-TIE" },
    }),
  ),
  made({
    path: "products/BCO/lidar.zarr",
    title: "Raman lidar at Deebles Point",
    platform: "BCO",
    day: "2024-08-25",
    at: [-59.4, 13.2],
    standardName: "relative_humidity",
  }),
  made({ path: "products/BCO/notes.zarr", title: "Notes without a time" }),
  plain("README.md", 1234),
  failed("products/BCO/broken.zarr", "time has no units, so its values can't be dated"),
];

const past: readonly Past[] = aChain([
  campaign.slice(0, -3).map(({ path }) => ({ op: "add" as const, path, to: "A" })),
  [{ op: "update", path: "products/BCO/lidar.zarr", from: "A", to: "B" }],
]);

/** Files by path. */
export function portalFiles(
  entries: readonly Entry[] = campaign,
  title = "ORCESTRA",
): ReadonlyMap<string, string | Uint8Array> {
  const draft = aRelease(3, {
    changes: entries.slice(-3).map(({ path }) => ({ op: "add" as const, path, to: "C" })),
  });
  const content = {
    draft,
    tree: { cid: aCid("tree"), tsize: 1 },
    source: { cid: aCid("tree.yaml"), tsize: 1 },
    entries,
    campaign: { ...facts, title },
  };
  const files = new Map<string, string | Uint8Array>();
  const render = <Of extends States>(view: View<Of>) => {
    for (const { path, content: bytes } of filesOf(view, statesAfter(view, past), content))
      if (typeof bytes === "string" || bytes instanceof Uint8Array) files.set(path, bytes);
  };
  render(browserView);
  render(indexJson);
  render(history);
  render(search);
  for (const { kind, path } of entries.slice(0, 50))
    if (kind === "dataset")
      files.set(`datasets/${path}/index.html`, `<!doctype html><link rel="icon" href="data:,"><title>${path}</title>`);
  return files;
}

/** The portal behind our own gateway, so that what it sends as headers is part of what is tried. */
export async function servedPortal(files = portalFiles()): Promise<string> {
  const { node, add } = memory();
  type Folder = { [name: string]: Content };
  const root: Folder = {};
  for (const [path, bytes] of files) {
    const names = path.split("/");
    const last = names.pop() ?? "";
    let at = root;
    for (const name of names) {
      at[name] ??= {};
      at = at[name] as Folder;
    }
    at[last] = bytes;
  }
  const portal = add(root);
  const { url } = await gateway(node, { resolve: async () => ({ cid: portal }), campaign: "orcestra" });
  return `${url}/ipns/orcestra/`;
}

export interface Visited {
  readonly page: Page;
  /** Addresses that were requested. */
  readonly requests: readonly string[];
  /** Bytes that were received. */
  bytes(): Promise<number>;
}

/** Every complaint of the browser, and every request to another host, fails the test. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visited> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  const sizes: Promise<number>[] = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    requests.push(request.url());
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== new URL(url).origin)
      complaints.push(`requested ${request.url()}`);
  });
  page.on("response", (response) => {
    sizes.push(response.body().then(({ length }) => length, () => 0)); // biome-ignore format: of a navigation there is no body
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(url);
  return { page, requests, bytes: async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) };
}
