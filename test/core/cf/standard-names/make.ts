/**
 * `npm run cf-names -- FILE.xml`: writes `pipeline/core/cf/standard-names/table.ts` from the table that CF publishes.
 *
 * The same file gives the same bytes. What a description says about names depends on the table, so a new one raises the
 * versions of the readers whose datasets have standard names. CF publishes a version every few months, as `cf-standard-name-table.xml`.
 *
 * @see https://cfconventions.org/Data/cf-standard-names/current/src/cf-standard-name-table.xml
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type NameTable, writeTable } from "../../../../pipeline/core/cf/standard-names/table-text.ts";

export interface Published extends NameTable {
  readonly version: number;
  /** As it says; ISO 8601. */
  readonly modified: string;
}

/**
 * What CF's XML says. It is read for the few elements of its schema, in the form in which CF writes them.
 *
 * @throws Error for a file that is no such table.
 */
export function readPublished(xml: string): Published {
  const within = (text: string, element: string) =>
    [...text.matchAll(new RegExp(`<${element}>\\s*([^<]*?)\\s*</${element}>`, "g"))].map(([, value]) => plain(value!));
  const elements = (element: string) =>
    [...xml.matchAll(new RegExp(`<${element} id="([^"]+)">(.*?)</${element}>`, "gs"))].map(
      ([, id, content]) => [id!, content!] as const,
    );
  const [version, modified] = [within(xml, "version_number")[0], within(xml, "last_modified")[0]];
  const units = new Map(elements("entry").map(([name, entry]) => [name, within(entry, "canonical_units")[0] ?? ""]));
  if (!version || !modified || units.size === 0) throw new Error("this is no table of CF standard names");
  const aliases = new Map(
    elements("alias")
      .filter(([alias]) => !units.has(alias))
      .map(([alias, content]) => [alias, within(content, "entry_id")]),
  );
  const lost = [...aliases].filter(([, names]) => names.length === 0 || names.some((name) => !units.has(name)));
  if (lost.length > 0) throw new Error(`aliases of no name: ${lost.map(([alias]) => alias).join(", ")}`);
  return { version: Number(version), modified, units, aliases };
}

const plain = (text: string) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** The module that has the table. */
export function moduleOf({ version, modified, ...table }: Published): string {
  return `/**
 * CF Standard Name Table, version ${version} of ${modified.slice(0, 10)}: names, canonical units and aliases, without the descriptions.
 *
 * By the CF community, whose documents are CC0-1.0: https://cfconventions.org/Data/cf-standard-names/${version}/
 * Made by \`npm run cf-names\`, see \`table-text.ts\`.
 */
export const version = ${version};

export const table = \`
${writeTable(table)}\`;
`;
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (!file) throw new Error("usage: npm run cf-names -- cf-standard-name-table.xml");
  const target = "pipeline/core/cf/standard-names/table.ts";
  writeFileSync(target, moduleOf(readPublished(readFileSync(file, "utf8"))));
  process.stdout.write(`wrote ${target}\n`);
}
