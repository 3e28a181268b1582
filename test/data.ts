/**
 * Data that is not ours, which the project may use but not copy.
 *
 * It is looked for beside the clone, in `../shared/data/<name>`: `dropsondes` and `zarr` are what a real campaign
 * measured, `cf` is CF's table of standard names, `datacite` the XML Schema of DataCite's metadata, `stac-schemas` the
 * published JSON Schemas as `<host>/<path>`, `github-openapi` GitHub's description of its REST API. STAC's schemas have a
 * public address, so `npm test` fetches them where the folder is not there (see `servers/schemas.ts`).
 *
 * ```ts
 * const zarr = data("zarr");
 * describe.skipIf(!zarr)("on what a real campaign measured", () => { … });
 * ```
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { recordAbsence } from "./absent.ts";
import { schemaFolder } from "./servers/schemas.ts";

export type DataName = "cf" | "datacite" | "dropsondes" | "github-openapi" | "stac-schemas" | "zarr";

const beside = resolve(import.meta.dirname, "../../shared/data");

/** Absolute path of the folder; `undefined`, and on the list of absences, where it isn't on this machine. */
export function data(name: DataName): string | undefined {
  const found = findData(name);
  if (found) return found;
  const place = `../shared/data/${name}`;
  return recordAbsence({
    what: `the data set ${name}`,
    why: `there is no ${place} beside this clone`,
    get: name === "stac-schemas" ? "run `npm run test:setup` where schemas.stacspec.org answers" : `put it at ${place}`,
    required: false,
  });
}

export function findData(name: DataName): string | undefined {
  if (existsSync(join(beside, name))) return join(beside, name);
  if (name === "stac-schemas" && existsSync(join(schemaFolder, ".made"))) return schemaFolder;
  return undefined;
}
