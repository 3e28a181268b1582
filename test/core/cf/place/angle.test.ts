import { expect, it } from "vitest";
import { angleOf } from "../../../../pipeline/core/cf/place/angle.ts";

it.each([
  ["degrees", 1],
  ["Degrees", 1],
  ["deg", 1],
  ["°", 1],
  ["decimal degrees", 1],
  ["radian", 180 / Math.PI],
  ["rad", 180 / Math.PI],
  ["mrad", 0.18 / Math.PI],
  ["microdegrees", 1e-6],
  ["gon", 0.9],
  ["gradians", 0.9],
  ["arc_minute", 1 / 60],
  ["arcminutes", 1 / 60],
  ["arcsec", 1 / 3600],
  ["1e-7 degrees", 1e-7],
])("takes one %s for %d degrees along either", (units, degrees) => {
  const angle = angleOf(units)!;
  expect(angle.degrees).toBeCloseTo(degrees, 12);
  expect(angle.along).toBeUndefined();
});

it.each([
  ["degrees_north", 1, "latitude"],
  ["degree_N", 1, "latitude"],
  ["degreesN", 1, "latitude"],
  ["degrees North", 1, "latitude"],
  ["degrees_south", -1, "latitude"],
  ["degrees_east", 1, "longitude"],
  ["degreeE", 1, "longitude"],
  ["degrees_west", -1, "longitude"],
  ["degrees W", -1, "longitude"],
  ["radians_north", 180 / Math.PI, "latitude"],
  ["0.01 degrees_east", 0.01, "longitude"],
])("takes one %s for %d degrees along a %s", (units, degrees, along) => {
  expect(angleOf(units)).toEqual({ degrees, along });
});

// The last is a plural or the south, and nothing tells which.
it.each([
  "",
  "m",
  "km",
  "1",
  "K",
  "degC",
  "degrees_true",
  "degF",
  "0 degrees",
  "-1 degree",
  "minutes",
  "s",
  "north",
  "degreeS",
])("takes %j for no angle", (units) => {
  expect(angleOf(units)).toBeUndefined();
});
