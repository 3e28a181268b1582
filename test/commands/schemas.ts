/** Everything we print as JSON is held by a schema in `schemas/`. */
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "vitest";

const folder = new URL("../../schemas/", import.meta.url);
const ajv = new Ajv2020({ strict: true, strictTuples: false, allErrors: true });
for (const file of readdirSync(folder)) {
  const schema = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  if (schema.$schema?.includes("2020-12")) ajv.addSchema(schema, file);
}

/** Each of `lines` is what `schemas/<name>.schema.json` says. */
export function expectSchema(name: string, lines: readonly unknown[]): void {
  const validate = ajv.getSchema(`${name}.schema.json`);
  if (!validate) throw new Error(`there is no schemas/${name}.schema.json`);
  for (const line of lines) {
    validate(line);
    expect(validate.errors ?? [], JSON.stringify(line).slice(0, 500)).toEqual([]);
  }
}
