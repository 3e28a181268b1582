/**
 * A YAML file and the schema it should fit: the value, or findings at the very lines that don't.
 *
 * Valibot knows what is wrong but not where; YAML's nodes know where. Scalars are typed as YAML 1.2's core schema does
 * it, so that an editor with the generated JSON Schema and we complain about the same things.
 */
import * as v from "valibot";
import type { Finding } from "../report/finding.ts";
import { nearest } from "../text/nearest.ts";
import { shown } from "../text/shown.ts";
import { decodeUtf8, type Lines, type Node, readYaml, type ScalarNode } from "./yaml.ts";

const maxDepth = 8;

/**
 * The value in `source`, where it fits `schema` and nothing else is wrong; findings in the order of the lines.
 *
 * Messages of the schema are read behind the value: "must be a whole number".
 */
export function checkedYaml<const Schema extends v.GenericSchema>(
  source: string | Uint8Array,
  schema: Schema,
): { value: v.InferOutput<Schema> | undefined; findings: Finding[] } {
  const { text, broken } = typeof source === "string" ? { text: source } : decodeUtf8(source);
  const { documents, lines, broken: notYaml } = readYaml(text, { maxDepth });
  const findings: Finding[] = [];
  const report: Report = (rule, offset, path, message, fix) =>
    void findings.push({
      level: "error",
      rule,
      ...lines.at(offset),
      path,
      says: message,
      ...(fix === undefined ? {} : { fix }),
    });

  const [content, ...more] = documents;
  for (const { start } of more) {
    report("multi-document", start, "", "a second document begins here", "remove the line `---` above");
  }
  const fault = broken ?? notYaml;
  if (fault) report(fault.kind, fault.offset, "", fault.message);

  const places = new Map<string, Place>([["", { key: 0, value: 0 }]]);
  const isMap = !content || content.kind === "map" || (content.kind === "scalar" && content.text === "");
  if (!isMap) report("not-a-mapping", content.start, "", "this file must be `key: value` lines");
  const written = isMap && content && plainValue(content, "", { report, lines, places });
  const parsed = v.safeParse(schema, written || Object.create(null), { abortPipeEarly: true });
  // The text behind a syntax error was not read: no missing keys are reported.
  if (!fault && isMap) for (const issue of parsed.issues ?? []) reportIssue(issue, { schema, places, report });

  findings.sort((a, b) => a.line - b.line || a.column - b.column);
  return { value: parsed.success && findings.length === 0 ? parsed.output : undefined, findings };
}

type Report = (rule: string, offset: number, path: string, message: string, fix?: string) => void;

/** Where a key and its value are, and the value as written. */
interface Place {
  readonly key: number;
  readonly value: number;
  readonly written?: string;
}

interface Converting {
  readonly report: Report;
  readonly lines: Lines;
  /** By path: keys and indexes joined by `.`. */
  readonly places: Map<string, Place>;
}

/** A node as the value that YAML 1.2's core schema gives it; what a configuration has no use for is reported. */
function plainValue(node: Node, path: string, converting: Converting): unknown {
  const { report, lines, places } = converting;
  if (node.property) {
    const what = node.property.kind === "anchor" ? "an anchor (&name)" : "a tag (!type)";
    report(node.property.kind, node.property.start, path, `${what} has no use here`, "remove it");
  }
  switch (node.kind) {
    case "alias":
      report("alias", node.start, path, "an alias (*name) repeats another piece", "write it out");
      return undefined;
    case "scalar":
      return scalarValue(node, path, report);
    case "list":
      return node.items.map((item, index) => {
        const at = pathTo(path, index);
        places.set(at, placeOf(item.start, item));
        return plainValue(item, at, converting);
      });
    case "map": {
      const value: Record<string, unknown> = Object.create(null);
      for (const { key, value: below } of node.entries) {
        // `prototype` is among the keys that the library of schemas leaves out without a word.
        const isReserved = key.kind === "scalar" && (key.text in Object.prototype || key.text === "prototype");
        if (key.kind !== "scalar" || key.property || isReserved || !/^.{1,200}$/.test(key.text)) {
          report("unknown-key", key.start, path, "this can't be a key here");
          continue;
        }
        const at = pathTo(path, key.text);
        const before = places.get(at);
        if (before) {
          const where = `line ${lines.at(before.key).line} and line ${lines.at(key.start).line}`;
          const message = `"${shown(key.text)}" is here twice: ${where}`;
          report("duplicate-key", key.start, at, message, "remove one of them");
          continue;
        }
        places.set(at, placeOf(key.start, below));
        value[key.text] = plainValue(below, at, converting);
      }
      return value;
    }
  }
}

function pathTo(path: string, key: string | number): string {
  return path === "" ? `${key}` : `${path}.${key}`;
}

function placeOf(key: number, value: Node): Place {
  return { key, value: value.start, ...(value.kind === "scalar" && { written: value.text }) };
}

