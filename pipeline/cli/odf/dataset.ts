/** Open Data Fabric datasets that verbs take: a folder of this machine, an address on IPFS, or the address of a web server. */
import { resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import { openFolder } from "../../dag/read/folder.ts";
import { localFolder } from "../../disk/folder.ts";
import { type Chain, filesIn, type OdfFiles, openChain } from "../../formats/odf/chain.ts";
import { filesAt } from "../../http/files.ts";
import { locate } from "../address/locate.ts";
import type { Call } from "../verb.ts";
import { isWebAddress } from "./about.ts";

export interface OpenDataset {
  readonly files: OdfFiles;
  readonly chain: Chain;
}

/** @throws Failure `input` where nothing is there, or no such dataset */
export async function openDataset(given: string, call: Call): Promise<OpenDataset> {
  const files = await filesOf(given, call);
  try {
    return { files, chain: await openChain(files) };
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.kind !== "input") throw cause;
    throw new Failure("input", `${shown(given, 200)} is no dataset of Open Data Fabric: ${cause.message}`, {
      hint: "such a dataset has refs/head and blocks/; fieldtree inspect describes anything else",
    });
  }
}

async function filesOf(given: string, call: Call): Promise<OdfFiles> {
  const { cwd, world } = call;
  if (isWebAddress(given)) return filesAt(given, world);
  const local = await localFolder(resolve(cwd, given));
  if (local) return filesIn(local, world);
  const { cid, get } = await locate(given, call);
  const folder = await openFolder(cid, get);
  if (!folder) throw new Failure("input", `${shown(given, 200)} is a file`);
  return filesIn(folder, world);
}
