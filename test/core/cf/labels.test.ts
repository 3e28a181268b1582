import { describe, expect, it } from "vitest";
import { describe as describeDataset } from "../../../pipeline/core/cf/describe.ts";
import type { Attributes, CfVariable, Piece } from "../../../pipeline/core/cf/variable.ts";

type Given = Partial<CfVariable> & Pick<CfVariable, "name" | "dimensions" | "shape">;

/** `pieces` are the values of each variable, those of absent ones are never asked for. */
async function described(given: readonly Given[], pieces: Readonly<Record<string, readonly Piece[]>>) {
  const variables = given.map((each): CfVariable => ({ type: "S1", attributes: {}, missing: [], ...each }));
  const { dimensions, findings, ...found } = await describeDataset({
    attributes: {},
    variables,
    read: async ({ name }, _, visit) => {
      for (const piece of pieces[name]!) visit(piece);
      return true;
    },
  });
  return {
    labels: Object.fromEntries(dimensions.map(({ name, values }) => [name, values])),
    types: found.variables.map(({ name, dimensions, type }) => `${name}(${dimensions}): ${type}`),
    says: findings.map(({ says }) => says),
  };
}

const bytes = (...texts: string[]) => new TextEncoder().encode(texts.join(""));
const whole = (values: Piece["values"], size: readonly number[]): Piece[] => [
  { values, from: size.map(() => 0), size, start: 0 },
];
const station: Given = { name: "station", dimensions: ["station", "length"], shape: [2, 8] };
const names = whole(bytes("Mindelo ", "Praia\0\0\0"), [2, 8]);

describe("characters", () => {
  it("are joined along their last dimension, which vanishes", async () => {
    expect(await described([station], { station: names })).toEqual({
      labels: { station: ["Mindelo ", "Praia"] },
      types: ["station(station): S8"],
      says: [],
    });
  });

  it("are joined whatever the chunks are that they come in", async () => {
    const pieces: Piece[] = [
      { values: bytes("Min", "Pra"), from: [0, 0], size: [2, 3], start: 0 },
      { values: bytes("delo "), from: [0, 3], size: [2, 5], start: 0 },
      { values: bytes("ia", "\0\0\0"), from: [0, 3], size: [2, 5], start: 5 },
    ];
    expect((await described([station], { station: pieces })).labels).toEqual({ station: ["Mindelo ", "Praia"] });
  });

  const other = (dimensions: readonly string[], type: string): Given => ({
    name: "other",
    type,
    dimensions,
    shape: dimensions.map((name) => (name === "length" ? 8 : 2)),
  });
  it.each<[string, Given]>([
    ["numbers have the dimension, too", other(["length"], "int32")],
    ["it is another dimension of other texts than their last", other(["length", "two"], "S1")],
    ["it has a coordinate", { ...other(["length"], "S3"), name: "length" }],
  ])("are the dates as written where %s", async (_, also) => {
    const { types } = await described([station, also], { station: names, length: whole(["a", "b"], [2]) });
    expect(types[0]).toBe("station(station,length): S1");
  });

  it("that are a coordinate are its labels, one by one", async () => {
    const axis: Given = { name: "axis", dimensions: ["axis"], shape: [3] };
    expect((await described([axis], { axis: whole(bytes("ABC"), [3]) })).labels).toEqual({ axis: ["A", "B", "C"] });
  });

  it.each<[string, Attributes, Uint8Array, string[]]>([
    ["UTF-8 without a word", {}, Uint8Array.of(0xc3, 0xa9), ["é"]],
    ["UTF-8 by name", { _Encoding: "utf-8" }, Uint8Array.of(0xc3, 0xa9), ["é"]],
    ["Latin-1 by name", { _Encoding: "ISO-8859-1" }, Uint8Array.of(0xe9, 0x95), ["é\u0095"]],
  ])("are decoded as %s", async (_, attributes, values, expected) => {
    const one: Given = { name: "n", dimensions: ["n", "length"], shape: [1, 2], attributes };
    expect((await described([one], { n: whole(values, [1, 2]) })).labels).toEqual({ n: expected });
  });

  it.each<[string, Attributes, string]>([
    ["no UTF-8", {}, "n can't be decoded (its bytes are no UTF-8, and it has no _Encoding that says what they are)"],
    ["of an encoding that nobody expects", { _Encoding: "cp037" }, "n can't be decoded (its _Encoding is cp037)"],
  ])("that are %s are left out with a finding", async (_, attributes, says) => {
    const one: Given = { name: "n", dimensions: ["n", "length"], shape: [1, 2], attributes };
    const found = await described([one], { n: whole(Uint8Array.of(0xe9, 0x41), [1, 2]) });
    expect(found.labels).toEqual({ n: undefined });
    expect(found.says).toEqual([`${says}, so its values are not known`]);
  });
});

describe("labels that are missing are not listed", () => {
  const texts = ["été", "", "none"];
  it.each<[string, Partial<CfVariable>, string[]]>([
    ["the format's fill value", { missing: [""] }, ["été", "none"]],
    ["_FillValue", { attributes: { _FillValue: "none" } }, ["été", ""]],
    ["missing_value, and the format's fill value", { missing: [""], attributes: { missing_value: "none" } }, ["été"]],
    ["each missing_value", { attributes: { missing_value: ["none", "été"] } }, [""]],
    [
      "not the attribute, where the format has a fill value",
      { missing: [""], attributes: { _FillValue: "none" } },
      ["été", "none"],
    ],
    ["no missing_value of bytes", { type: "S4", attributes: { missing_value: "none" } }, texts],
    [
      "missing_value of bytes that have an encoding",
      { type: "S4", attributes: { missing_value: "none", _Encoding: "utf-8" } },
      ["été", ""],
    ],
    [
      "no fill value of bytes that have an encoding",
      { type: "S4", missing: ["none"], attributes: { _Encoding: "utf-8" } },
      texts,
    ],
    ["no number", { attributes: { missing_value: 0 } }, texts],
  ])("%s", async (_, about, expected) => {
    const name: Given = { name: "name", dimensions: ["name"], shape: [3], type: "string", ...about };
    expect((await described([name], { name: whole(texts, [3]) })).labels).toEqual({ name: expected });
  });

  it("and a finding reports that none is left", async () => {
    const name: Given = { name: "name", dimensions: ["name"], shape: [2], type: "string", missing: [""] };
    const { labels, says } = await described([name], { name: whole(["", ""], [2]) });
    expect([labels, says]).toEqual([{ name: undefined }, ["every value of name is missing"]]);
  });
});
