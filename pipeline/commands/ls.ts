/**
 * `ls`: what a folder holds.
 *
 * A raw block's size is taken from the link to it: reading each would load the whole folder's data just to list it.
 */
import { inOrder } from "../core/concurrency.ts";
import { sayBytes } from "../core/shown.ts";
import { codecs, type Get } from "../dag/block.ts";
import type { DirectoryEntry } from "../dag/directory.ts";
import { entries, type Stat, stat } from "../dag/read.ts";
import { locate } from "./address.ts";
import type { Verb } from "./command.ts";
import { printable } from "./terminal.ts";

/** Root blocks of entries asked for at once. */
const atOnce = 16;

export const ls: Verb = {
  args: "[address]",
  about:
    "The whole tree unless an address is named. A line an entry, in byte order of names: kind, size, CID, name. The size of a file is that of its contents, the size of a directory counts every block below it. Outside of a campaign, what a CID names is read from the gateways in IPFS_GATEWAY.",
  example: "fieldtree ls products/HALO",

  async run(call) {
    const { cid, path, get } = await locate(call.args[0] ?? "/", call);
    const about = await stat(cid, get);
    const listed: DirectoryEntry[] = [];
    if (about.type === "directory") for await (const entry of entries(cid, get)) listed.push(entry);
    else listed.push({ name: path.split("/").at(-1) || cid.toString(), cid, tsize: about.tsize });

    let done = 0;
    for await (const { entry, type, size, target } of inOrder(listed, atOnce, (entry) => described(entry, get))) {
      const { name, cid } = entry;
      const shown = printable(target === undefined ? name : `${name} -> ${target}`);
      const text = [type.padEnd(9), sayBytes(size).padStart(6), cid.toString().padEnd(59), shown].join("  ");
      call.out.result({ name, cid: cid.toString(), size, type }, text);
      call.world.progress({ task: "listing", done: ++done, total: listed.length, unit: "files" });
    }
    return 0;
  },
};

async function described(entry: DirectoryEntry, get: Get): Promise<Stat & { readonly entry: DirectoryEntry }> {
  const { cid, tsize } = entry;
  const about: Stat = cid.code === codecs.raw ? { type: "file", size: tsize, tsize } : await stat(cid, get);
  return { entry, ...about };
}
