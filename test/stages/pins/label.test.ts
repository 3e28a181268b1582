import { expect, it } from "vitest";
import { addedLabel, isAdded, label, leafLabel, serviceLabel } from "../../../pipeline/stages/pins/label.ts";
import type { PinTarget } from "../../../pipeline/stages/pins/pin-target.ts";

it("gives no leaf the label of a release, whatever it is called", () => {
  const kept = (["tree", "portal", "release"] as const).map((what) => label("orcestra", what, 2));
  const paths = ["tree@2", "portal@2", "release@2", "../portal@2"];
  expect(paths.map((path) => leafLabel("orcestra", path)).filter((each) => kept.includes(each))).toEqual([]);
});

it("takes nothing that a campaign keeps for something that was added, whatever the campaign is called", () => {
  expect([label("added", "portal", 1), leafLabel("added", "a"), addedLabel("/data/a")].map(isAdded)).toEqual([
    false,
    false,
    true,
  ]);
});

it("gives every target of a release a label of its own at services, whatever leaves and extra pins are called", () => {
  const named = [
    "tree",
    "portal",
    "release",
    "tree@2",
    "a",
    "a@2",
    "leaf/a",
    "./tree",
    "./tree@2",
    "extra:a",
    "./extra:a@2",
  ];
  const targets: PinTarget[] = [
    { kind: "tree" },
    { kind: "portal" },
    // No name in a path is a dot.
    ...named.filter((path) => !path.startsWith("./")).map((path) => ({ kind: "leaf", path }) as const),
    ...named.map((name) => ({ kind: "extra", name }) as const),
  ];
  const labels = [1, 2, 12].flatMap((release) => targets.map((target) => serviceLabel("orcestra", target, release)));
  const extras = named.length;
  // An extra pin belongs to no release.
  expect(new Set(labels).size).toBe(3 * (targets.length - extras) + extras);
  expect(labels).not.toContain(label("orcestra", "release", 2));
});

it("labels all others at services as releases before did, so that their pins are recognised", () => {
  const targets: PinTarget[] = [
    { kind: "tree" },
    { kind: "portal" },
    { kind: "leaf", path: "products/radar" },
    { kind: "extra", name: "far away" },
  ];
  expect(targets.map((target) => serviceLabel("orcestra", target, 3))).toEqual([
    "orcestra/tree@3",
    "orcestra/portal@3",
    "orcestra/products/radar@3",
    "orcestra/far away",
  ]);
});
