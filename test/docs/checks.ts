/** The page docs/checks.md, generated from the rules for datasets. `npm run docs` writes it. */
import type { Rule } from "../../pipeline/core/checks/rule.ts";
import { rulesBySubject } from "../../pipeline/core/checks/rules.ts";
import { toZarrLines } from "../../pipeline/core/checks/to-zarr.ts";

/** Markdown. */
export function checksPage(): string {
  const sections = Object.entries(rulesBySubject).map(
    ([subject, rules]) =>
      `## ${subject}\n\n| rule | what is found | why it matters | what to do |\n|---|---|---|---|\n${Object.entries(rules).map(rowOf).join("\n")}`,
  );
  return `# Checks of datasets

<!-- Generated from pipeline/core/checks/ by \`npm run docs\`. Change the rules there, not this page. -->

\`fieldtree inspect\` and \`fieldtree add\`, \`fieldtree scan\`, the report on a pull request and the portal check datasets against the same
rules. Names of rules are stable. Findings never prevent a dataset from being published, except that \`add\` asks for \`--force\` where one
can't be described at all. An **error** makes data unreadable or wrong; a **warning** costs its users something; a **hint** is advice.

${sections.join("\n\n")}

## A NetCDF file as a Zarr store

These lines of Python (xarray and zarr 3) give the same store, and so the same CID, each time they run on a file. Each variable must fit into
memory; values stay packed as they are. \`fieldtree inspect\` prints them with the file's own name.

\`\`\`python
${toZarrLines("FILE.nc", "FILE.zarr").join("\n")}
\`\`\`
`;
}

function rowOf([name, rule]: [string, Rule]): string {
  const level = [rule.level].flat().join(" or ");
  return `| \`${name}\`<br>${level} | ${[rule.finds, rule.reason, rule.fix].map(escaped).join(" | ")} |`;
}

const escaped = (text: string): string => text.replaceAll("|", "\\|");
