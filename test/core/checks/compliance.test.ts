/**
 * Our rules beside those of IOOS's compliance-checker, on the files that it is tested on.
 *
 * Where a rule exists in both, verdicts agree on every file, or a row of `reasons` has why they don't.
 */
import { describe, expect, it } from "vitest";
import { configFrom } from "../../../pipeline/campaign/config.ts";
import { readers } from "../../../pipeline/campaign/readers/readers.ts";
import { localDatasets } from "../../../pipeline/cli/local/local-datasets.ts";
import { facts } from "../../../pipeline/core/campaign/campaign.ts";
import { entryOf } from "../../../pipeline/stages/scan/scan.ts";
import { testWorld } from "../../fakes/world.ts";
import { complianceFiles } from "../../servers/compliance.ts";

const checker = await complianceFiles();

/** Attributes that both ask for, and our rule for each. */
const attributes: Readonly<Record<string, string>> = {
  title: "no-title",
  summary: "no-summary",
  creator_name: "no-creator",
  license: "no-licence",
  keywords: "recommended-attributes",
  institution: "recommended-attributes",
  Conventions: "recommended-attributes",
};

interface Reason {
  readonly about: string;
  /** Who reports something where the other doesn't. */
  readonly only: "we" | "they";
  readonly on: RegExp;
  readonly because: string;
}

/** Why verdicts differ, by rule or attribute, on files whose names match. */
const reasons: readonly Reason[] = [
  {
    about: "no-units",
    only: "they",
    on: /index_ragged|indexed_ragged_domain|ru07-|ooi_glider/,
    because:
      "whole numbers that are not packed are counts, flags and numbers of something, which CF lets go without units",
  },
  {
    about: "no-units",
    only: "they",
    on: /cell_measure|pr_inundation/,
    because: "bounds and vertices have the units of what they bound (CF 7.1)",
  },
  {
    about: "no-units",
    only: "they",
    on: /appendix_h|bio_taxa|coordinates_and_metadata|dimensionless/,
    because:
      "a standard name of a number without dimension needs none (CF 3.1), and one that CF lacks is a finding of its own",
  },
  {
    about: "no-units",
    only: "we",
    on: /2dim-grid|multi-dim-coordinates|scalar_coordinate|valid_coordinates/,
    because: "they pass over scalars and variables without coordinates that they recognise",
  },
  {
    about: "no-standard-name",
    only: "we",
    on: /multi-dim-coordinates|scalar_coordinate/,
    because: "they pass over variables without coordinates that they recognise",
  },
  {
    about: "no-standard-name",
    only: "they",
    on: /hycom_global|ooi_glider|ww3|vertical_coords/,
    because: "they ask it of coordinates and whole numbers, too; what a latitude or a time is, its units say",
  },
  {
    about: "attribute:creator_name",
    only: "they",
    on: /glcfs|sldmb|self_referencing/,
    because: "we read the habits of campaigns as well: author, creator, principal_investigator",
  },
  {
    about: "attribute:summary",
    only: "they",
    on: /mapping|self_referencing/,
    because: "description, abstract and comment are read as a summary where there is none",
  },
];

describe.skipIf(!checker)("beside compliance-checker", () => {
  it("verdicts agree on its own files, or there is a reason why they don't", { timeout: 120_000 }, async () => {
    const differing: string[] = [];
    const used = new Set<object>();
    for (const { file, found: theirs } of checker!.reports) {
      if (!theirs) continue;
      const ours = await foundIn(checker!.path(file));
      for (const about of new Set([...ours, ...theirs])) {
        if (ours.has(about) === theirs.includes(about)) continue;
        const only = ours.has(about) ? "we" : "they";
        const reason = reasons.find((one) => one.about === about && one.only === only && one.on.test(file));
        if (reason) used.add(reason);
        else differing.push(`${about}: ${file}: only ${only} report it`);
      }
    }
    expect(differing).toEqual([]);
    expect(reasons.filter((reason) => !used.has(reason))).toEqual([]);
  });

  it("the files are many, and nearly all of them have a report", () => {
    expect(checker!.reports.length).toBeGreaterThan(100);
    expect(checker!.reports.filter(({ failed }) => failed).length).toBeLessThan(3);
  });
});

/** What we find of the rules that both have, as `compliance.py` names it. */
async function foundIn(path: string): Promise<Set<string>> {
  const world = testWorld();
  const { found } = await localDatasets(path, readers, world);
  const entries = found.map((dataset) => entryOf("", undefined, dataset, facts(configFrom("campaign: none"))));
  const findings = entries.flatMap((entry) => (entry.kind === "failed" ? [] : (entry.findings ?? [])));
  const rules = new Set<string>(findings.map(({ rule }) => rule));
  const lacking = findings.find(({ rule }) => rule === "recommended-attributes")?.says ?? "";
  const missing = Object.entries(attributes).filter(([name, rule]) =>
    rule === "recommended-attributes" ? lacking.includes(`no ${name}`) : rules.has(rule),
  );
  const shared = ["no-standard-name", "fill-value"].filter((rule) => rules.has(rule));
  const units = rules.has("unitless") || rules.has("no-unit") ? ["no-units"] : [];
  return new Set([...missing.map(([name]) => `attribute:${name}`), ...units, ...shared]);
}
