/**
 * Our units against UDUNITS-2, as cf-units has it: which texts are units, which convert, and to what.
 *
 * Asked about every canonical unit of CF, every name that UDUNITS has, the units in this project's tests, and texts made at
 * random; `FC_SEED=… npm test -- test/core/cf/units/oracle` repeats those.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { table } from "../../../../pipeline/core/cf/standard-names/table.ts";
import { readTable } from "../../../../pipeline/core/cf/standard-names/table-text.ts";
import { unitOf } from "../../../../pipeline/core/cf/units/read-unit.ts";
import { areConvertible, convert, type Unit } from "../../../../pipeline/core/cf/units/unit.ts";
import { python, runPython } from "../../../servers/python.ts";

/** Where we differ, by texts of the kind, an example, and the reason. Nothing else may. */
const differences: readonly (readonly [texts: RegExp, example: string, reason: string])[] = [
  [/(?:^|[^A-Za-z])dB(?![A-Za-z])/, "dB", "CF's table has canonical units in dB, which UDUNITS lacks"],
  [/[⁺⁻⁰⁴-⁹]/, "m s⁻¹", "UDUNITS 2.2.28 takes these superscripts for letters; later versions read them"],
  [
    / (?:per|after|from|since|ref)[a-z]/i,
    "100 percent",
    "UDUNITS 2.2.28 finds `per` in `percent`; later versions want blanks around it",
  ],
  [/^(?:[^()]|\([^()]*\))*\)/, "m)", "UDUNITS 2.2.28 ends at a parenthesis that was never opened"],
  [
    /since \d+-(?:1[3-9]|[2-9]\d)/,
    "days since 2000-13-01",
    "UDUNITS 2.2.28 takes this date apart: 3 o'clock on January 1",
  ],
];

const judge = `
import json, sys, warnings
from cf_units import Unit
warnings.simplefilter("ignore")
def unit(text):
    try:
        return Unit(text)
    except ValueError:
        return None
texts, targets, pairs = json.loads(sys.argv[1])
units = [unit(text) for text in texts]
def values(unit, target):
    try:
        return [repr(float(unit.convert(value, Unit(target)))).replace("inf", "Infinity") for value in (1.0, 2.5)]
    except ValueError as error:
        return str(error)
print(json.dumps({
    "valid": [unit is not None for unit in units],
    "values": [values(unit, target) if unit is not None and target is not None else None for unit, target in zip(units, targets)],
    "convertible": [units[a] is not None and units[b] is not None and units[a].is_convertible(units[b]) for a, b in pairs],
}))`;

const listNames = `
import glob, json, os, cf_units
import xml.etree.ElementTree as tree
texts = []
for file in sorted(glob.glob(os.path.dirname(cf_units.__file__) + "/etc/share/udunits2-*.xml")):
    for element in tree.parse(file).getroot().iter("unit"):
        for tag in ("singular", "plural", "symbol"):
            texts += [found.text.strip() for found in element.iter(tag)]
print(json.dumps(texts))`;

const base = ["m", "kg", "s", "A", "K", "mol", "cd"];

/** The unit in base units: where values are compared. */
const inBase = ({ powers }: Unit) =>
  powers
    .map((power, i) => (power === 0 ? "" : `${base[i]}${power}`))
    .filter(Boolean)
    .join(" ") || "1";

async function compare(texts: readonly string[], pairs: readonly (readonly [number, number])[] = []) {
  const units = texts.map((text) => unitOf(text));
  const known = units.map((unit) => ("problem" in unit ? undefined : unit));
  const targets = known.map((unit) => (unit && unit.since === undefined ? inBase(unit) : null));
  const oracle = JSON.parse(await runPython(judge, [JSON.stringify([texts, targets, pairs])])) as {
    valid: boolean[];
    values: (string[] | string | null)[];
    convertible: boolean[];
  };
  const differing: string[] = [];
  texts.forEach((text, i) => {
    const unit = known[i];
    if (differences.some(([pattern]) => pattern.test(text))) return;
    if ((unit !== undefined) !== oracle.valid[i]) differing.push(`${JSON.stringify(text)}: valid ${oracle.valid[i]}`);
    const theirs = oracle.values[i];
    if (!unit || !theirs) return;
    const target = unitOf(targets[i]!) as Unit;
    const ours = [1, 2.5].map((value) => convert(value, unit, target)!);
    if (typeof theirs === "string" || !ours.every((value, at) => isClose(value, Number(theirs[at]))))
      differing.push(`${JSON.stringify(text)} in ${targets[i]}: ${theirs}, ours ${ours}`);
  });
  pairs.forEach(([a, b], i) => {
    const [one, other] = [known[a], known[b]];
    if ([texts[a]!, texts[b]!].some((text) => differences.some(([pattern]) => pattern.test(text)))) return;
    if ((one !== undefined && other !== undefined && areConvertible(one, other)) !== oracle.convertible[i])
      differing.push(
        `${JSON.stringify(texts[a])} to ${JSON.stringify(texts[b])}: convertible ${oracle.convertible[i]}`,
      );
  });
  return {
    differing,
    valid: oracle.valid.filter(Boolean).length,
    convertible: oracle.convertible.filter(Boolean).length,
  };
}

