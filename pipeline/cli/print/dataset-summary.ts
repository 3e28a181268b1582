/**
 * A dataset for the person who adds it: what it is, what could be better and how, and at last whether it can be published.
 *
 * On a terminal lines are wrapped at its width; elsewhere each is one line, for programs that search them.
 */
import { toZarrLines } from "../../core/checks/to-zarr.ts";
import { verdictOf } from "../../core/checks/verdict.ts";
import type { DatasetFinding } from "../../core/dataset/dataset.ts";
import { placeWords, previewOf, timeWords } from "../../core/report/preview.ts";
import type { DatasetEntry, Entry } from "../../core/stac/catalog-entry.ts";
import { firstLines, formatBytes } from "../../core/text/shown.ts";
import type { Call } from "../verb.ts";
import { plainText } from "./entry-lines.ts";
import { datasetFindingLines } from "./findings.ts";
import { hanging, printable, printableLines } from "./terminal.ts";

export interface SummaryOptions {
  /** Path of the data as it was written on the command line. */
  readonly given: string;
  /** Bytes of all blocks. */
  readonly size: number;
  /** Characters in a line; `undefined` for lines of any length. */
  readonly width: number | undefined;
  /** Of a folder of like files: how many references it will have, and why. */
  readonly references?: string | undefined;
}

/** Several lines. `name`: of the file or folder. */
export function datasetSummary(
  name: string,
  entry: Entry,
  { given, size, width, references }: SummaryOptions,
  call: Pick<Call, "flags" | "out">,
): string {
  const row = (what: string, words: string) => hanging(`  ${what.padEnd(10)}  `, printable(words), width);
  const findings = entry.kind === "failed" ? [] : (entry.findings ?? []);
  return [
    hanging("", `${printable(name)}: ${headOf(entry)}`, width),
    row("CID", entry.cid),
    ...(entry.kind === "dataset" ? rowsOf(entry, size, references).map(([what, words]) => row(what, words)) : []),
    ...spaced(datasetFindingLines(findings, call, width)),
    ...spaced(conversionLines(findings, given)),
    ...(entry.kind === "dataset" ? spaced([verdictLine(findings, call)]) : []),
  ].join("\n");
}

/** The lines behind an empty one, where there are any. */
const spaced = (lines: readonly string[]): readonly string[] => (lines.length > 0 ? ["", ...lines] : []);

function headOf(entry: Entry): string {
  switch (entry.kind) {
    case "dataset":
      return printable(`${entry.item.properties.title} (${entry.reader})`);
    case "failed":
      return printableLines(`can't be described (${entry.reader}): ${entry.failure.message}`);
    case "plain":
      return `${plainText(entry.plain)}${entry.findings ? "" : "; no dataset: published and listed as what it is"}`;
  }
}

/** Most variables, and most dimensions, listed. A model's output has hundreds. */
const mostNames = 30;

function rowsOf({ path, item }: DatasetEntry, size: number, references?: string): [what: string, words: string][] {
  const { files, variables, start, end, bbox } = previewOf(path, item);
  const dimensions = Object.entries((item.properties["cube:dimensions"] ?? {}) as Readonly<Record<string, unknown>>);
  return [
    ["size", formatBytes(size)],
    ["time", start === undefined || end === undefined ? "unknown" : timeWords(start, end)],
    ["place", bbox ? placeWords(bbox) : "unknown"],
    ...(files === undefined ? [] : [["files", filesText(files, item)] as [string, string]]),
    ...(references === undefined ? [] : [["references", references] as [string, string]]),
    ...(dimensions.length > 0 ? [["dimensions", namesIn(dimensions.map(([name]) => name))] as [string, string]] : []),
    ...(variables.length > 0 ? [["variables", namesIn(variables)] as [string, string]] : []),
  ];
}

/** Names of the files of a folder of like files, and what differs between them. */
function filesText(count: number, { properties }: DatasetEntry["item"]): string {
  const members = (properties["fieldtree:members"] ?? []) as readonly { readonly path: string }[];
  const paths = members.map(({ path }) => path);
  const differences = (properties["fieldtree:differences"] ?? []) as readonly string[];
  const names = firstLines(paths, 6, count).join(", ");
  return `${count}: ${names}${differences.length > 0 ? `; they differ in ${differences.join("; ")}` : ""}`;
}

function namesIn(names: readonly string[]): string {
  const more = names.length - mostNames;
  return `${names.slice(0, mostNames).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Lines that convert the file, where a finding advises it. They are to be copied, and so not wrapped. */
function conversionLines(findings: readonly DatasetFinding[], given: string): string[] {
  if (!findings.some(({ rule }) => rule === "better-as-zarr")) return [];
  const lines = toZarrLines(given, zarrName(given)).map((line) => `    ${printable(line)}`.trimEnd());
  return ["  Python that makes a Zarr store of it, with the same CID each time:", ...lines];
}

/** `a/b.nc` is converted to `b.zarr`. */
const zarrName = (path: string) => `${path.replace(/^.*\//, "").replace(/\.[a-zA-Z0-9]{1,5}$/, "") || "data"}.zarr`;

function verdictLine(findings: readonly DatasetFinding[], { out }: Pick<Call, "out">): string {
  const { level, text } = verdictOf(findings);
  return `  ${out.paint(level, text)}`;
}
