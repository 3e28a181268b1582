/**
 * Intake catalogs of version 1, as they are written by hand: which data they point to, and where the catalogs in them are.
 *
 * Texts of a catalog are not executed. Of its templates, `{{CATALOG_DIR}}` and parameters with a default are filled in; a
 * source that has another is named with the reason.
 *
 * @see https://intake.readthedocs.io/en/v0.7/catalog.html#yaml-format
 */
import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { Failure } from "../failure.ts";
import { isRecord } from "../json.ts";
import { oneLine, shown } from "../text/shown.ts";

export type CatalogSource = { readonly name: string } & (
  | { readonly kind: "file" | "zarr"; readonly url: string; readonly isNetcdf: boolean }
  | { readonly kind: "catalog"; readonly address: string }
  /** Why it can't be imported. */
  | { readonly kind: "other"; readonly why: string }
);

/** Characters of a catalog, levels of YAML in it, and sources. */
export const catalogLimits = { characters: 4 * 1024 * 1024, depth: 20, sources: 10_000 } as const;

/**
 * The sources of a catalog, in its order.
 *
 * @param folder where the catalog is: a URL or a path, without a slash at the end.
 * @throws Failure `input` where the text is no catalog of version 1.
 */
export function sourcesIn(text: string, folder: string, name: string): CatalogSource[] {
  const catalog = yamlOf(text, name);
  const sources = isRecord(catalog) ? catalog.sources : undefined;
  if (!isRecord(sources)) {
    const hint = "catalogs of intake 2, which have data: and entries:, are not read";
    throw new Failure("input", `${shown(name, 300)} is no intake catalog of version 1: it has no sources:`, { hint });
  }
  const entries = Object.entries(sources);
  if (entries.length > catalogLimits.sources) {
    throw new Failure("input", `${shown(name, 300)} has ${entries.length} sources, more than ${catalogLimits.sources}`);
  }
  return entries.map(([name, source]) => sourceOf(name, isRecord(source) ? source : {}, folder));
}

function yamlOf(text: string, name: string): unknown {
  if (text.length > catalogLimits.characters) {
    throw new Failure("input", `${shown(name, 300)} has ${text.length} characters, more than are read`);
  }
  try {
    // Every scalar is text: names such as 2020 and no stay what they are.
    return load(text, { schema: FAILSAFE_SCHEMA, maxAliases: 100, maxDepth: catalogLimits.depth });
  } catch (cause) {
    const why = cause instanceof Error ? oneLine(cause.message).slice(0, 300) : String(cause);
    throw new Failure("input", `${shown(name, 300)} is no YAML: ${why}`, { cause });
  }
}

type Fields = Readonly<Record<string, unknown>>;

function sourceOf(name: string, source: Fields, folder: string): CatalogSource {
  const other = (why: string) => ({ name, kind: "other", why }) as const;
  if (!isName(name)) return other("its name can't be that of a file");
  const driver = typeof source.driver === "string" ? source.driver : "";
  const args: Fields = isRecord(source.args) ? source.args : {};
  const isCatalog = /yaml_files?_cat|YAMLFile/i.test(driver);
  const address = isCatalog ? args.path : args.urlpath;
  if (Array.isArray(address)) return other("it has several addresses");
  if (typeof address !== "string" || address === "") return other(`its driver ${shown(driver)} has no address`);
  const filled = filledIn(address, folder, isRecord(source.parameters) ? source.parameters : {});
  if (/\{\{|\{%/.test(filled)) return other(`its address has parameters without a default: ${shown(address, 200)}`);
  if (isCatalog) return { name, kind: "catalog", address: filled };
  if (/[*]/.test(filled)) return other(`its address has a pattern: ${shown(filled, 200)}`);
  if (!URL.canParse(filled) || !/^https?:$/.test(new URL(filled).protocol)) {
    return other(`only http and https are fetched: ${shown(filled, 200)}`);
  }
  if (/zarr/i.test(driver)) return { name, kind: "zarr", url: filled.replace(/\/+$/, ""), isNetcdf: false };
  const url = filled.replace("/dodsC/", "/fileServer/");
  const isOpendap = /opendap/i.test(driver);
  if (isOpendap && url === filled) return other("an OPeNDAP server whose file address is not known");
  return { name, kind: "file", url, isNetcdf: isOpendap || /netcdf/i.test(driver) };
}

/** One name in a tree. */
const isName = (name: string) => /^[^/\x00-\x1f\x7f]{1,200}$/.test(name) && name !== "." && name !== "..";

function filledIn(address: string, folder: string, parameters: Fields): string {
  return address.replace(/\{\{\s*(\w+)\s*\}\}/g, (template, name: string) => {
    if (name === "CATALOG_DIR") return folder;
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const value = isRecord(parameter) ? parameter.default : undefined;
    return typeof value === "string" && !value.includes("{") ? value : template;
  });
}