const isClose = (a: number, b: number) => a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));

const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
const some = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number) => fc.sample(arbitrary, { seed, numRuns });

const canonical = [...new Set(readTable(table).units.values())].filter((unit) => unit !== "");

/**
 * Not so: powers of two digits, whose factors leave double precision, and which UDUNITS takes for units of 0 or infinity; a logarithm
 * right behind a power or a quotation mark, whose level it misreads; and products of logarithms, of which it takes some.
 */
const isOrdinary = (text: string) =>
  !/\d\d/.test(text.replaceAll("1e-18", "").replaceAll("10^3", "")) && !/[\d²"']l[gn]\(|l[gn]\(.*l[gn]\(/.test(text);

const oracle = await python();

describe.skipIf(!oracle)(`agrees with UDUNITS (FC_SEED=${seed})`, () => {
  it("on all canonical units of CF, and which of them convert", async () => {
    const all = canonical.flatMap((_, a) => canonical.map((_, b) => [a, b] as const));
    const { differing, valid, convertible } = await compare(canonical, all);
    expect(differing).toEqual([]);
    expect(valid).toBeGreaterThan(100);
    expect(convertible).toBeGreaterThan(canonical.length);
  });

  it("on every name and symbol that it has, their plurals, capitals and prefixes", async () => {
    const names = JSON.parse(await runPython(listNames)) as string[];
    expect(names.length).toBeGreaterThan(400);
    const varied = names.flatMap((name) => [name, `${name}s`, name.toUpperCase(), `milli${name}`, `k${name}`]);
    for (let from = 0; from < varied.length; from += 2000)
      expect((await compare(varied.slice(from, from + 2000))).differing).toEqual([]);
  });

  it("on the units that this project's tests write", async () => {
    const written = unitsInTests();
    expect(written.length).toBeGreaterThan(50);
    expect((await compare(written)).differing).toEqual([]);
  });

  it("on texts made at random of what units consist of", async () => {
    const names = [
      ..."m kg s K Pa hPa degC degree percent % mol g day hour years µm W J sr dBZ km °C H2O ' \" e".split(" "),
      "degrees_north",
    ];
    const part = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...names) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "2",
          "-1",
          "1e-3",
          ".5",
          "5.",
          "10^3",
          "lg(re 1 mW)",
          "lg(re: 1e-18 m3)",
          "ln(re 2)",
        ),
      },
    );
    const power = fc.constantFrom("", "", "", "2", "-1", "^-2", "**3", "²", "+2", "^0", "2.5");
    const factor = fc.tuple(part, power).map((both) => both.join(""));
    const separator = fc.constantFrom(" ", " ", "/", ".", "*", "·", " / ", " per ", "-", "", "  ", " * ");
    const product = fc
      .tuple(factor, fc.array(fc.tuple(separator, factor), { maxLength: 3 }))
      .map(([first, others]) => [first, ...others.flat()].join(""));
    const text = fc.oneof(
      { weight: 4, arbitrary: product },
      { weight: 1, arbitrary: fc.tuple(product, product).map(([a, b]) => `(${a})/(${b})`) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(product, fc.constantFrom("(", ")", "@", "^", "_", "1", "÷", "\t"))
          .map((both) => both.join("")),
      },
    );
    const texts = some(text, 2500).filter(isOrdinary);
    const pairs = some(fc.tuple(fc.nat(texts.length - 1), fc.nat(texts.length - 1)), 1500);
    const { differing, valid } = await compare(texts, pairs);
    expect(differing).toEqual([]);
    expect(valid).toBeGreaterThan(500);
  });

  it.each(differences)("but for texts like %s: %s, because %s", async (pattern, example) => {
    expect(example).toMatch(pattern);
    const { valid } = await compare([example]);
    expect("problem" in unitOf(example)).toBe(valid === 1);
  });
});

/** What follows `units` in quotation marks, in all tests. */
function unitsInTests(): string[] {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(ts|py|json|cdl)$/.test(file),
  );
  const found = files.flatMap((file) =>
    [...readFileSync(`test/${file}`, "utf8").matchAll(/\bunits?["']?\s*[:=,]\s*["']([^"'\\$\n]{1,60})["']/g)].map(
      ([, text]) => text!,
    ),
  );
  return [...new Set(found)].sort();
}
