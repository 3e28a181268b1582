/**
 * `ls`: lists a folder.
 *
 * A raw block's size is taken from the link to it, because reading each block would load all data of the folder.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { locate } from "../cli/address/locate.ts";
import { aboutAddresses } from "../cli/address/parse-address.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";
import { inOrder } from "../core/concurrency.ts";
import { formatBytes } from "../core/text/shown.ts";
import type { World } from "../core/world.ts";
import { codecs, type Get } from "../dag/block.ts";
import type { DirectoryEntry } from "../dag/directory-entry.ts";
import { type Stat, sortedEntries, stat } from "../dag/read/read.ts";
import { limitYoungHeap } from "../disk/young-heap.ts";

/** Root blocks of entries requested concurrently. */
const atOnce = 16;

/** Entries listed between two turns of the event loop: local blocks are read without a turn, and Ctrl-C needs one. */
const turnEvery = 256;

export const ls: Verb = {
  args: "[address]",
  flags: [["-r, --recursive", "also what is in each folder, and so on, with the path below the address as its name"]],
  about: `The whole tree unless an address is named. A line an entry, in byte order of names: kind, size, CID, name. The size of a file is that of its contents, the size of a directory counts every block below it.

${aboutAddresses}`,
  completes: ["tree"],
  example: "fieldtree ls products/HALO",

  async run(call) {
    const { cid, path, get } = await locate(call.args[0] ?? "/", call);
    const about = await stat(cid, get);
    const recursive = call.flags.recursive === true;
    limitYoungHeap();
    const itself = { name: path.split("/").at(-1) || cid.toString(), cid, tsize: about.tsize };
    const listed = about.type === "directory" ? await sortedEntries(cid, get) : [itself];
    const total = recursive ? undefined : "size" in listed ? listed.size : listed.length;

    let done = 0;
    for await (const { name, cid, type, size, target } of listing(listed, recursive, get, call.world)) {
      const shown = printable(target === undefined ? name : `${name} -> ${target}`);
      const text = [type.padEnd(9), formatBytes(size).padStart(6), cid.toString().padEnd(59), shown].join("  ");
      call.out.result({ name, cid: cid.toString(), size, type }, text);
      await call.out.taken();
      call.world.progress({ task: "listing", done: ++done, ...(total !== undefined && { total }), unit: "files" });
    }
    return 0;
  },
};

type Listed = Stat & Pick<DirectoryEntry, "name" | "cid">;

/** Yields each entry; with `recursive`, also those of folders. Its own stack allows folders deeper than the call stack. */
async function* listing(
  top: Iterable<DirectoryEntry>,
  recursive: boolean,
  get: Get,
  world: World,
): AsyncGenerator<Listed> {
  const describe = (entry: DirectoryEntry) => described(entry, get);
  const open = [{ path: "", entries: inOrder(top, atOnce, describe) }];
  for (let count = 1; open.length > 0; count++) {
    if (count % turnEvery === 0) await nextTurn();
    world.signal.throwIfAborted();
    const folder = open.at(-1)!;
    const { done, value: entry } = await folder.entries.next();
    if (done) {
      open.pop();
      continue;
    }
    const name = folder.path + entry.name;
    yield { ...entry, name };
    if (!recursive || entry.type !== "directory") continue;
    open.push({ path: `${name}/`, entries: inOrder(await sortedEntries(entry.cid, get), atOnce, describe) });
  }
}

async function described({ name, cid, tsize }: DirectoryEntry, get: Get): Promise<Listed> {
  const about: Stat = cid.code === codecs.raw ? { type: "file", size: tsize, tsize } : await stat(cid, get);
  return { ...about, name, cid };
}
