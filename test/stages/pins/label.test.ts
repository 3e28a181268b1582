import { expect, it } from "vitest";
import { addedLabel, isAdded, label, leafLabel } from "../../../pipeline/stages/pins/label.ts";

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
