/** Brings an Open Data Fabric dataset from a web server to the campaign's node, every file hashed on its way. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import type { Campaign } from "../../campaign/campaign.ts";
import type { RangeSource } from "../../core/dataset/range-source.ts";
import { openFolder } from "../../dag/read/folder.ts";
import { filesIn, type OdfFiles } from "../../formats/odf/chain.ts";
import { addFiles } from "../../ipfs/add-files.ts";
import type { Fetched } from "../../ipfs/fetch-missing.ts";
import type { Call } from "../verb.ts";
import { copyOpened } from "./copy.ts";
import { openDataset } from "./dataset.ts";

/** `before`: CID of an earlier state of it at the node, whose files are not asked for again. */
export async function storeDataset(
  url: string,
  before: string | undefined,
  campaign: Campaign,
  call: Call,
): Promise<{ readonly cid: CID; readonly fetched: Fetched }> {
  const { world } = call;
  const { files, chain } = await openDataset(url, call);
  const folder = before === undefined ? undefined : await openFolder(CID.parse(before), campaign.get);
  const fetched = { blocks: 0, bytes: 0 };
  const counted = counting(files, fetched);
  const known = folder ? knownFirst(filesIn(folder, world), counted) : counted;
  await mkdir(campaign.state, { recursive: true });
  const draft = await mkdtemp(join(campaign.state, "pull-"));
  try {
    const target = join(draft, "dataset");
    await copyOpened({ files: known, chain }, target, false, world);
    const { cid } = await addFiles(campaign.home, target, { profile: campaign.profile, symlinks: "refuse" }, world);
    return { cid, fetched };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Files are named by their hashes, so one that is there is the same everywhere. */
function knownFirst(known: OdfFiles, others: OdfFiles): OdfFiles {
  return {
    read: async (path, most) => (await known.read(path, most)) ?? others.read(path, most),
    open: async (path) => (await known.open(path)) ?? others.open(path),
  };
}

/** Counts each file as one block. */
function counting(files: OdfFiles, count: { blocks: number; bytes: number }): OdfFiles {
  return {
    async read(path, most) {
      const bytes = await files.read(path, most);
      if (bytes) {
        count.blocks++;
        count.bytes += bytes.length;
      }
      return bytes;
    },
    async open(path) {
      const source = await files.open(path);
      if (!source) return undefined;
      count.blocks++;
      return {
        ...source,
        async read(offset: number, length: number) {
          const bytes = await source.read(offset, length);
          count.bytes += bytes.length;
          return bytes;
        },
      } satisfies RangeSource;
    },
  };
}
