/** Sidecars of single files, and the JSON Schema that editors complete every sidecar by. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { load } from "js-yaml";
import { afterEach, describe, expect, it } from "vitest";
import { checkLocal } from "../../pipeline/cli/local/local-datasets.ts";
import type { Block } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { localFolder } from "../../pipeline/disk/folder.ts";
import { datasetMeta } from "../../pipeline/formats/dataset-meta.ts";
import type { FormatReader } from "../../pipeline/formats/reader.ts";
import { readSidecar } from "../../pipeline/formats/sidecar.ts";
import { findDatasets } from "../../pipeline/stages/scan/find-datasets.ts";
import { scan } from "../../pipeline/stages/scan/scan.ts";
import { facts } from "../fakes/descriptions.ts";
import { someParts } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";

const world = testWorld();
const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** Knows files that begin with `DATA `; what follows is the title. */
const reader: FormatReader = {
  name: "data",
  version: 1,
  files: {
    recognises: (start) => new TextDecoder().decode(start).startsWith("DATA "),
    describe: async (file) => ({
      attributes: { title: new TextDecoder().decode(await file.read(5, file.size)), license: "CC0-1.0" },
      dimensions: [],
      variables: [],
      time: { start: "2024-01-01T00:00:00Z", end: "2024-01-02T00:00:00Z", source: "values" },
      access: { format: "netcdf", model: "NETCDF4", groups: [] },
      findings: [],
    }),
  },
};
const readers = [reader, datasetMeta];

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "fieldtree-sidecar-"));
  made.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, "latin1");
  }
  return folder;
}

async function found(files: Readonly<Record<string, string>>) {
  const folder = folderOf(files);
  const open = (most: number) => localFolder(folder, most);
  return (await findDatasets({ cid: folder, size: 0, open }, readers, world)).found;
}

const png = "\x89PNG\r\n\x1a\n\0";
const titled = "attributes: {title: Radar}\nextent: {spatial: [-60, 5, -20, 18]}\n";

describe("the sidecar of a file", () => {
  it("makes a dataset of a file that no reader describes, whose media type its content gives", async () => {
    const [one, ...others] = await found({ "radar.jpg": png, "radar.jpg.meta.yaml": titled, "notes.txt": "notes" });
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      below: "radar.jpg",
      reader: "dataset-meta",
      description: {
        attributes: { title: "Radar" },
        place: { bounds: { west: -60, south: 5, east: -20, north: 18 }, source: "sidecar" },
        access: { format: "file", mediaType: "image/png" },
        findings: [],
      },
    });
  });

  it("overrides what a reader says of the file, and a finding names each difference", async () => {
    const sidecar = "attributes: {title: Sonde}\nextent: {temporal: [2024-02-01T00:00:00Z, 2024-02-02T00:00:00Z]}\n";
    const [one, ...others] = await found({ "sonde.nc": "DATA A", "sonde.nc.meta.yaml": sidecar });
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      below: "sonde.nc",
      reader: "data",
      description: {
        attributes: { title: "Sonde", license: "CC0-1.0" },
        time: { start: "2024-02-01T00:00:00Z", source: "sidecar" },
        access: { format: "netcdf" },
        findings: [
          {
            rule: "sidecar-disagrees",
            says: expect.stringContaining('sonde.nc.meta.yaml says "Sonde", the data say "A"'),
          },
          { rule: "sidecar-disagrees", says: expect.stringContaining("extent.temporal") },
        ],
      },
    });
  });

  it("fails its file with all mistakes at once, each with its line, and no other file", async () => {
    const wrong = "attributes: {title: A}\nextent:\n  spatial: [1, 2]\n  temporal: [yesterday, 2024-01-01]\n";
    const all = await found({ "a.png": png, "a.png.meta.yaml": wrong, "b.png": png, "b.png.meta.yaml": titled });
    expect(all.map(({ below }) => below)).toEqual(["a.png", "b.png"]);
    const message = expect.stringMatching(/^a\.png\.meta\.yaml has 2 mistakes: line 3: .*; line 4: .*"yesterday"/);
    expect(all[0]).toMatchObject({ reader: "dataset-meta", failure: { kind: "input", message } });
    expect(all[1]).toHaveProperty("description");
  });

  it("has to have a title only where no reader describes the file", async () => {
    const untitled = "attributes: {summary: A}\n";
    const all = await found({
      "a.png": png,
      "a.png.meta.yaml": untitled,
      "b.nc": "DATA B",
      "b.nc.meta.yaml": untitled,
    });
    expect(all).toMatchObject([
      { failure: { message: expect.stringContaining("a.png.meta.yaml has no title") } },
      { description: { attributes: { title: "B", summary: "A" } } },
    ]);
  });

  it("is listed with what is wrong where its file is not there, or is a folder", async () => {
    const files = { "radar.png.meta.yaml": titled, "photos.meta.yaml": titled, "photos/a.png": png };
    expect(await found(files)).toMatchObject([
      {
        below: "photos.meta.yaml",
        findings: [{ rule: "sidecar-alone", fix: "move it to photos/dataset_meta.yaml" }],
      },
      {
        below: "radar.png.meta.yaml",
        findings: [{ rule: "sidecar-alone", says: expect.stringContaining("radar.png, which is not in this folder") }],
      },
    ]);
  });

  it("is that of its file alone, not of an equal file under another name", async () => {
    const parts = await someParts();
    const put = (block: Block) => void blocks.push(block);
    const blocks: Block[] = [];
    const files = {
      "a.png": png,
      "a.png.meta.yaml": titled,
      "b.png": png,
      "b.png.meta.yaml": titled.replace("Radar", "B"),
    };
    const profile = profiles["cid-v1"];
    const linked = Object.entries(files).map(([name, text]) => ({
      name,
      ...fileOf(Buffer.from(text, "latin1"), profile, put),
    }));
    const { cid } = makeDirectory(linked, profile, put);
    await parts.home.put(blocks, world);
    const titles: unknown[] = [];
    for await (const { entries } of scan([{ path: "leaf", cid }], { ...parts, readers }, world))
      for (const entry of entries) titles.push([entry.path, entry.kind === "dataset" && entry.item.properties.title]);
    expect(titles).toEqual([
      ["leaf/a.png", "Radar"],
      ["leaf/b.png", "B"],
    ]);
  });

  it("counts where a folder or file is added as it does in a scan", async () => {
    const files = { "a.png": png, "a.png.meta.yaml": "attributes: 1", "b.png.meta.yaml": titled };
    const folder = folderOf(files);
    const all = await checkLocal(folder, { readers, facts }, world);
    expect(all.findings.map(({ rule }) => rule)).toEqual(["unreadable", "sidecar-alone"]);
    expect(all.unreadable).toBe(1);
    expect((await checkLocal(join(folder, "a.png"), { readers, facts }, world)).unreadable).toBe(1);
  });
});

