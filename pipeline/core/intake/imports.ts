/**
 * imports.yaml, next to tree.yaml: where each imported path came from, so that an unchanged source is not fetched again, and
 * readers of the repository see its origin. A line a path; JSON is YAML.
 */
import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { Failure } from "../failure.ts";
import { isRecord } from "../json.ts";
import { byBytes } from "../text/order.ts";

export interface ImportRecord {
  readonly url: string;
  readonly cid: string;
  /** As the server wrote them. */
  readonly etag?: string;
  readonly modified?: string;
  /** ISO 8601, UTC. */
  readonly fetched: string;
}

/** By path in the tree. */
export type Imports = ReadonlyMap<string, ImportRecord>;

/** @throws Failure `input` where the text is not what {@link writeImports} writes. */
export function readImports(text: string): Imports {
  if (/^\s*(?:#.*\s*)*$/.test(text)) return new Map();
  let value: unknown;
  try {
    value = load(text, { schema: FAILSAFE_SCHEMA, maxAliases: 0, maxDepth: 4 });
  } catch (cause) {
    throw new Failure("input", "imports.yaml is no YAML", { cause });
  }
  const records = isRecord(value) ? Object.entries(value) : [];
  const fields = ["url", "cid", "fetched"];
  const wrong = records.find(([, each]) => !isRecord(each) || fields.some((field) => typeof each[field] !== "string"));
  if (!isRecord(value)) throw new Failure("input", "imports.yaml has no paths");
  if (wrong) throw new Failure("input", `imports.yaml: ${wrong[0]} has no url:, cid: and fetched:`);
  return new Map(records as [string, ImportRecord][]);
}

export function writeImports(imports: Imports): string {
  const lines = [...imports]
    .sort(([a], [b]) => byBytes(a, b))
    .map(([path, { url, cid, etag, modified, fetched }]) => {
      return `${JSON.stringify(path)}: ${JSON.stringify({ url, cid, etag, modified, fetched })}\n`;
    });
  return `# Written by fieldtree import: where these paths were fetched from.\n${lines.join("")}`;
}
