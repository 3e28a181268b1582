/** Every view that a portal consists of, held to what a view promises. */
import { describe, expect, it } from "vitest";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import { emptyStates, foldsOf, rendered, withRelease } from "../../pipeline/views/folds.ts";
import type { Content, Fold, View } from "../../pipeline/views/view.ts";
import { views } from "../../pipeline/views/views.ts";
import { viewContract } from "../contracts/view.ts";
import { described, facts } from "../fakes/descriptions.ts";
import { aChain, aCid, aRelease } from "../fakes/release.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";

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
  const files = views.flatMap((view) => filesOf(view, statesAfter(view, past), content).map(({ path }) => path));
  expect(new Set(files).size).toBe(files.length);
});

it("a state that several views render is folded once for all of them", () => {
  let steps = 0;
  const fold: Fold<number> = {
    ...{ name: "count", version: 1, empty: 0 },
    step(count) {
      steps++;
      return count + 1;
    },
  };
  const counting = (name: string): View<{ readonly count: number }> => ({
    name,
    version: 1,
    states: { count: fold },
    render: ({ count }) => [{ path: name, content: String(count) }],
  });
  const both = [counting("a"), counting("b")];
  const folds = foldsOf(both);
  const states = past.reduce((before, { release }) => withRelease(folds, before, { release }), emptyStates(folds));
  expect([steps, states]).toEqual([past.length, { count: past.length }]);
  expect(both.flatMap((view) => [...rendered(view, states, content)])).toEqual([
    { path: "a", content: "3" },
    { path: "b", content: "3" },
  ]);
  const other: View<{ readonly count: number }> = { ...counting("c"), states: { count: { ...fold } } };
  expect(() => foldsOf([...both, other])).toThrow("two states of views are named count");
});