describe("schemas/dataset_meta.schema.json", () => {
  const accepts = new Ajv2020({ allowUnionTypes: true }).compile(
    JSON.parse(readFileSync("schemas/dataset_meta.schema.json", "utf8")),
  );
  const isRead = (text: string) => {
    try {
      const { findings } = readSidecar(new TextEncoder().encode(text), { file: "a.meta.yaml", titled: false });
      return findings.every(({ rule }) => rule !== "sidecar-unknown");
    } catch {
      return false;
    }
  };

  const good = [
    titled,
    "attributes: {title: A, keywords: [a, b], creator: {name: B}, version: 1.10}",
    "attributes:\nextent:\n",
    "extent: {temporal: [2024-08-10, null]}",
    'extent: {temporal: ["..", 2024-08-10T12:00:00.5+02:00]}',
    "extent: {temporal: 2024-08-10/2024-08-11}",
    "extent: {temporal: [20240810, 20240811]}",
    "extent: {temporal: ~, spatial: null}",
    "extent: {spatial: '-60, 5, -20, 18'}",
    "extent: {spatial: [-60, 5, 0, -20, 18, 12000]}",
    'extent: {spatial: ["-60", "5", -2e1, .5e1]}',
  ];
  const bad = [
    "attributes: [title]",
    "title: A",
    "attributes: {}\nextend: {}",
    "extent: {spacial: [1, 2, 3, 4]}",
    "extent: [1, 2, 3, 4]",
    "extent: {temporal: [2024-08-10]}",
    "extent: {temporal: [yesterday, 2024-08-10]}",
    "extent: {temporal: 2024-08-10}",
    "extent: {spatial: [1, 2, 3]}",
    "extent: {spatial: [1, 2, 3, 4, 5]}",
    "extent: {spatial: [west, 2, 3, 4]}",
    "extent: {spatial: 1 2 3}",
  ];

  it.each(good)("accepts what is read: %s", (text) => {
    expect([isRead(text), accepts(load(text))]).toEqual([true, true]);
  });

  it.each(bad)("refuses what is refused, or not read: %s", (text) => {
    expect([isRead(text), accepts(load(text))]).toEqual([false, false]);
  });
});
