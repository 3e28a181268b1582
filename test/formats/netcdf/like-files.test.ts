/** Variables that are the same in several files are one object, by which what CF makes of them is remembered. */
import { expect, it } from "vitest";
import type { NetcdfAttribute, NetcdfVariable } from "../../../pipeline/formats/netcdf/file.ts";
import { cfVariablesOf } from "../../../pipeline/formats/netcdf/open.ts";

const text = (value: string): NetcdfAttribute => ({ type: "string", single: true, values: [value] });
const [metres, kelvin] = [text("m"), text("K")];

const variable = (name: string, units: NetcdfAttribute, size = 3): NetcdfVariable => ({
  name,
  dimensions: [{ name: "time", size, unlimited: false }],
  shape: [size],
  type: "float32",
  attributes: new Map([["units", units]]),
  fill: 0,
  itemSize: 4,
  stored: {} as NetcdfVariable["stored"],
  read: () => Promise.reject(new Error("is not read")),
});
const seen = (...variables: NetcdfVariable[]) => [...cfVariablesOf(variables).keys()];

it("is the same object for variables that are alike in all that CF sees", () => {
  seen(variable("alt", metres), variable("alt", kelvin));
  const [one] = seen(variable("alt", metres));
  expect(seen(variable("alt", metres))[0]).toBe(one);
  expect(seen(variable("alt", metres, 4))[0]).not.toBe(one);
  expect(seen(variable("height", metres))[0]).not.toBe(one);
  expect(seen(variable("alt", kelvin))[0]).toMatchObject({ attributes: { units: "K" } });
});

it("is not the same for two variables of one file", () => {
  seen(variable("z", metres));
  const [a, b] = [variable("z", metres), variable("z", metres)];
  const stored = cfVariablesOf([a, b]);
  expect([...stored.values()]).toEqual([a, b]);
});

it("is another one where an attribute is another object, however equal: only those of files before are compared", () => {
  const first = seen(variable("p", text("Pa")))[0];
  expect(seen(variable("p", text("Pa")))[0]).not.toBe(first);
});
