/** The page for contributors: files become the CID that `fieldtree add` gives them, and nothing is sent. */
import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addHere } from "../../browser/contribute/add.ts";
import { describeHere } from "../../browser/contribute/describe.ts";
import { editedTree } from "../../browser/contribute/tree-edit.ts";
import { datasetMain } from "../../pipeline/core/page/page.ts";
import { assemble } from "../../pipeline/dag/assemble.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { browser as app } from "../../pipeline/views/browser/browser.ts";
import { pages } from "../../pipeline/views/pages.ts";
import { facts } from "../fakes/descriptions.ts";
import { smallNetcdf, smallSonde } from "../fakes/netcdf3.ts";
import { aCid, aRelease } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";
import { chromium, openChromium } from "../servers/chromium.ts";
import { axeViolations } from "./axe.ts";
import { type PortalServer, portalOf, servePortals } from "./portal-server.ts";

const sha256 = async (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
const options = { sha256, signal: new AbortController().signal, onProgress: () => undefined };
const profile = profiles["cid-v1"];
const put = () => undefined;
const sonde = smallSonde("2024-08-31T12:59:02Z", [-23, 7]);
const blob = (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>]);

describe("what is dropped", () => {
  it.each([0, 1, 262_144, 262_145, 3_000_000])("is the file that nodes make of it: %i bytes", async (size) => {
    const bytes = new Uint8Array(size).map((_, i) => i % 251);
    const { root, get } = await addHere(
      { name: "a", isFolder: false, files: [{ path: "", file: blob(bytes) }] },
      options,
    );
    expect(root).toEqual((({ cid, tsize }) => ({ cid, tsize, size }))(fileOf(bytes, profile, put)));
    expect((await get(root.cid)).length).toBeGreaterThan(-1);
  });

  it("is the folder that nodes make of it", async () => {
    const files = ["b.nc", "a/ü.txt", "a/b/c"].map((path) => ({ path, bytes: new TextEncoder().encode(path) }));
    const dropped = { name: "x", isFolder: true, files: files.map(({ path, bytes }) => ({ path, file: blob(bytes) })) };
    const leaves = files.map(({ path, bytes }) => ({ path, ...fileOf(bytes, profile, put) }));
    const { cid } = assemble(leaves, profile, put);
    expect((await addHere(dropped, options)).root.cid.toString()).toBe(cid.toString());
    // As `fieldtree add` does, it has the folders in which there is nothing.
    const empty = { path: "a/empty", ...makeDirectory([], profile, put) };
    const more = assemble([...leaves, empty], profile, put);
    expect((await addHere({ ...dropped, folders: ["a", "a/empty"] }, options)).root.cid).toEqual(more.cid);
  });

  it("is read a few chunks at a time, however large it is", async () => {
    let [open, most] = [0, 0];
    // A gigabyte that is nowhere: only what is asked for exists.
    const file = {
      size: 2 ** 30,
      slice: (from: number, to: number) => ({
        async arrayBuffer() {
          open += to - from;
          most = Math.max(most, open);
          await null;
          open -= to - from;
          return new ArrayBuffer(Math.min(to, 2 ** 30) - from);
        },
      }),
    } as unknown as Blob;
    const quick = { ...options, sha256: async () => new Uint8Array(32) };
    const { size } = await addHere({ name: "a", isFolder: false, files: [{ path: "", file }] }, quick);
    expect(size).toBe(2 ** 30);
    expect(most).toBeLessThanOrEqual(8 * profile.chunkSize);
  });

  it("is described as a scan describes it", async () => {
    const added = await addHere({ name: "D1.nc", isFolder: false, files: [{ path: "", file: blob(sonde) }] }, options);
    const seen = await describeHere(added, "raw/D1.nc", facts, testWorld());
    if (seen.kind !== "dataset") throw new Error(seen.kind);
    expect(seen.about).toMatchObject({ reader: "netcdf", cid: added.root.cid.toString(), path: "raw/D1.nc" });
    const shown = datasetMain(seen.about).text;
    expect(shown).toContain("2024-08-31");
    // It is in no portal, and links to no file of one.
    expect(shown).not.toContain("stac/");
  });

  it("has the findings that a scan has, each problem one time", async () => {
    // Its reader knows why it has no place.
    const bytes = smallNetcdf({
      lat: { attributes: { units: "degrees_north" }, values: [1e9, 1e9, 1e9] },
      lon: { attributes: { units: "degrees_east" }, values: [1, 2, 3] },
    });
    const added = await addHere({ name: "a.nc", isFolder: false, files: [{ path: "", file: blob(bytes) }] }, options);
    const seen = await describeHere(added, "a.nc", facts, testWorld());
    if (seen.kind !== "dataset") throw new Error(seen.kind);
    const rules = seen.about.findings.map(({ rule }) => rule);
    expect(rules).toContain("no-place");
    expect(rules).toEqual([...new Set(rules)]);
  });

  it("says of what no reader knows that it is listed without a description", async () => {
    const added = await addHere(
      { name: "x", isFolder: false, files: [{ path: "", file: blob(new Uint8Array(9)) }] },
      options,
    );
    expect(await describeHere(added, "x", facts, testWorld())).toEqual({ kind: "plain" });
  });

  it("has a line for tree.yaml, with the folders above it", () => {
    const cid = aCid("x").toString();
    expect(editedTree("products:\n  a: Qm\n", "products/HALO/x.nc", cid)).toEqual({
      text: `products:\n  a: Qm\n  HALO:\n    x.nc: ${cid}\n`,
      lines: `products:\n  HALO:\n    x.nc: ${cid}\n`,
    });
  });
});

