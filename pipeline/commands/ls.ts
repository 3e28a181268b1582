/**
 * `ls`: lists a folder.
 *
 * A raw block's size is taken from the link to it, because reading each block would load all data of the folder.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { locate } from "../cli/address/locate.ts";
import { aboutAddresses } from "../cli/address/parse-address.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Output, Verb } from "../cli/verb.ts";
import { textOf } from "../core/cid.ts";
import { inOrder } from "../core/concurrency.ts";
import { formatBytes } from "../core/text/shown.ts";
import type { World } from "../core/world.ts";
import { codecs, type Get } from "../dag/block.ts";
import type { DirectoryEntry } from "../dag/directory-entry.ts";
import { type Stat, sortedEntries, stat } from "../dag/read/read.ts";
import { limitYoungHeap } from "../disk/young-heap.ts";

/** Root blocks of entries requested concurrently. */
const atOnce = 16;

/** Entries above which memory counts more than the time that collecting it more often takes. */
const many = 100_000;

/** Entries printed at once, and between two turns of the event loop: local blocks are read without a turn, and Ctrl-C needs one. */
const together = 128;

type Listed = Stat & Pick<DirectoryEntry, "name" | "cid">;

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
    const itself = { name: path.split("/").at(-1) || cid.toString(), cid, tsize: about.tsize };
    const listed = about.type === "directory" ? await sortedEntries(cid, get) : [itself];
    const total = recursive ? undefined : "size" in listed ? listed.size : listed.length;

    if (total === undefined || total > many) limitYoungHeap();

    let done = 0;
    for await (const some of listing(listed, recursive, get, call.world)) {
      print(some, call.out);
      await call.out.taken();
      done += some.length;
      call.world.progress({ task: "listing", done, ...(total !== undefined && { total }), unit: "files" });
    }
    return 0;
  },
};

/** Text is printed at once: a system call for each line costs more than the line. */
function print(some: readonly Listed[], out: Output): void {
  if (!out.json) out.result({}, some.map(lineOf).join("\n"));
  else for (const { name, cid, size, type } of some) out.result({ name, cid: textOf(cid), size, type });
}

function lineOf({ name, cid, type, size, target }: Listed): string {
  const shown = printable(target === undefined ? name : `${name} -> ${target}`);
  return [type.padEnd(9), formatBytes(size).padStart(6), textOf(cid).padEnd(59), shown].join("  ");
}

interface OpenFolder {
  /** With a slash at its end; "" for the top. */
  readonly path: string;
  rest: Iterator<DirectoryEntry>;
  /** Entries that are described and not yielded yet. */
  ready: readonly Listed[];
}

/** Yields entries, some at once; with `recursive`, also those of folders. Its own stack allows folders deeper than the call stack. */
async function* listing(
  top: Iterable<DirectoryEntry>,
  recursive: boolean,
  get: Get,
  world: World,
): AsyncGenerator<readonly Listed[]> {
  const open: OpenFolder[] = [{ path: "", rest: top[Symbol.iterator](), ready: [] }];
  for (let folder = open.at(-1); folder; folder = open.at(-1)) {
    await nextTurn();
    world.signal.throwIfAborted();
    if (folder.ready.length === 0) folder.ready = await describedNext(folder, get);
    if (folder.ready.length === 0) {
      open.pop();
      continue;
    }
    // What is in a folder follows it.
    const at = recursive ? folder.ready.findIndex(({ type }) => type === "directory") : -1;
    const { path, ready } = folder;
    const some = at < 0 ? ready : ready.slice(0, at + 1);
    folder.ready = ready.slice(some.length);
    yield path === "" ? some : some.map((entry) => ({ ...entry, name: path + entry.name }));
    const below = at < 0 ? undefined : ready[at];
    if (!below) continue;
    const entries = await sortedEntries(below.cid, get);
    open.push({ path: `${path}${below.name}/`, rest: entries[Symbol.iterator](), ready: [] });
  }
}

/** The next entries of a folder; none at its end. */
async function describedNext(folder: OpenFolder, get: Get): Promise<readonly Listed[]> {
  const next: DirectoryEntry[] = [];
  while (next.length < together) {
    const { done, value } = folder.rest.next();
    if (done) break;
    next.push(value);
  }
  // Raw blocks are described by their links: most entries need no promise.
  if (next.every(({ cid }) => cid.code === codecs.raw)) return next.map(ofLink);
  const found: Listed[] = [];
  try {
    for await (const entry of inOrder(next, atOnce, (entry) => described(entry, get))) found.push(entry);
  } catch (error) {
    if (found.length === 0) throw error;
    // What comes before the entry that failed is listed first.
    folder.rest = {
      next: () => {
        throw error;
      },
    };
  }
  return found;
}

const ofLink = ({ name, cid, tsize }: DirectoryEntry): Listed => ({ type: "file", size: tsize, tsize, name, cid });

async function described(entry: DirectoryEntry, get: Get): Promise<Listed> {
  const { name, cid } = entry;
  return cid.code === codecs.raw ? ofLink(entry) : { ...(await stat(cid, get)), name, cid };
}
