/**
 * Files from a host that gives no blocks: by their addresses, and by ranges where it answers those.
 *
 * Nothing is verified. A folder can't be listed over plain HTTP: its entries are the names that the caller knows of.
 */
import type { ByteRange, Folder, FolderEntry } from "../../pipeline/core/dataset/dataset.ts";
import type { RangeSource } from "../../pipeline/core/dataset/range-source.ts";
import { Failure } from "../../pipeline/core/failure.ts";
import type { Ask, Reply } from "./request.ts";
import type { StatusRecord } from "./status.ts";

/** Bytes of a file that is read whole. */
const largestFile = 256 * 2 ** 20;

export interface PlainOptions {
  readonly ask: Ask;
  readonly record: StatusRecord;
}

/** The folder at `url`, which ends in "/". @param names of files that may be in it, each asked for once. */
export async function plainFolder(url: URL, names: readonly string[], options: PlainOptions): Promise<Folder> {
  const read = fileReader(url, options);
  const found = await Promise.all(names.map(async (name) => [name, await read(name)] as const));
  return folderOf(url, new Map(found.flatMap(([name, bytes]) => (bytes ? [[name, bytes]] : []))), read, options);
}

type Read = (path: string, range?: ByteRange) => Promise<Uint8Array | undefined>;

function folderOf(url: URL, known: ReadonlyMap<string, Uint8Array>, read: Read, options: PlainOptions): Folder {
  const entries = new Map<string, FolderEntry>(
    [...known].map(([name, { length }]) => [name, { cid: "", size: length }]),
  );
  return {
    cid: url.pathname,
    entries,
    isFolder: async (name) => !known.has(name),
    folder: async (path) =>
      folderOf(below(url, `${path}/`), new Map(), (name, range) => read(`${path}/${name}`, range), options),
    async read(path, _, range) {
      const whole = known.get(path);
      return whole ? cut(whole, range) : read(path, range);
    },
    file: (path) => plainFile(below(url, path), options),
  };
}

function fileReader(url: URL, { ask, record }: PlainOptions): Read {
  return async (path, range) => {
    record.add({ requests: 1 });
    const reply = await ask(below(url, path), { headers: rangeHeader(range), most: largestFile });
    record.add({ bytes: reply.bytes.length });
    return bytesOf(reply, below(url, path), range);
  };
}

/** What a reply has of the range that was asked for; `undefined` where there is no such file. */
function bytesOf({ status, bytes }: Reply, url: URL, range: ByteRange | undefined): Uint8Array | undefined {
  switch (status) {
    case 200:
      return cut(bytes, range);
    case 206:
      return bytes;
    case 416:
      return new Uint8Array(0);
    case 404:
    case 410:
      return undefined;
    default:
      throw new Failure("unavailable", `${url.host} answered ${status} for ${url.pathname}`);
  }
}

/** The file at `url`; `undefined` where there is none. Its size costs a request. */
export async function plainFile(url: URL, { ask, record }: PlainOptions): Promise<RangeSource | undefined> {
  record.add({ requests: 1 });
  const first = await ask(url, { headers: rangeHeader({ offset: 0, length: 1 }), most: largestFile });
  record.add({ bytes: first.bytes.length });
  if (first.status === 404 || first.status === 410) return undefined;
  const size = Number(/\/(\d+)$/.exec(first.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
  if (first.status === 206 && Number.isSafeInteger(size)) {
    return {
      size,
      async read(offset, length) {
        if (offset >= size || length <= 0) return new Uint8Array(0);
        record.add({ requests: 1 });
        const reply = await ask(url, { headers: rangeHeader({ offset, length }), most: largestFile });
        record.add({ bytes: reply.bytes.length });
        const bytes = bytesOf(reply, url, { offset, length });
        if (!bytes) throw new Failure("unavailable", `${url.host} no longer has ${url.pathname}`);
        return bytes;
      },
    };
  }
  // A host without ranges has sent all of it.
  const whole = bytesOf(first, url, undefined) ?? new Uint8Array(0);
  return { size: whole.length, read: async (offset, length) => whole.subarray(offset, offset + length) };
}

function rangeHeader(range: ByteRange | undefined): Readonly<Record<string, string>> {
  if (!range) return {};
  if ("suffixLength" in range) return { range: `bytes=-${range.suffixLength}` };
  return { range: `bytes=${range.offset}-${range.offset + range.length - 1}` };
}

function cut(bytes: Uint8Array, range: ByteRange | undefined): Uint8Array {
  if (!range) return bytes;
  if ("suffixLength" in range) return bytes.subarray(Math.max(0, bytes.length - range.suffixLength));
  return bytes.subarray(range.offset, range.offset + range.length);
}

/**
 * `path` below a folder's address. Names are those of strangers: `?`, `#` and `%` in them stay what they are.
 *
 * @throws Failure `input` for a name that no address has: "..".
 */
export function below(folder: URL, path: string): URL {
  const names = path.split("/");
  if (names.some((name) => name === "." || name === ".."))
    throw new Failure("input", `${path} names no file of a folder`);
  return new URL(folder.href.replace(/[?#].*$/, "") + names.map(encodeURIComponent).join("/"));
}
