import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { everyPage, shaped, zoneOf } from "../../../../pipeline/names/dnslink/providers/http-api.ts";

describe("the zone of a name", () => {
  const zones = ["example.test", "data.example.test", "ample.test", "latest.data.example.test.other"].map((name) => ({
    name,
  }));

  it.each([
    ["_dnslink.example.test", "example.test"],
    ["_dnslink.data.example.test", "data.example.test"],
    ["data.example.test", "data.example.test"],
    ["a.b.data.example.test", "data.example.test"],
    ["meta-data.example.test", "example.test"],
  ])("of %s is %s", (name, zone) => {
    expect(zoneOf("it", name, zones).name).toBe(zone);
  });

  it("is none for a name that only ends alike, and those there are get named", () => {
    expect(() => zoneOf("ionos", "_dnslink.counterexample.test", zones.slice(0, 2))).toThrow(
      "ionos: no zone of this account contains _dnslink.counterexample.test; it has example.test, data.example.test",
    );
    const many = Array.from({ length: 90 }, (_, i) => ({ name: `${i}.test` }));
    expect(() => zoneOf("ionos", "x.example", many)).toThrow(
      "it has 0.test, 1.test, 2.test, 3.test, 4.test and 85 more",
    );
    expect(() => zoneOf("ionos", "x.example", [])).toThrow("it has none at all");
  });
});

it("reads every page, and gives up on a listing without an end", async () => {
  const pages = [["a", "b"], [], ["c"]];
  expect(await everyPage(async (page) => ({ items: pages[page - 1]!, more: page < pages.length }))).toEqual([
    "a",
    "b",
    "c",
  ]);
  await expect(everyPage(async () => ({ items: ["again"], more: true }))).rejects.toMatchObject({
    kind: "unavailable",
  });
});

it("says where an answer is not as its API is known", () => {
  const shape = v.object({ zones: v.array(v.object({ name: v.string() })) });
  expect(() => shaped("ionos: listing zones", shape, { zones: [{ name: "a" }, { name: 7 }] })).toThrow(
    /^ionos: listing zones answered in another shape than its API is known for: zones\.1\.name: /,
  );
  expect(() => shaped("ionos: listing zones", shape, undefined)).toThrow(/known for: it: /);
});
