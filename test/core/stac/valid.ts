/** Judgement of the published JSON Schemas, by the STAC project's own validator, without a network. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

interface Report {
  readonly valid: boolean;
  readonly id: string;
  readonly messages: readonly string[];
  readonly results: {
    readonly core: readonly SchemaError[];
    readonly extensions: Readonly<Record<string, readonly SchemaError[]>>;
  };
}

interface SchemaError {
  readonly instancePath: string;
  readonly message: string;
}

/** What the schemas in `folder` (`<host>/<path>`) have against `documents`: nothing where all are valid. All at once: each call compiles anew. */
export async function schemaErrors(documents: readonly unknown[], folder: string): Promise<string[]> {
  const validate = createRequire(import.meta.url)("stac-node-validator");
  const loader = async (address: string) => {
    const { host, pathname } = new URL(address);
    return JSON.parse(readFileSync(join(folder, host, pathname), "utf8"));
  };
  // Plain copies, as they would come out of a file.
  const report = await validate(JSON.parse(JSON.stringify(documents)), { loader });
  const reports: readonly Report[] = report.children.length > 0 ? report.children : [report];
  if (reports.length !== documents.length) throw new Error(`${documents.length} documents, ${reports.length} judged`);
  return reports
    .filter(({ valid }) => !valid)
    .map(({ id, messages, results }) => {
      const errors = Object.entries({ core: results.core, ...results.extensions }).flatMap(([name, found]) =>
        found.map(({ instancePath, message }) => `${name} ${instancePath} ${message}`),
      );
      return [id, ...messages, ...errors].join("\n  ");
    });
}
