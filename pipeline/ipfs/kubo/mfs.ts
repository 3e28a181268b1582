/**
 * The tree in Kubo's own file system (MFS), where users can browse it: `/fieldtree/<campaign>/<root>`.
 *
 * One `files/cp` of the root links the whole tree. That also protects the tree from garbage collection, but the pin is what
 * fieldtree relies on for that.
 */
import { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Rpc } from "../../http/kubo-rpc.ts";

/**
 * Link `root` in the campaign's folder, then remove the roots that were linked there before.
 *
 * Does nothing where `root` is linked already; another object under its name is replaced. Only entries named by a CID are
 * removed: other entries belong to the user who created them.
 *
 * @throws Failure `corrupt` where Kubo lists another root than it was given.
 */
export async function showIn(rpc: Rpc, root: CID, campaign: string, world: World): Promise<void> {
  if (["", ".", ".."].includes(campaign) || /[/\0]/.test(campaign)) {
    throw new Failure("input", `${JSON.stringify(campaign)} can't be the name of a folder`);
  }
  const folder = `/fieldtree/${campaign}`;
  const path = `${folder}/${root}`;

  const existing = await cidAt(rpc, path, world);
  if (!existing || !sameData(existing, root)) {
    if (existing) await remove(rpc, path, world);
    const copying = { parents: true, offline: true };
    await rpc.call("files/cp", (kubo, by) => kubo.files.cp(`/ipfs/${root}`, path, { ...by, ...copying }), world);
    const shown = await cidAt(rpc, path, world);
    if (!shown || !sameData(shown, root)) {
      throw new Failure("corrupt", `${rpc.name} shows ${shown ?? "nothing"} at ${path}, where ${root} was put`);
    }
  }
  for (const name of await namesIn(rpc, folder, world)) {
    if (name === `${root}` || !isCid(name)) continue;
    await remove(rpc, `${folder}/${name}`, world);
  }
}

function remove(rpc: Rpc, path: string, world: World): Promise<void> {
  return rpc.call("files/rm", (kubo, by) => kubo.files.rm(path, { ...by, recursive: true }), world);
}

async function cidAt(rpc: Rpc, path: string, world: World): Promise<CID | undefined> {
  try {
    const offline = { offline: true };
    return (await rpc.call("files/stat", (kubo, by) => kubo.files.stat(path, { ...by, ...offline }), world)).cid;
  } catch (error) {
    if (isFailure(error) && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

async function namesIn(rpc: Rpc, folder: string, world: World): Promise<string[]> {
  const entries = await rpc.call("files/ls", (kubo, by) => Array.fromAsync(kubo.files.ls(folder, by)), world);
  return entries.map(({ name }) => name);
}

/** Kubo may return a version 1 CID for a root that was created with version 0. */
function sameData(a: CID, b: CID): boolean {
  return a.toV1().equals(b.toV1());
}

function isCid(name: string): boolean {
  try {
    CID.parse(name);
    return true;
  } catch {
    return false;
  }
}
