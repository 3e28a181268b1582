/**
 * A dataset's data through the host that served the page: as verified blocks where it gives those, else as plain files.
 *
 * ```ts
 * const { content, record } = await openData(dataset, new URL(document.baseURI), world, showStatus);
 * if (content.kind === "folder") openZarr(content.folder, decompressors, world);
 * ```
 */
import { CID } from "multiformats/cid";
import type { Folder } from "../../pipeline/core/dataset/dataset.ts";
import type { RangeSource } from "../../pipeline/core/dataset/range-source.ts";
import { Failure, isFailure } from "../../pipeline/core/failure.ts";
import type { World } from "../../pipeline/core/world.ts";
import { openFile, openFolder } from "../../pipeline/dag/read/folder.ts";
import { blocksOf } from "./blocks.ts";
import { type Sha256, sha256Of } from "./hash.ts";
import { plainFile, plainFolder } from "./plain.ts";
import { askOf } from "./request.ts";
import { type Status, type StatusRecord, statusRecord } from "./status.ts";

/** Of the JSON in a dataset's page. */
export interface DatasetAddress {
  readonly cid: string;
  /** The name of the reader that describes it. */
  readonly reader?: string;
  /** Relative to the page: where its folder or file is. */
  readonly data: string;
}

export interface OpenedData {
  readonly content:
    | { readonly kind: "folder"; readonly folder: Folder }
    | { readonly kind: "file"; readonly file: RangeSource };
  readonly record: StatusRecord;
  /** Of the folder, without "/" at its end, or of the file. */
  readonly url: URL;
}

/** Names by which formats recognise a folder. */
const marks = ["zarr.json", ".zmetadata", ".zgroup", ".zarray", ".zattrs"];

/**
 * @param page address of the page
 * @throws Failure `corrupt` where a block does not match its CID: then nothing more is read from the host; `unavailable` where
 * there is nothing to be had.
 */
export async function openData(
  { cid, reader, data }: DatasetAddress,
  page: URL,
  world: World,
  onChange: (status: Status) => void,
  sha256: Sha256 = sha256Of(globalThis.crypto?.subtle),
): Promise<OpenedData> {
  const url = new URL(data.replace(/\/$/, ""), page);
  const record = statusRecord(url.host, onChange);
  const ask = askOf(world);
  const root = CID.parse(cid);
  const blocks = blocksOf({ host: url, ask, sha256, record });
  const why = isWeb(url)
    ? await refusalOf(() => blocks.refusal(root))
    : "has no gateway: this page was opened from a disk";
  if (why === undefined) {
    record.update({ trust: { kind: "verified" } });
    const folder = await openFolder(root, blocks.get);
    if (folder) return { content: { kind: "folder", folder }, record, url };
    const file = await openFile(root, blocks.get);
    if (file) return { content: { kind: "file", file }, record, url };
    throw new Failure("input", `${cid} is neither a folder nor a file`);
  }
  record.update({ trust: { kind: "unverified", why } });
  if (reader === "zarr") {
    const folder = await plainFolder(new URL(`${url.href}/`), marks, { ask, record });
    return { content: { kind: "folder", folder }, record, url };
  }
  const file = await plainFile(url, { ask, record });
  if (!file) throw new Failure("unavailable", `${url.host} has nothing at ${url.pathname}`);
  return { content: { kind: "file", file }, record, url };
}

const isWeb = ({ protocol }: URL) => protocol === "http:" || protocol === "https:";

/** A host that does not answer for a block may well have the file. */
async function refusalOf(ask: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isFailure(error, "unavailable", "input")) throw error;
    return "gives no blocks";
  }
}
