/** Reads one file of a search: the dataset that it is, by its content or its sidecar, or what kind of plain file. */
import { type DatasetFinding, type Description, TooManyNames } from "../../core/dataset/dataset.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { isFailure } from "../../core/failure.ts";
import type { PlainEntry } from "../../core/stac/catalog-entry.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { datasetMeta, describedBySidecar, withFileSidecar } from "../../formats/dataset-meta.ts";
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

/** A sidecar in the folder of the file that it describes. */
export interface FileSidecar {
  readonly name: string;
  /** Its first bytes ({@link sidecarRange}); `undefined` where it is a folder. */
  read(): Promise<Uint8Array | undefined>;
}

/** A file whose first bytes were read. */
export interface StartedDataset {
  readonly start: Uint8Array;
  /** Absent where no reader recognises the file and it has no sidecar. */
  readonly dataset?: { readonly reader: FormatReader; describe(world: World): Promise<Description> };
}

/** Finds who describes a file: a reader, whose description its sidecar overrides, or the sidecar alone. */
export async function fileDataset(
  source: RangeSource,
  readers: readonly FormatReader[],
  sidecar: FileSidecar | undefined,
): Promise<StartedDataset> {
  const { start, recognised } = await startFile(readers, source);
  if (!sidecar) return { start, ...(recognised && { dataset: recognised }) };
  const { name } = sidecar;
  const describe = async (world: World) =>
    recognised
      ? withFileSidecar(await recognised.describe(world), name, await sidecar.read())
      : describedBySidecar(kindOf(start), name, await sidecar.read());
  return { start, dataset: { reader: recognised?.reader ?? datasetMeta, describe } };
}

/** Returns the description or failure of a file that is a dataset, or the kind of another one. */
export async function describedFile(
  source: RangeSource,
  readers: readonly FormatReader[],
  world: World,
  sidecar?: FileSidecar,
): Promise<Here> {
  const { start, dataset } = await fileDataset(source, readers, sidecar);
  if (dataset) return described(dataset.reader, () => dataset.describe(world));
  const media = kindOf(start);
  const finding = media && notDescribed(media);
  return {
    plain: { kind: "file", size: source.size, ...(media && { media }) },
    findings: finding ? [finding] : [],
  };
}

/** @throws TooManyNames as `describe` does, and what is no fault of the content. */
export async function described(
  { name }: Pick<FormatReader, "name">,
  describe: () => Promise<Description>,
): Promise<DatasetHere> {
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

/** What is wrong with a sidecar whose file is not in its folder, or is a folder itself. `name`: of the sidecar. */
export function sidecarAlone(name: string, file: string, isFolder: boolean): DatasetFinding {
  return {
    level: "warning",
    rule: "sidecar-alone",
    says: `${shown(name)} describes ${shown(file)}, which is ${isFolder ? "a folder" : "not in this folder"}, so it is not used`,
    fix: isFolder
      ? `move it to ${shown(file)}/dataset_meta.yaml`
      : `add ${shown(file)} to the folder, or rename the sidecar after its file`,
  };
}
