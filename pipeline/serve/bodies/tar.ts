/**
 * Files and directories as a TAR, sent as fast as the client reads.
 *
 * Programs that extract it trust its paths. So an entry that would leave the root, be there twice, or lie behind a symlink ends the
 * TAR: a directory's names are checked before its first entry is sent, those of the root before the status.
 *
 * @see https://specs.ipfs.tech/ipips/ipip-0288/ and https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { byBytes } from "../../core/text/order.ts";
import { codecs, type Get } from "../../dag/block.ts";
import type { DirectoryEntry } from "../../dag/directory-entry.ts";
import { pause } from "../../dag/event-loop.ts";
import { content, statOf, unsortedEntries } from "../../dag/read/read.ts";
import { disposition } from "../headers.ts";
import { Refusal } from "../refusal.ts";
import { type Answer, type Asking, fresh, type Place } from "../response.ts";

/** Most entries of one TAR: a few blocks can contain any number of them. */
const mostEntries = 1_000_000;

/** Most entries that wait for their turn, of all directories on the way together: each TAR has them in memory. */
const mostWaiting = 100_000;

/** Bytes of a path, and names in it. */
const longestPath = 4096;
const deepest = 512;

/** Bytes of a record, to which everything in a TAR is padded. */
const record = 512;

export function tar(place: Place, asking: Asking, get: Get): Answer {
  const { cid, block, address } = place;
  if (cid.code !== codecs.raw && cid.code !== codecs.dagPb) {
    throw new Refusal(406, `${cid} is neither a file nor a directory: there is no TAR of it`);
  }
  const from: Get = (each) => (each.equals(cid) ? Promise.resolve(block) : get(each));
  return fresh(place, asking, `W/"${cid}.x-tar"`, {
    status: 200,
    headers: {
      "content-type": "application/x-tar",
      "content-disposition": disposition(address, true, `${place.name || cid}.tar`),
      "accept-ranges": "none",
    },
    body: members(cid, address.query.get("filename") ? `${cid}` : place.name || `${cid}`, from),
  });
}

interface Member {
  readonly cid: CID;
  readonly path: string;
}

async function* members(root: CID, name: string, get: Get): AsyncGenerator<Uint8Array> {
  const stack: Member[] = [{ cid: root, path: name }];
  let count = 0;
  /** Paths of symlinks: an entry behind one would be written wherever it points. */
  const symlinks = new Set<string>();
  for (let member = stack.pop(); member; member = stack.pop()) {
    await pause();
    if (++count > mostEntries)
      throw new Failure("refused", `more than ${mostEntries} entries are not given as one TAR`);
    const { cid, path } = member;
    if (symlinks.size > 0 && isBehind(symlinks, path)) throw new Failure("refused", `${path} lies behind a symlink`);
    const stat = statOf(cid, await get(cid));
    switch (stat.type) {
      case "file":
        yield header(path, { type: "0", size: stat.size });
        yield* content(cid, get);
        yield new Uint8Array(padding(stat.size));
        break;
      case "symlink":
        symlinks.add(path);
        yield header(path, { type: "2", size: 0, target: stat.target ?? "" });
        break;
      case "directory": {
        const below = await checked(cid, path, get);
        yield header(`${path}/`, { type: "5", size: 0 });
        for (const each of below.reverse()) stack.push(each);
        if (stack.length > mostWaiting) {
          throw new Failure("refused", `more than ${mostWaiting} entries of one TAR wait for their turn`);
        }
      }
    }
  }
  yield new Uint8Array(2 * record);
}

/** The members of a directory. @throws Refusal 400 for names that can't be in a TAR. */
async function checked(cid: CID, path: string, get: Get): Promise<Member[]> {
  const members: Member[] = [];
  const paths = new Set<string>();
  const [root = ""] = path.split("/");
  const entries: DirectoryEntry[] = [];
  for await (const some of unsortedEntries(cid, get)) {
    for (const entry of some) entries.push(entry);
    if (entries.length > mostWaiting) {
      throw new Refusal(501, `a directory of more than ${mostWaiting} names is not given as a TAR: ask for its CAR`);
    }
  }
  for (const entry of entries.sort((a, b) => byBytes(a.name, b.name))) {
    await pause();
    const at = normal(`${path}/${entry.name}`);
    const why =
      at === undefined || at[0] !== root || at.length < 2
        ? "leads out of the root"
        : at.length > deepest || Buffer.byteLength(at.join("/")) > longestPath
          ? `is deeper than ${deepest} names or longer than ${longestPath} bytes`
          : entry.name.includes("\0")
            ? "contains a NUL"
            : paths.has(at.join("/"))
              ? "is there twice"
              : undefined;
    if (at === undefined || why !== undefined) {
      throw new Refusal(400, `${JSON.stringify(entry.name.slice(0, 100))} in ${cid} ${why}: there is no TAR of it`);
    }
    paths.add(at.join("/"));
    members.push({ cid: entry.cid, path: at.join("/") });
  }
  return members;
}

/** Whether the path, or one that it is below, is among `symlinks`. */
function isBehind(symlinks: ReadonlySet<string>, path: string): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (symlinks.has(path.slice(0, end))) return true;
  }
  return false;
}

/** The names of a path without `.` and `..`; `undefined` where it leaves its beginning. */
function normal(path: string): string[] | undefined {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") names.push(name);
    else if (names.pop() === undefined) return undefined;
  }
  return names;
}

interface Fields {
  /** `0`: file, `2`: symlink, `5`: directory. */
  readonly type: "0" | "2" | "5";
  /** Bytes of contents. */
  readonly size: number;
  readonly target?: string;
}

/** The header of an entry; what it has no room for precedes it in an extended header. */
function header(path: string, { type, size, target = "" }: Fields): Uint8Array {
  const extended = [
    ...(isPlain(path) ? [] : [pax("path", path)]),
    ...(isPlain(target) ? [] : [pax("linkpath", target)]),
    ...(size < 8 ** 11 ? [] : [pax("size", String(size))]),
  ];
  const own = block(path, { type, size, target });
  if (extended.length === 0) return own;
  const text = Buffer.concat(extended);
  const before = block("PaxHeader", { type: "x", size: text.length, target: "" });
  return Buffer.concat([before, text, new Uint8Array(padding(text.length)), own]);
}

function isPlain(text: string): boolean {
  return text.length <= 100 && /^[\x20-\x7e]*$/.test(text);
}

/** A line that begins with its own length. */
function pax(key: string, value: string): Uint8Array {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function block(
  path: string,
  { type, size, target }: Omit<Fields, "type"> & { readonly type: string; readonly target: string },
): Uint8Array {
  const bytes = Buffer.alloc(record);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  const ascii = (text: string) => text.replace(/[^\x20-\x7e]/g, "_").slice(0, 100);
  bytes.write(ascii(path), 0, "latin1");
  bytes.write(`${octal(type === "5" ? 0o755 : 0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100, "latin1");
  bytes.write(`${octal(size < 8 ** 11 ? size : 0, 11)}\0${octal(0, 11)}\0`, 124, "latin1");
  bytes.write("        ", 148, "latin1");
  bytes.write(type, 156, "latin1");
  bytes.write(ascii(target), 157, "latin1");
  bytes.write("ustar\x0000", 257, "latin1");
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return bytes;
}

function padding(length: number): number {
  return (record - (length % record)) % record;
}
