/**
 * Files as blocks, as `fieldtree add` makes them, without a copy: a block of data is a part of its file, read again when it is asked
 * for. So a file of any size takes the memory of a few chunks and of one entry a chunk.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../pipeline/core/failure.ts";
import { byBytes } from "../../pipeline/core/text/order.ts";
import { type Get, keyOf, type Link, type Put } from "../../pipeline/dag/block.ts";
import { balancer, leafLink } from "../../pipeline/dag/build/file.ts";
import { type Directory, emptyDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import type { Sha256 } from "../reading/hash.ts";
import type { Dropped, DroppedFile } from "./dropped.ts";

export interface AddedHere {
  readonly root: Link;
  /** Bytes of contents. */
  readonly size: number;
  readonly files: number;
  readonly get: Get;
}

export interface AddOptions {
  readonly sha256: Sha256;
  readonly signal: AbortSignal;
  /** Called after each chunk. Bytes. */
  readonly onProgress: (done: number, total: number) => void;
}

const profile = profiles["cid-v1"];

/** Chunks that are read and hashed at the same time. */
const atOnce = 8;

/** @throws the signal's reason; Failure `input` for a file that can't be read, or a name that can't be one. */
export async function addHere(
  { isFolder, files, folders = [] }: Dropped,
  { sha256, signal, onProgress }: AddOptions,
): Promise<AddedHere> {
  const parts = new Map<string, { readonly file: Blob; readonly offset: number; readonly size: number }>();
  const nodes = new Map<string, Uint8Array>();
  const put: Put = ({ cid, bytes }) => void nodes.set(keyOf(cid), bytes);
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;

  const hashed = async (file: Blob, offset: number) => {
    const bytes = await bytesOf(file, offset, profile.chunkSize);
    const link = leafLink(await sha256(bytes), bytes.length);
    parts.set(keyOf(link.cid), { file, offset, size: bytes.length });
    done += bytes.length;
    onProgress(done, total);
    return link;
  };
  const linkOf = async ({ file }: DroppedFile): Promise<Link> => {
    const balancing = balancer(profile, put);
    for (let at = 0; at === 0 || at < file.size; at += profile.chunkSize * atOnce) {
      signal.throwIfAborted();
      const offsets = Array.from({ length: atOnce }, (_, i) => at + i * profile.chunkSize);
      const some = offsets.filter((offset) => offset === 0 || offset < file.size);
      for (const leaf of await Promise.all(some.map((offset) => hashed(file, offset)))) balancing.push(leaf);
    }
    return balancing.finish();
  };

  const get = async (cid: CID): Promise<Uint8Array> => {
    const node = nodes.get(keyOf(cid));
    if (node) return node;
    const part = parts.get(keyOf(cid));
    if (!part) throw new Failure("unavailable", `${cid} is no block of what was dropped`);
    return bytesOf(part.file, part.offset, part.size);
  };

  const [only] = files;
  const root = isFolder || !only ? await folderOf(files, folders, linkOf, put) : await linkOf(only);
  return { root, size: total, files: files.length, get };
}

interface Level {
  readonly directory: Directory;
  readonly folders: Map<string, Level>;
}

async function folderOf(
  files: readonly DroppedFile[],
  folders: readonly string[],
  linkOf: (file: DroppedFile) => Promise<Link>,
  put: Put,
): Promise<Link> {
  const level = (): Level => ({ directory: emptyDirectory(profile), folders: new Map() });
  const root = level();
  const levelAt = (names: readonly string[]) =>
    names.reduce((at, name) => {
      const inner = at.folders.get(name) ?? level();
      at.folders.set(name, inner);
      return inner;
    }, root);
  for (const path of folders) levelAt(path.split("/"));
  for (const file of [...files].sort((a, b) => byBytes(a.path, b.path))) {
    const names = file.path.split("/");
    const name = names.pop() ?? "";
    levelAt(names).directory.set({ name, ...(await linkOf(file)) });
  }
  const finished = ({ directory, folders }: Level): Link => {
    for (const [name, inner] of folders) directory.set({ name, ...finished(inner) });
    return directory.make(put);
  };
  return finished(root);
}

async function bytesOf(file: Blob, offset: number, length: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
  } catch (cause) {
    throw new Failure("input", "a file can't be read: did it change, or is it a folder?", { cause });
  }
}
