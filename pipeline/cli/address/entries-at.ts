/** What is at an address on IPFS, as a scan would describe it: for `inspect` of what is not on this machine's disk as files. */
import { readers } from "../../campaign/readers/readers.ts";
import { readAliases } from "../../campaign/remotes.ts";
import type { Facts } from "../../core/campaign/campaign.ts";
import { Failure } from "../../core/failure.ts";
import type { Entry } from "../../core/stac/catalog-entry.ts";
import { memoryInMemory } from "../../disk/cache.ts";
import { scan } from "../../stages/scan/scan.ts";
import type { Call } from "../verb.ts";
import { locate } from "./locate.ts";
import { parseAddress } from "./parse-address.ts";

/** Whether `given` can be nothing but an address: content on IPFS, a name, or below something that was pulled. */
export async function isAddress(given: string, { folderAround }: Call): Promise<boolean> {
  const parsed = parseAddress(given);
  if (parsed.in !== "tree") return true;
  const folder = folderAround();
  if (folder === undefined || parsed.release !== undefined) return false;
  const { pulled } = await readAliases(folder);
  return Object.hasOwn(pulled, parsed.path.split("/")[0] ?? "");
}

/**
 * The datasets and plain files at an address, with paths below it.
 *
 * @throws Failure `input` where nothing is there, `unavailable` where its blocks are out of reach
 */
export async function entriesAt(given: string, facts: Facts, call: Call): Promise<readonly Entry[]> {
  const { cid, path, get } = await locate(given, call);
  const using = { get, readers, facts, isScanned: () => true, leafContents: memoryInMemory() };
  const name = path.slice(path.lastIndexOf("/") + 1) || cid.toString();
  const found: Entry[] = [];
  for await (const { entries, unreachable } of scan([{ path: name, cid }], using, call.world)) {
    if (unreachable !== undefined) throw new Failure("unavailable", unreachable);
    found.push(...entries);
  }
  return found.map((entry) => ({ ...entry, path: entry.path.slice(name.length + 1) }));
}
