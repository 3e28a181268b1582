/** One of several files that may continue one another. */
import type { RangeSource } from "../../../../core/dataset/range-source.ts";
import { Failure, isFailure } from "../../../../core/failure.ts";
import { shown } from "../../../../core/text/shown.ts";
import { withBlocks } from "../../../block-cache.ts";
import type { FilePart } from "../../../reader.ts";
import type { NetcdfFile } from "../../file.ts";

export interface OpenPart {
  readonly name: string;
  readonly url: string;
  readonly source: RangeSource;
  readonly file: NetcdfFile;
}

/** Blocks of a file that are remembered while it is compared: some thousand files are opened, few at a time. */
const blocks = 16;

/** @throws Failure `input` where the file is damaged; `unavailable` as the source does. */
export async function opened(
  { name, url, open }: FilePart,
  parse: (source: RangeSource) => Promise<NetcdfFile>,
): Promise<OpenPart> {
  const source = withBlocks(await open(), { blocks });
  return { name, url, source, file: await naming(name, parse(source)) };
}

/** @throws what `work` throws; a Failure `input` with the name of the file. */
export async function naming<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    throw new Failure("input", `${shown(name)}: ${error.message}`, { cause: error });
  }
}