function scalarValue({ text, style, start }: ScalarNode, path: string, report: Report): unknown {
  if (secretPattern.test(text)) {
    const message = "this has the form of a secret, and this file is public: have its issuer withdraw it now";
    report("secret", start, path, message, "put it into an environment variable and write that variable's name here");
    return undefined;
  }
  if (style === "block") return text.trimEnd();
  if (style === "quoted") return text;
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  return /^[-+]?(?:\d+|\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}

/** What tokens begin with: JSON web tokens, GitHub, OpenAI-like, AWS, Slack, private keys. */
const secretPattern =
  /^(?:Bearer\s|eyJ[\w-]{10,}\.|gh[opsu]_\w{20}|github_pat_|sk-[\w-]{20}|AKIA[0-9A-Z]{16}$|xox[a-z]-|-----BEGIN )/;

interface Reporting {
  readonly schema: unknown;
  readonly places: ReadonlyMap<string, Place>;
  readonly report: Report;
}

/** `above`: where in the file `schema` and the path of the issue begin. */
function reportIssue(issue: v.BaseIssue<unknown>, reporting: Reporting, above: readonly string[] = []): void {
  const { schema, places, report } = reporting;
  const inside = (issue.path ?? []).map(({ key }) => String(key));
  const keys = [...above, ...inside];
  if (issue.type === "union") {
    const option = likeliest(schemasAt(schema, inside), issue.input);
    const { issues } = option ? v.safeParse(option, issue.input, { abortPipeEarly: true }) : {};
    for (const one of issues ?? []) reportIssue(one, { ...reporting, schema: option }, keys);
    if (issues) return;
  }
  const path = keys.join(".");
  const place = nearestPlace(keys, places);
  const key = keys.at(-1) ?? "";
  if (issue.expected === "never") {
    const known = keysAt(schema, inside.slice(0, -1));
    const meant = nearest(key, known);
    const message = `there is no key "${shown(key)}" here; known are ${known.join(", ")}`;
    report("unknown-key", place.key, path, message, meant && `did you mean ${meant}?`);
  } else if (issue.received === "undefined" && !places.has(path)) {
    report("missing-key", place.key, path, `"${key}" is missing: this ${issue.message}`);
  } else {
    report("bad-value", place.value, path, `${path}${repeated(key, place)} ${issue.message}`, fixOf(issue, place));
  }
}

/** Of a union's alternatives, the one that has the most of the keys that were written: what is wrong is wrong with that. */
function likeliest(unions: readonly unknown[], input: unknown): v.GenericSchema | undefined {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return undefined;
  const fits = (option: unknown) => keysOf(option).filter((key) => Object.hasOwn(input, key)).length;
  const options = unions.flatMap((union) => unwrapped(union).options ?? []).filter((one) => keysOf(one).length > 0);
  // A stable sort: of those that fit equally well, the first.
  return options.toSorted((a, b) => fits(b) - fits(a))[0] as v.GenericSchema | undefined;
}

/** Of the key, or of what it is missing in. */
function nearestPlace(keys: readonly string[], places: ReadonlyMap<string, Place>): Place {
  for (let depth = keys.length; depth >= 0; depth--) {
    const place = places.get(keys.slice(0, depth).join("."));
    if (place) return place;
  }
  return { key: 0, value: 0 };
}

/** The value, as far as it may be repeated: the value of a token or password may be a secret. */
function repeated(key: string, { written }: Place): string {
  if (written === undefined || key === "token" || key === "password") return "";
  return ` "${shown(written.replace(/\/\/[^/]*@/, "//…@"), 60)}"`;
}

/** Quotes, where a number is written for a text; the nearest of the allowed words, where one is near. */
function fixOf(issue: v.BaseIssue<unknown>, { written }: Place): string | undefined {
  if (written === undefined) return undefined;
  const typed = typeof issue.input === "number" || typeof issue.input === "boolean";
  if (typed && issue.expected === "string") return `"${written}"`;
  const [, expected = ""] = /(?:must be|needs) (?:one of )?(.*)/.exec(issue.message) ?? [];
  const words = expected.match(/[\w-]{3,}/g) ?? [];
  const meant = nearest(written, words);
  return meant && `did you mean ${meant}?`;
}

/** The keys an object may have at `path` of the schema. */
function keysAt(schema: unknown, path: readonly string[]): string[] {
  return [...new Set(schemasAt(schema, path).flatMap(keysOf))];
}

function schemasAt(schema: unknown, path: readonly string[]): readonly unknown[] {
  return path.reduce<readonly unknown[]>((schemas, key) => schemas.flatMap((one) => below(one, key)), [schema]);
}

function keysOf(schema: unknown): string[] {
  return alternatives(schema).flatMap((one) => Object.keys(one.entries ?? {}));
}

/** The parts of valibot's schema objects that contain other schemas. */
interface Schematic {
  readonly wrapped?: unknown;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly item?: unknown;
}

function unwrapped(schema: unknown): Schematic {
  const { wrapped } = schema as Schematic;
  return wrapped ? unwrapped(wrapped) : (schema as Schematic);
}

function alternatives(schema: unknown): Schematic[] {
  const one = unwrapped(schema);
  return one.options?.every((option) => typeof option === "object") ? one.options.flatMap(alternatives) : [one];
}

function below(schema: unknown, key: string): unknown[] {
  return alternatives(schema).flatMap(
    ({ entries, item }) => item ?? (entries && Object.hasOwn(entries, key) ? entries[key] : []),
  );
}
