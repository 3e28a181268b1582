/** Texts along a dimension: what its coordinate, or the variable with a `cf_role`, calls each of its places. */
import { allMissing, type Reading } from "./reading.ts";
import type { CfVariable } from "./variable.ts";

/** Labels that are listed, and how long each may be. */
const listed = { most: 100, length: 200 } as const;

export const isText = ({ type }: CfVariable) => /^(U|S)\d+$|^(string|bytes)$/.test(type);

/** In their order, without those that are missing; `undefined` where they are too many, can't be read, or are all missing. */
export async function labelsOf(variable: CfVariable, reading: Reading): Promise<readonly string[] | undefined> {
  if (variable.shape.some((size) => size > listed.most)) return undefined;
  const texts = await reading.texts(variable);
  if (!texts || texts.length === 0) return undefined;
  const missing = missingTexts(variable);
  const labels = texts.filter((label) => !missing.has(label)).map((label) => label.slice(0, listed.length));
  if (labels.length > 0) return labels;
  reading.findings.push(allMissing(variable));
  return undefined;
}

/**
 * Texts that xarray takes for missing. Numbers are not among them. The fill value of bytes is bytes, and `missing_value` is
 * text, so that bytes are compared with the one, and what `_Encoding` makes text of them with the other.
 */
function missingTexts({ type, attributes, missing }: CfVariable): ReadonlySet<string> {
  const isBytes = /^S\d+$|^bytes$/.test(type);
  const isDecoded = attributes._Encoding !== undefined;
  const fill = isBytes && isDecoded ? [] : missing.length > 0 ? missing : [attributes._FillValue];
  const others = isBytes && !isDecoded ? [] : [attributes.missing_value].flat();
  return new Set([...fill, ...others].filter((value) => typeof value === "string"));
}
