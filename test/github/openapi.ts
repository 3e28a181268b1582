/**
 * GitHub's own description of its REST API, as a judge of every request and every answer.
 *
 * The description isn't ours and isn't in the project (`../data.ts`). Without it the box still works; it only can't
 * prove that it speaks as GitHub does, and the tests that rest on that proof are skipped.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { Json } from "./call.ts";

export interface Description {
  /** Whether GitHub's description, as we have it, knows this operation. */
  knows(route: string): boolean;
  routes(): string[];
  /** What is wrong with a request, in GitHub's words; `undefined` where nothing is. */
  requestFault(route: string, query: Json, body: unknown): string | undefined;
  /** What is wrong with an answer of ours; `undefined` where nothing is. */
  answerFault(route: string, status: number, body: unknown): string | undefined;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Json;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, { schema: Json }> };
  readonly responses: Record<string, { $ref?: string; content?: Record<string, unknown> }>;
}

interface Document {
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: { readonly parameters: Record<string, Parameter>; readonly schemas: Json };
}

const root = "https://api.github.com/description";

/** Read the description in `folder` and make ready to judge; validators are compiled when they are first needed. */
export function readDescription(folder: string): Description {
  const document = forAjv(JSON.parse(readFileSync(join(folder, "gh.subset.json"), "utf8"))) as Document;
  const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true, validateFormats: true }));
  // GitHub itself sends empty addresses where it has none.
  ajv.addFormat("uri", (address) => address === "" || URL.canParse(address));
  const lenient = addFormats.default(new Ajv({ strict: false, allErrors: true, coerceTypes: "array" }));
  ajv.addSchema({ $id: root, ...document });
  ajv.addFormat("repo.nwo", /^[^/]+\/[^/]+$/);
  lenient.addSchema({ $id: root, ...document });
  const operations = new Map<string, { path: string; method: string; operation: Described }>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      operations.set(`${method.toUpperCase()} ${path}`, { path, method, operation });
    }
  }
  const validators = new Map<string, ValidateFunction | undefined>();
  const once = (key: string, make: () => ValidateFunction | undefined) => {
    if (!validators.has(key)) validators.set(key, make());
    return validators.get(key);
  };
  const at = (...steps: string[]) => `${root}#/${steps.map((step) => encodeURIComponent(pointer(step))).join("/")}`;

  return {
    knows: (route) => operations.has(route),
    routes: () => [...operations.keys()],

    requestFault(route, query, body) {
      const { path, method, operation } = operations.get(route)!;
      const queryFault = once(`query ${route}`, () => {
        const all = (operation.parameters ?? []).map((one) =>
          one.$ref ? document.components.parameters[one.$ref.split("/").at(-1)!]! : one,
        );
        const inQuery = all.filter((one) => one.in === "query");
        return lenient.compile({
          type: "object",
          properties: Object.fromEntries(inQuery.map(({ name, schema }) => [name, absolute(schema)])),
          required: inQuery.filter((one) => one.required).map(({ name }) => name),
        });
      })!;
      if (!queryFault({ ...query })) return inGitHubsWords(queryFault.errors!, query);
      if (!operation.requestBody?.content["application/json"]) return undefined;
      const bodyFault = once(`body ${route}`, () =>
        ajv.compile({ $ref: at("paths", path, method, "requestBody", "content", "application/json", "schema") }),
      )!;
      if (body === undefined && !operation.requestBody.required) return undefined;
      return bodyFault(body ?? {}) ? undefined : inGitHubsWords(bodyFault.errors!, body ?? {});
    },

    answerFault(route, status, body) {
      const { path, method, operation } = operations.get(route)!;
      const response = operation.responses[status];
      if (!response) {
        // What stands for every operation isn't repeated at each: who may, how often, and trouble.
        if (status >= 400) return undefined;
        return `${route} never answers ${status}: GitHub describes ${Object.keys(operation.responses).join(", ")}`;
      }
      const name = response.$ref?.split("/").at(-1);
      const shared = (document.components as unknown as { responses: Json }).responses;
      const content = (name ? (shared[name] as { content?: Json }) : response).content?.["application/json"];
      if (!content) return undefined;
      const validate = once(`${status} ${route}`, () => {
        const steps = name ? ["components", "responses", name] : ["paths", path, method, "responses", String(status)];
        return ajv.compile({ $ref: at(...steps, "content", "application/json", "schema") });
      })!;
      if (validate(body)) return undefined;
      const faults = validate
        .errors!.slice(0, 5)
        .map(({ instancePath, message }) => `${instancePath || "/"} ${message}`);
      return `${route} ${status}: ${faults.join("; ")}`;
    },
  };
}

/** OpenAPI 3.0 lets `nullable` stand beside `$ref`, `allOf` and `enum`, which a JSON Schema validator does not read so. */
function forAjv(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(forAjv);
  if (typeof part !== "object" || part === null) return part;
  const { nullable, ...rest } = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, forAjv(value)]));
  if (nullable === true) return { anyOf: [{ type: "null" }, rest] };
  // A property may itself be called "nullable".
  return typeof nullable === "object" ? { ...rest, nullable } : rest;
}

/** A schema taken out of the document still means the document by `#/…`. */
function absolute(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(absolute);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) =>
    key === "$ref" && typeof value === "string" && value.startsWith("#") ? [key, root + value] : [key, absolute(value)],
  );
  return Object.fromEntries(entries);
}

function pointer(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

function inGitHubsWords(errors: readonly ErrorObject[], data: unknown): string {
  // What `forAjv` wrapped fails twice, and only one of the two says why.
  const telling = errors.find(({ keyword, params }) => keyword !== "anyOf" && params.type !== "null") ?? errors[0]!;
  const { keyword, params, instancePath, message } = telling;
  const place = instancePath.split("/").slice(1);
  const value = place.reduce<unknown>((part, step) => (part as Json)?.[step], data);
  switch (keyword) {
    case "required":
      return `"${params.missingProperty}" wasn't supplied.`;
    case "maxItems":
      return `No more than ${params.limit} items are allowed; ${(value as unknown[]).length} were supplied.`;
    case "enum":
      return `${JSON.stringify(value)} is not a member of ${JSON.stringify(params.allowedValues)}.`;
    case "type":
      return `For 'properties/${place.at(-1) ?? ""}', ${JSON.stringify(value)} is not a ${params.type}.`;
    default:
      return `For '${place.join("/")}', ${message}.`;
  }
}
