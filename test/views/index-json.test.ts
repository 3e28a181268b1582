import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Description } from "../../pipeline/core/dataset/dataset.ts";
import type { Entry } from "../../pipeline/core/stac/catalog-entry.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { noVersions } from "../../pipeline/core/versions/versions.ts";
import { indexJson, mostListed } from "../../pipeline/views/index-json.ts";
import { stac } from "../../pipeline/views/stac.ts";
import { expectSchema } from "../commands/schemas.ts";
import { anyDescription } from "../fakes/descriptions.ts";
import { someFacts } from "../fakes/parts.ts";
import { byPath } from "../fakes/portal-files.ts";
import { aCid, aRelease } from "../fakes/release.ts";

const standing = { cid: aCid("tree"), tsize: 1 };
const contentOf = (entries: readonly Entry[]) => ({
  draft: aRelease(1),
  tree: standing,
  source: standing,
  entries,
  campaign: someFacts,
});

function entryOf(path: string, description: Description): Entry {
  const cid = aCid(path).toString();
  const { item, findings } = itemOf({ path, cid, tsize: 1000, reader: "zarr", description }, someFacts);
  return { kind: "dataset", path, cid, reader: "zarr", item, findings };
}

const indexOf = (entries: readonly Entry[]) =>
  byPath(indexJson.render({}, contentOf(entries))).get("index.json") as string;

describe("index.json", () => {
  it("is what its schema says, whatever the datasets say of themselves", () => {
    fc.assert(
      fc.property(fc.array(anyDescription, { maxLength: 4 }), (all) => {
        const index = JSON.parse(indexOf(all.map((description, i) => entryOf(`a/${i}`, description))));
        expectSchema("index", [index]);
      }),
      { numRuns: 200 },
    );
  });

  it("names for each dataset an item that is in the portal", () => {
    fc.assert(
      fc.property(anyDescription, fc.stringMatching(/^[^/\0]{1,20}$/), (description, name) => {
        fc.pre(name !== "." && name !== "..");
        const entries = [entryOf(`products/${name}`, description)];
        const { item } = JSON.parse(indexOf(entries)).datasets[0];
        expect(Array.from(stac.render({ versions: noVersions }, contentOf(entries)), ({ path }) => path)).toContain(
          item,
        );
      }),
    );
  });

  it("lists failures and plain leaves too, so that nothing in the tree is undiscoverable", () => {
    const cid = aCid("x").toString();
    const index = JSON.parse(
      indexOf([
        { kind: "failed", path: "a", cid, reader: "zarr", failure: { kind: "input", message: "no" } },
        {
          kind: "plain",
          path: "b",
          cid,
          plain: { kind: "file", size: 3, media: { name: "PNG image", mediaType: "image/png" } },
        },
      ]),
    );
    expectSchema("index", [index]);
    expect(index).toMatchObject({
      datasets: [],
      failed: [{ path: "a", says: "no" }],
      plain: [{ path: "b", kind: "file", size: 3, media: { name: "PNG image", mediaType: "image/png" } }],
    });
  });

  it("of very many entries has their numbers and where search is, in a kilobyte", () => {
    const cid = aCid("x").toString();
    const plain = { kind: "file", size: 3 } as const;
    const some = (count: number): Entry[] =>
      Array.from({ length: count }, (_, i) => ({ kind: "plain", path: `files/${i}`, cid, plain }));
    expect(JSON.parse(indexOf(some(mostListed))).plain).toHaveLength(mostListed);
    const bounded = indexOf(some(mostListed + 1));
    expectSchema("index", [JSON.parse(bounded)]);
    expect(bounded.length).toBeLessThan(1000);
    expect(JSON.parse(bounded)).toMatchObject({
      datasets: [],
      unlisted: { datasets: 0, plain: mostListed + 1, failed: 0 },
      search: "search/index.json",
    });
  });

  it("takes at most 700 bytes a dataset, gzipped, of a long track with all attributes", () => {
    const entries = Array.from({ length: 100 }, (_, i) =>
      entryOf(`products/HALO/HALO-${i}/radar.zarr`, aRichDataset(i)),
    );
    const index = JSON.parse(indexOf(entries));
    expect(index.datasets[0].geometry.coordinates.length).toBeGreaterThan(10);
    expect(gzipSync(indexOf(entries)).length / entries.length).toBeLessThan(700);
  });
});

/** As rich as a real one: 2 000 points, 30 variables, creators, keywords; no two alike. */
function aRichDataset(seed: number): Description {
  let state = seed * 7919 + 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const word = () => random().toString(36).slice(2, 9);
  const track = Array.from({ length: 2000 }, (_, i) => [-60 + i / 50 + random(), 5 + random() * 10] as const);
  const names = Array.from({ length: 30 }, word);
  return {
    attributes: {
      title: `Cloud radar of flight ${seed} ${word()} ${word()}`,
      summary: Array.from({ length: 60 }, word).join(" "),
      creator_name: `${word()} ${word()}, ${word()} ${word()}`,
      keywords: Array.from({ length: 8 }, word).join(", "),
      platform: "HALO",
      license: "CC-BY-4.0",
    },
    dimensions: [{ name: "time", size: 30_000, kind: "time" }],
    variables: names.map((name) => ({
      name,
      dimensions: ["time"],
      shape: [30_000],
      type: "float32",
      role: "data",
      unit: "m s-1",
      standardName: "air_temperature",
    })),
    time: { start: `2024-08-10T09:${10 + (seed % 50)}:00Z`, end: "2024-08-10T18:00:00Z", source: "values" },
    place: {
      bounds: { west: -60, south: 5, east: -19, north: 15 },
      geometry: { type: "LineString", coordinates: track },
      source: "values",
    },
    access: { format: "zarr", version: 2, consolidated: true, groups: [] },
    findings: [],
  };
}