const haveChromium = await chromium();

describe.skipIf(!haveChromium)("contribute.html", { timeout: 240_000 }, () => {
  let browser: Browser;
  let server: PortalServer;
  beforeAll(async () => {
    const content = {
      draft: aRelease(1),
      tree: { cid: aCid("t"), tsize: 1 },
      source: { cid: aCid("s"), tsize: 1 },
      entries: [],
      campaign: facts,
    };
    const files = portalOf([app, pages], content);
    files.set("tree.yaml", "products:\n  a: Qm\n");
    server = await servePortals(new Map([["ipfs/x", files]]));
    browser = await openChromium();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it("shows what the plan of a pull request would publish, dropped or linked, and makes nothing of it but text", async () => {
    const evil = "<img src=x onerror=alert(1)>";
    const plan = {
      state: "ready",
      root: { from: null, to: aCid("root").toString() },
      changes: [
        {
          op: "add",
          path: "products/HALO/x.zarr",
          to: aCid("x").toString(),
          line: 3,
          size: 1234,
          datasets: [
            {
              path: "products/HALO/x.zarr",
              title: `Radar ${evil}`,
              variables: ["dbz"],
              start: "2024-08-18T10:00:00Z",
              end: "2024-08-18T12:00:00Z",
              bbox: [-60, 10, -55, 15],
              differs: [evil],
            },
          ],
        },
      ],
      findings: [
        { level: "warning", rule: "small-chunks", line: 3, file: "tree.yaml", says: `chunks are small ${evil}` },
      ],
    };
    server.mounts.set(
      "ipfs/plans",
      new Map([
        ["plan.json", JSON.stringify(plan)],
        ["none.json", "{}"],
      ]),
    );
    const page = await browser.newPage({ bypassCSP: true });
    const expectPlan = async () => {
      await page.waitForSelector("#plan-title");
      const shown = await page.locator("#result").textContent();
      for (const text of [
        aCid("root").toString(),
        "add products/HALO/x.zarr",
        "1.2 kB",
        `Radar ${evil}`,
        "2024-08-18 · dbz",
        "tree.yaml:3",
      ])
        expect(shown).toContain(text);
      expect(await page.locator("#result svg.picture path").count()).toBe(1);
      expect(await page.locator("#result img").count()).toBe(0);
    };
    await page.goto(`${server.url}/ipfs/x/contribute.html?plan=/ipfs/plans/plan.json`);
    await expectPlan();
    expect(await axeViolations(page, { preload: false })).toEqual([]);
    // As the comment on a pull request has it: in the fragment, which is sent to no server.
    const packed = deflateRawSync(JSON.stringify({ ...plan, moreChanges: 7, portal: aCid("portal").toString() }));
    await page.goto(`${server.url}/ipfs/x/contribute.html#plan=${packed.toString("base64url")}`);
    await expectPlan();
    expect(await page.locator("#result").textContent()).toContain("and 7 more");
    expect(await page.getAttribute("#result a", "href")).toBe(`${server.url}/ipfs/${aCid("portal")}/index.html`);
    await page.goto(`${server.url}/ipfs/x/contribute.html#plan=${packed.toString("base64url").slice(0, 60)}`);
    await expect.poll(() => page.locator("#progress").textContent()).toContain("no plan of a pull request");
    await page.goto(`${server.url}/ipfs/x/contribute.html?plan=/ipfs/plans/none.json`);
    await expect.poll(() => page.locator("#progress").textContent()).toContain("no plan of a pull request");
    await page.setInputFiles("#file", {
      name: "plan.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(plan)),
    });
    await expectPlan();
    await page.close();
  });

  it("shows CID, line and preview of a chosen file, and sends nothing of it", async () => {
    const page = await browser.newPage({ bypassCSP: true });
    page.setDefaultTimeout(120_000);
    const [complaints, sent]: string[][] = [[], []];
    page.on("pageerror", ({ message }) => complaints!.push(message));
    page.on("request", (request) => request.method() !== "GET" && sent!.push(request.url()));
    await page.goto(`${server.url}/ipfs/x/contribute.html`);
    await page.setInputFiles("#file", {
      name: "D1.nc",
      mimeType: "application/octet-stream",
      buffer: Buffer.from(sonde),
    });
    await page.locator("#result h2").first().waitFor();
    const cid = fileOf(sonde, profile, put).cid.toString();
    expect(await page.locator("#result pre").first().textContent()).toBe(cid);
    await page.fill("#at", "raw/D1.nc");
    expect(await page.locator("#result pre >> nth=1").textContent()).toBe(`raw:\n  D1.nc: ${cid}\n`);
    await page.fill("#repository", "orcestra/tree");
    expect(await page.locator("#edit").getAttribute("href")).toBe(
      "https://github.com/orcestra/tree/edit/main/tree.yaml",
    );
    expect(await page.locator(".preview").textContent()).toContain("2024-08-31");
    expect([complaints, sent]).toEqual([[], []]);
    expect(await axeViolations(page)).toEqual([]);
    await page.close();

    const german = await browser.newPage({ locale: "de-DE" });
    await german.goto(`${server.url}/ipfs/x/contribute.html`);
    await expect.poll(() => german.locator("h1").textContent()).toBe("Daten beitragen");
    await german.setInputFiles("#file", {
      name: "D1.nc",
      mimeType: "application/octet-stream",
      buffer: Buffer.from(sonde),
    });
    await expect.poll(() => german.locator("#result h2").allTextContents()).toContain("Was die Welt sehen wird");
    expect(await german.locator("#result h2").allTextContents()).toContain("Variablen");
    await german.close();
  });
});
