/**
 * The tree in Kubo's own file system, where people browse it: `/fieldtree/<campaign>/<root>`.
 *
 * One `files/cp` of the root links everything at once. It also keeps the tree from garbage collection, but that is not
 * what it is for: the pin is.
 */
import { CID } from "multiformats/cid";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Rpc } from "../../http/kubo-rpc.ts";

/**
 * Let `root` stand there, and then alone.
 *
 * Where it stands already nothing is done; where something else has taken its place, that is replaced. Only what is named
 * by a CID is removed: the rest of the folder belongs to whoever put it there.
 *
 * @throws Failure `corrupt` where Kubo shows another root than it was given.
 */
export async function showIn(rpc: Rpc, root: CID, campaign: string, world: World): Promise<void> {
  if (["", ".", ".."].includes(campaign) || /[/\0]/.test(campaign)) {
    throw new Failure("input", `${JSON.stringify(campaign)} can't be the name of a folder`);
  }
  const folder = `/fieldtree/${campaign}`;
  const path = `${folder}/${root}`;

  const standing = await cidAt(rpc, path, world);
  if (!standing || !sameData(standing, root)) {
    if (standing) await remove(rpc, path, world);
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

/** Kubo may spell in version 1 what was made in version 0. */
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
