/**
 * A workflow file as GitHub reads it: its own parser, its own expressions.
 *
 * ```ts
 * const { jobs } = workflowFile("publish.yml", text);
 * jobs.publish.permissions; // { contents: "write" }
 * evaluate(jobs.report.if, { github: { event } }); // what GitHub would make of it
 * ```
 */
import { registerHooks } from "node:module";
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";

// The package imports its schema as a bundler would, without saying that it is JSON.
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
  },
});
const { NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

export interface WorkflowFile {
  readonly name: string;
  readonly text: string;
  /** What GitHub would refuse it for. */
  readonly errors: readonly string[];
  /** By event; `null` where nothing is said of it. */
  readonly on: Readonly<Record<string, Record<string, unknown> | readonly Record<string, unknown>[] | null>>;
  readonly permissions?: unknown;
  readonly env?: unknown;
  readonly concurrency?: {
    readonly group?: string;
    readonly "cancel-in-progress"?: boolean | string;
    readonly queue?: string;
  };
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface Job {
  readonly if?: string;
  readonly "runs-on"?: unknown;
  readonly "timeout-minutes"?: number;
  readonly permissions?: unknown;
  readonly environment?: unknown;
  readonly env?: unknown;
  readonly secrets?: unknown;
  readonly steps?: readonly Step[];
}

export interface Step {
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}

/** Expressions stand in it as `${{ … }}`, those of `if:` too. */
export function workflowFile(name: string, text: string): WorkflowFile {
  const { context, value } = parseWorkflow({ name, content: text }, new NoOperationTraceWriter());
  const errors = context.errors.getErrors().map(({ message }) => message);
  const read = plain(JSON.parse(JSON.stringify(value ?? null))) as Omit<WorkflowFile, "name" | "text" | "errors">;
  return { ...read, name, text, errors };
}

/** What an expression comes to, `${{ }}` around it or not. `success()` and its like are what `status` says. */
export function evaluate(
  expression: string,
  contexts: Readonly<Record<string, unknown>>,
  status: "success" | "failure" | "cancelled" = "success",
): unknown {
  const names = ["github", "inputs", "needs"];
  const functions = ["success", "failure", "cancelled", "always"].map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(name === "always" || name === status),
  }));
  const source = expression.replace(/^\$\{\{\s*|\s*\}\}$/g, "");
  const tree = new Parser(new Lexer(source).lex().tokens, names, functions).parse();
  const given = new data.Dictionary(...names.map((key) => ({ key, value: dataOf(contexts[key] ?? {}) })));
  const result = new Evaluator(tree, given, new Map(functions.map((one) => [one.name, one]))).evaluate();
  return result.kind === data.Kind.Null ? null : (result as data.BooleanData | data.StringData).value;
}

function dataOf(value: unknown): data.ExpressionData {
  return JSON.parse(JSON.stringify(value), data.reviver) as data.ExpressionData;
}

/** The parser's tokens as plain values. */
function plain(token: Token): unknown {
  if (token === null || typeof token !== "object") return token;
  if (token.expr !== undefined) return `\${{ ${token.expr} }}`;
  if (token.seq) return token.seq.map(plain);
  return Object.fromEntries((token.map ?? []).map(({ Key, Value }) => [String(plain(Key)), plain(Value)]));
}

type Token =
  | null
  | string
  | number
  | boolean
  | {
      readonly expr?: string;
      readonly seq?: readonly Token[];
      readonly map?: readonly { readonly Key: Token; readonly Value: Token }[];
    };
