/** What the world will see of what was dropped: its description, by the readers that a campaign scans with. */
import type { Facts } from "../../pipeline/core/campaign/campaign.ts";
import type { Description } from "../../pipeline/core/dataset/dataset.ts";
import { isFailure } from "../../pipeline/core/failure.ts";
import type { PageAbout } from "../../pipeline/core/page/about.ts";
import { findingsOf } from "../../pipeline/core/stac/findings.ts";
import { itemOf } from "../../pipeline/core/stac/item.ts";
import type { World } from "../../pipeline/core/world.ts";
import { openFile, openFolder } from "../../pipeline/dag/read/folder.ts";
import { withBlocks } from "../../pipeline/formats/block-cache.ts";
import { startFile } from "../../pipeline/formats/reader.ts";
import { readersUsing } from "../../pipeline/formats/readers.ts";
import { decompressors } from "../reading/decompressors.ts";
import type { AddedHere } from "./add.ts";

export type Described =
  | { readonly kind: "dataset"; readonly about: PageAbout }
  /** No reader knows it, or it can't be read: why. */
  | { readonly kind: "plain" }
  | { readonly kind: "failed"; readonly reader: string; readonly message: string };

/** @param path that it will have in the tree */
export async function describeHere(
  { root, get }: AddedHere,
  path: string,
  facts: Facts,
  world: World,
): Promise<Described> {
  const found = await readerFor(root.cid, get, world);
  if (!found) return { kind: "plain" };
  const { reader, describe } = found;
  let description: Description;
  try {
    description = await describe();
  } catch (error) {
    if (!isFailure(error, "input", "corrupt")) throw error;
    return { kind: "failed", reader, message: error.message };
  }
  const cid = root.cid.toString();
  const { item, findings } = itemOf({ path, cid, tsize: root.tsize, reader, description }, facts);
  const about: PageAbout = {
    path,
    cid,
    reader,
    item,
    findings: findingsOf(description, findings),
    related: [],
    facts,
    isPublished: false,
  };
  return { kind: "dataset", about };
}

async function readerFor(cid: AddedHere["root"]["cid"], get: AddedHere["get"], world: World) {
  const readers = readersUsing(decompressors);
  const folder = await openFolder(cid, get);
  if (folder) {
    const names = new Set(folder.entries.keys());
    const reader = readers.find(({ folders }) => folders?.recognises(names));
    const { folders } = reader ?? {};
    return reader && folders && { reader: reader.name, describe: () => folders.describe(folder, world) };
  }
  const file = await openFile(cid, get);
  if (!file) return undefined;
  const { recognised } = await startFile(readers, withBlocks(file));
  return recognised && { reader: recognised.reader.name, describe: () => recognised.describe(world) };
}
