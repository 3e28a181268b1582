/** `search`: what people and programs get, in a clone and for any portal. */
import { describe, expect, it } from "vitest";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const sidecar = (attributes: string, extent: string) => `attributes: { ${attributes} }\nextent: { ${extent} }\n`;
const files = {
  "data/HALO/camera/dataset_meta.yaml": sidecar(
    "title: Cloud camera, platform: HALO, creator_name: Ada Lovelace",
    "spatial: [-60, 10, -50, 15], temporal: [2024-08-18T10:00:00Z, 2024-08-18T18:00:00Z]",
  ),
  "data/HALO/camera/20240818.mp4": "not really a video",
  "data/Meteor/radar/dataset_meta.yaml": sidecar(
    'title: "Cloud \\e[31mradar", platform: Meteor',
    "spatial: [170, -10, -170, 10], temporal: [2024-09-01T00:00:00Z, 2024-09-30T00:00:00Z]",
  ),
};
const [camera, radar] = ["products/HALO/camera", "products/Meteor/radar"];

/** One leaf with two datasets, in release 1. */
async function published() {
  const cwd = await aCampaign(files);
  const added = await fieldtree(["add", "data", "--at", "products"], { cwd });
  expect(added.code, added.stderr).toBe(0);
  const done = await fieldtree(["publish", "--json"], { cwd });
  expect(done.code, done.stderr).toBe(0);
  return { cwd, portal: done.json().at(-1).portal as string };
}

describe("search", () => {
  it("prints a line a hit with the CID of the tree, then how many there are; nothing found is no failure", async () => {
    const { cwd, portal } = await published();
    const ask = async (...args: string[]) => {
      const { code, stderr, json } = await fieldtree(["search", "--json", ...args], { cwd });
      expect(code, stderr).toBe(0);
      expectSchema("search", json());
      return json();
    };
    const [hit, summary] = await ask("camera", "--from", "2024-08-18", "--until", "2024-08-18");
    const listed = await fieldtree(["ls", "products/HALO", "--json"], { cwd });
    expect(hit).toEqual({
      path: camera,
      cid: listed.json()[0].cid,
      title: "Cloud camera",
      kind: "dataset",
      time: ["2024-08-18T10:00:00Z", "2024-08-18T18:00:00Z"],
      bbox: [-60, 10, -50, 15],
      platform: "HALO",
      format: "dataset-meta",
    });
    expect(summary).toEqual({ hits: 1, total: 1 });
    expect(await ask("cloud", "--limit", "1")).toMatchObject([{ path: radar }, { hits: 1, total: 2 }]);
    // Inclusive at its corner, and on the other side of the antimeridian.
    expect(await ask("--bbox", "-50,15,0,20")).toMatchObject([{ path: camera }, { total: 1 }]);
    expect(await ask("--bbox", "175,-1,-175,1")).toMatchObject([{ path: radar }, { total: 1 }]);
    expect(await ask("nowhere", "--in", "ipns://test")).toEqual([{ hits: 0, total: 0 }]);
    expect(await ask("camra", "--in", portal)).toMatchObject([
      { path: camera },
      { corrected: [{ typed: "camra", searched: "camera" }] },
    ]);

    // Nothing has the word "near": read as a question, as the portal's page does, in the year that the campaign has data.
    expect(await ask("camera near 55 W in August")).toMatchObject([
      { path: camera },
      { total: 1, understood: { words: "camera", from: "2024-08-01", until: "2024-08-31" } },
    ]);
    expect(await ask("camera near 55 W in September")).toEqual([{ hits: 0, total: 0 }]);
    const asked = await fieldtree(["search", "camera in August"], { cwd });
    expect(asked.stdout).toContain(
      "nothing has all of these words; searched for camera · 2024-08-01 to 2024-08-31\n1 found",
    );

    const { stdout } = await fieldtree(["search", "cloud"], { cwd });
    expect(stdout).toMatch(
      /^products\/Meteor\/radar\n {2}Cloud \[31mradar · 2024-09-01 to 2024-09-30 · 10° S to 10° N, 170° E to 170° W · Meteor · Files\n {2}ipfs:\/\/ba/,
    );
    expect(stdout).toMatch(/\n2 found\n$/);
  }, 300_000);
});
