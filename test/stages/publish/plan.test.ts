import { describe, expect, it } from "vitest";
import { type DataLeaf, dataLeaves, readTree } from "../../../pipeline/core/tree/tree.ts";
import type { Head } from "../../../pipeline/log/log.ts";
import {
  type Desired,
  formatSteps,
  type Observed,
  type Outside,
  planOf,
  stepData,
} from "../../../pipeline/stages/publish/plan.ts";
import { v1 } from "../../core/cids.ts";
import { aCid, aRelease } from "../../fakes/release.ts";

const [leafA, leafB] = [v1(1), v1(2)];
const leavesOf = (text: string): DataLeaf[] => dataLeaves(readTree(text).tree);
const leaves = leavesOf(`a: ${leafA}\nb: ${leafB}\n`);
/** Of release 1. */
const [root1, portal1] = [aCid("root 1"), aCid("portal 1")];
const [root, portal] = [aCid("root 2"), aCid("portal 2")];

const newest: Head = { cid: aCid("release 1"), release: aRelease(1) };
const desired: Desired = { root: { cid: root, tsize: 10 }, leaves, madeWith: newest.release.madeWith };
const before = { head: newest, leaves: leavesOf(`a: ${leafA}\nb: ${v1(3)}\n`) };
/** The newest release, with the root that is desired. */
const current = { head: { ...newest, release: { ...newest.release, root, portal } }, leaves };
const pinned = (...cids: readonly unknown[]) => new Set(cids.map(String));
const nothing: Outside = { peers: [], pins: [], names: [] };

const stepsFor = (observed: Observed, outside = nothing, what = desired) => planOf(what, observed, outside);
const inWords = (observed: Observed, what = desired) =>
  stepsFor(observed, nothing, what)
    .flatMap(stepData)
    .map((step) => (step.do === "hold" ? `hold ${step.path}` : step.do));

describe("planOf", () => {
  it("does everything where nothing was published, the release last", () => {
    expect(inWords({ pinned: pinned() })).toEqual(["hold a", "hold b", "keep-tree", "keep-portal", "release"]);
  });

  it("fetches only what is new since a root that is pinned", () => {
    expect(inWords({ newest: before, pinned: pinned(root1, portal1) })).toEqual([
      "hold b",
      "keep-tree",
      "keep-portal",
      "release",
    ]);
  });

  it("fetches everything again where the old root is not pinned any more", () => {
    expect(inWords({ newest: before, pinned: pinned(portal1) })).toEqual([
      "hold a",
      "hold b",
      "keep-tree",
      "keep-portal",
      "release",
    ]);
  });

  it("restores the leaves that lost blocks though the node lists them, and fetches only those that it never had", () => {
    const [leafC, lost] = [v1(4), { newest: before, incomplete: pinned(root1, portal1) }];
    const leaves = leavesOf(`a: ${leafA}\nb: ${leafB}\nc: ${leafC}\n`);
    const steps = stepsFor({ ...lost, pinned: pinned(leafC) }, nothing, { ...desired, leaves });
    const pathsOf = (kind: string) =>
      steps.flatMap((step) => (step.do === kind && "leaves" in step ? step.leaves.map(({ path }) => path) : []));
    expect(pathsOf("fetch-leaves")).toEqual(["b"]);
    expect(pathsOf("restore-leaves")).toEqual(["a"]);
    const itself = { newest: current, pinned: pinned(), incomplete: pinned(root, portal), probedBelow: true };
    expect(stepsFor(itself).map((step) => step.do)).toEqual([
      "restore-leaves",
      "pin-tree",
      "pin-portal",
      "check-blocks",
      "check-head",
      "check-release",
    ]);
  });

  it("looks for blocks once more only where something changed since it looked", () => {
    const observed = { newest: current, pinned: pinned(root, portal), probedBelow: true };
    expect(stepsFor(observed).map((step) => step.do)).not.toContain("check-blocks");
    expect(stepsFor({ ...observed, newest: before }).map((step) => step.do)).toContain("check-blocks");
  });

  it("goes on after the tree where a run stopped once it was pinned", () => {
    expect(inWords({ newest: before, pinned: pinned(root) })).toEqual(["keep-portal", "release"]);
  });

  it("changes nothing where the root is live and pinned, and checks all the same", () => {
    const steps = stepsFor({ newest: current, pinned: pinned(root, portal) });
    expect(steps.flatMap(stepData)).toEqual([]);
    expect(formatSteps(steps)).toEqual([]);
    expect(steps.map((step) => step.do)).toEqual(["check-datasets", "check-blocks", "check-head", "check-release"]);
  });

  it("makes a new release of the same root when it would be described otherwise", () => {
    const madeWith = { ...desired.madeWith, campaign: "other" };
    const observed = { newest: current, pinned: pinned(root, portal) };
    expect(inWords(observed, { ...desired, madeWith })).toEqual(["keep-portal", "release"]);
  });

  it("makes a new release of the same root cut into other leaves", () => {
    for (const text of [
      `a: ${leafA}\n`,
      `a: ${leafA}\nb: {c: ${leafB}}\n`,
      `a: ${leafA}\nb: ${leafB}\nc: ${v1(4)}\n`,
    ]) {
      const observed = { newest: { ...current, leaves: leavesOf(text) }, pinned: pinned(root, portal) };
      expect(inWords(observed)).toEqual(["keep-portal", "release"]);
    }
  });

  it("pins a lost portal again without a new release", () => {
    const steps = stepsFor({ newest: current, pinned: pinned(root) });
    expect(steps.flatMap(stepData)).toEqual([{ do: "keep-portal", release: 1 }]);
    expect(steps).toContainEqual({ do: "pin-portal", root: desired.root, of: { kind: "newest", head: current.head } });
  });

  it("connects Kubos that lack peers before anything is fetched, and no others", () => {
    const kubo = (node: string, ...missing: readonly string[]) => ({
      peering: { node, missing: async () => missing, connect: async () => {} },
      missing,
    });
    const peers = [kubo("the node", "12D3KooA"), kubo("mirror")];
    const steps = stepsFor({ newest: before, pinned: pinned(root1, portal1) }, { ...nothing, peers });
    const [first, ...others] = steps.flatMap(stepData);
    expect(first).toEqual({ do: "peer", node: "the node", peers: ["12D3KooA"] });
    expect(others.filter((step) => step.do === "peer")).toEqual([]);
  });
});
