/** Every view that a portal consists of, held to what a view promises. */
import { describe, expect, it } from "vitest";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import type { Content } from "../../pipeline/views/view.ts";
import { views } from "../../pipeline/views/views.ts";
import { viewContract } from "../contracts/view.ts";
import { described, facts } from "../fakes/descriptions.ts";
import { aChain, aCid, aRelease } from "../fakes/release.ts";

const paths = ["products/HALO/radar.zarr", "products/HALO/sondes.zarr", "raw/KITE/track"];
const content: Content = {
  draft: aRelease(4, { changes: [{ op: "add", path: "raw/KITE/track", to: "T" }] }),
  tree: { cid: aCid("tree"), tsize: 100 },
  source: { cid: aCid("tree.yaml"), tsize: 100 },
  entries: paths.map((path) => {
    const { cid, reader } = described(path);
    return { kind: "dataset", path, cid, reader, ...itemOf(described(path), facts) };
  }),
  campaign: facts,
};
const past = aChain([
  [{ op: "add", path: "products/HALO/radar.zarr", to: "A" }],
  [{ op: "move", path: "products/HALO/sondes.zarr", from: "products/HALO/radar.zarr", to: "A" }],
  [{ op: "update", path: "products/HALO/sondes.zarr", from: "A", to: "B" }],
]);

describe.each(views.map((view) => [view.name, view] as const))("%s", (_, view) => {
  viewContract(view, past, content);
});

it("no two views write the same file", () => {
  const files = views.flatMap((view) => {
    const state = past.reduce((before, release) => view.step(before, release), view.empty);
    return Array.from(view.render(state, content), ({ path }) => path);
  });
  expect(new Set(files).size).toBe(files.length);
});
