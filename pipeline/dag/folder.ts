/** A directory on IPFS as a {@link Folder}: what readers of datasets see of a DAG. Each directory below is read once. */
import { CID } from "multiformats/cid";
import { type Folder, type FolderEntry, splitFirst } from "../core/dataset.ts";
import { Failure } from "../core/failure.ts";
import { codecs, type Get } from "./block.ts";
import { content, entries, stat } from "./read.ts";

/** Files are read whole into memory: what a description needs is small, and nothing else is read this way. */
const largestRead = 256 * 1024 * 1024;

/** The directory at `cid`; `undefined` where a file or symlink stands there. */
export async function openFolder(cid: CID, get: Get): Promise<Folder | undefined> {
  const getOnce = rootOnce(cid, get);
  if (cid.code === codecs.raw || (await stat(cid, getOnce)).type !== "directory") return undefined;

  const links = new Map<string, FolderEntry>();
  for await (const { name, cid: link, tsize } of entries(cid, getOnce))
    links.set(name, { cid: link.toString(), size: tsize });

  const opened = new Map<string, Promise<Folder | undefined>>();
  const open = (name: string): Promise<Folder | undefined> => {
    const link = links.get(name);
    if (!link) return Promise.resolve(undefined);
    const known = opened.get(name) ?? openFolder(CID.parse(link.cid), get);
    opened.set(name, known);
    return known;
  };

  return {
    cid: cid.toString(),
    entries: links,

    async folder(path, world) {
      const [name, below] = splitFirst(path);
      const inner = await open(name);
      return below === undefined ? inner : inner?.folder(below, world);
    },

    async read(path, world, range) {
      const [name, below] = splitFirst(path);
      if (below !== undefined) return (await open(name))?.read(below, world, range);
      const link = links.get(name);
      return link && readFile(CID.parse(link.cid), get, range);
    },
  };
}

/** What a block is and what is in it are two questions to the same root block: it is fetched once for both. */
export function rootOnce(root: CID, get: Get): Get {
  let fetched: Promise<Uint8Array> | undefined;
  return (cid) => {
    if (!cid.equals(root)) return get(cid);
    fetched ??= get(root);
    return fetched;
  };
}

async function readFile(cid: CID, get: Get, range: Parameters<Folder["read"]>[2]): Promise<Uint8Array | undefined> {
  const getOnce = rootOnce(cid, get);
  const { type, size } = await stat(cid, getOnce);
  if (type !== "file") return undefined;
  const offset = range === undefined ? 0 : "offset" in range ? range.offset : Math.max(0, size - range.suffixLength);
  const length = Math.max(0, Math.min(size - offset, range && "length" in range ? range.length : size));
  if (length > largestRead) {
    throw new Failure(
      "input",
      `${cid} is ${size} bytes; more than ${largestRead} are not read into memory to describe a dataset`,
    );
  }
  const bytes = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of content(cid, getOnce, { offset, length })) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}
