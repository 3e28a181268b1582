import { describe, expect, it } from "vitest";
import { type Observed, planOf } from "../../pipeline/core/plan.ts";

const leaves = [
  { path: "a", cid: "A", line: 1 },
  { path: "b", cid: "B", line: 2 },
];
const desired = { root: "root 2", leaves, madeWith: "v1" };
const head = {
  number: 1,
  root: "root 1",
  portal: "portal 1",
  madeWith: "v1",
  leaves: new Set(["A"]),
  paths: new Set(["a", "b"]),
};
const words = (observed: Observed) =>
  planOf(desired, observed).map((step) => (step.do === "hold" ? `hold ${step.path}` : step.do));

describe("planOf", () => {
  it("does everything where nothing was published, the release last", () => {
    expect(words({ kept: new Set() })).toEqual(["hold a", "hold b", "keep-tree", "keep-portal", "release"]);
  });

  it("holds only what is new since a root that is kept", () => {
    expect(words({ head, kept: new Set(["root 1", "portal 1"]) })).toEqual([
      "hold b",
      "keep-tree",
      "keep-portal",
      "release",
    ]);
  });

  it("holds everything again where the old root is not kept any more", () => {
    expect(words({ head, kept: new Set(["portal 1"]) })).toEqual([
      "hold a",
      "hold b",
      "keep-tree",
      "keep-portal",
      "release",
    ]);
  });

  it("goes on after the tree where a run stopped once it was kept", () => {
    expect(words({ head, kept: new Set(["root 2"]) })).toEqual(["keep-portal", "release"]);
  });

  it("has nothing to do where the root is live and kept", () => {
    const live = { ...head, root: "root 2", portal: "portal 2" };
    expect(words({ head: live, kept: new Set(["root 2", "portal 2"]) })).toEqual([]);
  });

  it("makes a new release of the same root when it would be described otherwise", () => {
    const live = { ...head, root: "root 2", madeWith: "v0" };
    expect(words({ head: live, kept: new Set(["root 2", "portal 1"]) })).toEqual(["keep-portal", "release"]);
  });

  it("makes a new release of the same root cut into other leaves", () => {
    const live = { ...head, root: "root 2", portal: "portal 2" };
    const kept = new Set(["root 2", "portal 2"]);
    for (const paths of [["a"], ["a", "b/c"], ["a", "b", "c"]]) {
      expect(words({ head: { ...live, paths: new Set(paths) }, kept })).toEqual(["keep-portal", "release"]);
    }
  });

  it("keeps a lost portal again without a new release", () => {
    const live = { ...head, root: "root 2" };
    const steps = planOf(desired, { head: live, kept: new Set(["root 2"]) });
    expect(steps).toEqual([{ do: "keep-portal", release: 1 }]);
  });

  it("has Kubos that lack peers told before anything is fetched, and no others", () => {
    const peers = [
      { node: "the node", missing: ["12D3KooA"] },
      { node: "mirror", missing: [] },
    ];
    const steps = planOf({ ...desired, peers }, { head, kept: new Set(["root 1", "portal 1"]) });
    expect(steps[0]).toEqual({ do: "peer", node: "the node", peers: ["12D3KooA"] });
    expect(steps.filter((step) => step.do === "peer")).toHaveLength(1);
  });
});
