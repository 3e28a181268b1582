/** Reads one file of a search: the dataset that it is, or what kind of plain file. */
import { type DatasetFinding, type Description, TooManyNames } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { isFailure } from "../../core/failure.ts";
import type { PlainEntry } from "../../core/stac/catalog-entry.ts";
import type { World } from "../../core/world.ts";
import { kindOf, notDescribed } from "../../formats/kind/kind.ts";
import { type FormatReader, startFile } from "../../formats/reader.ts";

/** The description or failure of the dataset that a folder or file itself is, or the kind of a plain file. */
export type Here = DatasetHere | PlainHere;

export type DatasetHere = { readonly reader: string } & (
  | { readonly description: Description }
  | { readonly failure: { readonly kind: "input" | "corrupt"; readonly message: string } }
);

export interface PlainHere {
  readonly plain: PlainEntry["plain"];
  readonly findings: readonly DatasetFinding[];
}

/** Returns the description or failure of a file that a reader recognises, or the kind of another one. */
export async function describedFile(
  source: RangeSource,
  readers: readonly FormatReader[],
  world: World,
): Promise<Here> {
  const { start, recognised } = await startFile(readers, source);
  if (recognised) return described(recognised.reader, () => recognised.describe(world));
  const media = kindOf(start);
  const finding = media && notDescribed(media);
  return {
    plain: { kind: "file", size: source.size, ...(media && { media }) },
    findings: finding ? [finding] : [],
  };
}

/** @throws TooManyNames as `describe` does, and what is no fault of the content. */
export async function described({ name }: FormatReader, describe: () => Promise<Description>): Promise<DatasetHere> {
  try {
    return { reader: name, description: await describe() };
  } catch (error) {
    if (error instanceof TooManyNames) throw error;
    return { reader: name, failure: badContent(error) };
  }
}

/** @throws the error itself unless its kind is `input` or `corrupt`. */
export function badContent(error: unknown): Extract<DatasetHere, { failure: unknown }>["failure"] {
  if (!isFailure(error, "input", "corrupt")) throw error;
  return { kind: error.kind as "input" | "corrupt", message: error.message };
}
