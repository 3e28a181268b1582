import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
  packages: Record<string, { optionalDependencies?: Record<string, string>; resolved?: string }>;
};

// `npm install` leaves out what it could not look up, and `npm ci` then refuses the file on every platform.
it("lists the packages of every platform", () => {
  const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
  const listed = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, "")));
  expect(wanted.filter((name) => !listed.has(name))).toEqual([]);
});

it("names no registry, so that a mirror will do", () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});
