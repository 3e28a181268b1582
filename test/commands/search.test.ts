/** `search`: what people and programs get, in a clone and from anywhere. */
import { describe, expect, it } from "vitest";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const sidecar = (title: string, more: string) => `attributes: { title: ${title}, ${more} }\n`;
const files = {
  "camera/dataset_meta.yaml": `${sidecar("Cloud camera", "platform: HALO, creator_name: Ada Lovelace")}extent: { spatial: [-60, 10, -50, 15], temporal: [2024-08-18T10:00:00Z, 2024-08-18T18:00:00Z] }\n`,
  "camera/20240818.mp4": "not really a video",
  "radar/dataset_meta.yaml": `${sidecar('"Cloud \\e[31mradar"', "platform: Meteor")}extent: { spatial: [170, -10, -170, 10], temporal: [2024-09-01T00:00:00Z, 2024-09-30T00:00:00Z] }\n`,
  "notes.txt": "read me",
};

/** One campaign, published once: what is asked of it changes nothing. */
async function published() {
  const cwd = await aCampaign(files);
  for (const [from, to] of [
    ["camera", "products/HALO/camera"],
    ["radar", "products/Meteor/radar"],
    ["notes.txt", "raw/notes.txt"],
  ] as const) {
    const added = await fieldtree(["add", from, "--at", to], { cwd });
    expect(added.code, added.stderr).toBe(0);
  }
  const done = await fieldtree(["publish", "--json"], { cwd });
  expect(done.code, done.stderr).toBe(0);
  return { cwd, portal: done.json().at(-1).portal as string };
}

describe("search", () => {
  it("prints a line a hit with the CID of the tree, then how many there are", async () => {
    const { cwd, portal } = await published();
    const ask = async (...args: string[]) => {
      const { code, stderr, json } = await fieldtree(["search", "--json", ...args], { cwd });
      expect(code, stderr).toBe(0);
      expectSchema("search", json());
      return json();
    };
    const [hit, summary] = await ask("camera");
    const listed = await fieldtree(["ls", "products/HALO", "--json"], { cwd });
    expect(hit).toEqual({
      path: "products/HALO/camera",
      cid: listed.json()[0].cid,
      title: "Cloud camera",
      kind: "dataset",
      time: ["2024-08-18T10:00:00Z", "2024-08-18T18:00:00Z"],
      bbox: [-60, 10, -50, 15],
      platform: "HALO",
      format: "dataset-meta",
    });
    expect(summary).toEqual({ hits: 1, total: 1 });
    const paths = async (...args: string[]) => (await ask(...args)).flatMap(({ path }) => path ?? []);
    const [camera, radar, notes] = ["products/HALO/camera", "products/Meteor/radar", "raw/notes.txt"];
    expect(await paths()).toEqual([notes, radar, camera]);
    expect(await paths("lovelace", "2024-08-18")).toEqual([camera]);
    expect(await paths("--from", "2024-08-18", "--until", "2024-08-18")).toEqual([camera]);
    // Inclusive, and on the other side of the antimeridian.
    expect(await paths("--bbox", "-50,15,0,20")).toEqual([camera]);
    expect(await paths("--bbox", "175,-1,-175,1")).toEqual([radar]);
    expect(await ask("cloud", "--limit", "1")).toMatchObject([{ path: radar }, { hits: 1, total: 2 }]);
    expect(await ask("nowhere")).toEqual([{ hits: 0, total: 0 }]);
    expect(await ask("camra")).toMatchObject([
      { path: camera },
      { corrected: [{ typed: "camra", searched: "camera" }] },
    ]);

    const text = await fieldtree(["search", "cloud"], { cwd });
    expect(text.stdout).toMatch(
      /^products\/Meteor\/radar\n {2}Cloud \[31mradar · 2024-09-01 to 2024-09-30 · 10° S to 10° N, 170° E to 170° W · Meteor · dataset-meta\n {2}ipfs:\/\/ba/,
    );
    expect(text.stdout).toMatch(/\n2 found\n$/);

    const named = await fieldtree(["search", "camera", "--in", `ipns://test`, "--json"], { cwd });
    expect(named.json()).toEqual([hit, summary]);
    const bare = await fieldtree(["search", "camera", "--in", portal, "--json"], { cwd });
    expect(bare.json()).toEqual([hit, summary]);
  });
});
