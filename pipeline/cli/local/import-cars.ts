/** Imports the blocks of CAR files, local or at an address, into a node. */

import { createReadStream } from "node:fs";
import { stat as statFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { CID } from "multiformats/cid";
import { eachUnlessAborted, fetchUnlessAborted } from "../../core/abort.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import { formatBytes } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Block } from "../../dag/block.ts";
import { readCar } from "../../dag/car.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { limitYoungHeap } from "../../disk/young-heap.ts";
import { describeError, statusFailure } from "../../http/http.ts";
import { hasBlock } from "../../ipfs/has-block.ts";
import type { HomeNode } from "../../ipfs/node.ts";
import { addedLabel } from "../../stages/pins/label.ts";
import type { Call } from "../verb.ts";

type Shown = Pick<Call, "cwd" | "out" | "world">;

/** What else is to be printed of an imported CAR, as JSON and as lines for people. */
export interface Remarks {
  readonly data: object;
  readonly lines: readonly string[];
}

type RemarksOn = (roots: readonly CID[], file: string) => Promise<Remarks>;

/** Imports the CARs in these files, or at these addresses, into `home`. @throws Failure `corrupt` with the file's name. */
export async function importCars(
  files: readonly string[],
  home: HomeNode,
  call: Shown,
  remarksOn: RemarksOn = async () => ({ data: {}, lines: [] }),
): Promise<number> {
  for (const file of files) await withCar(file, call, (car) => importCar(car, home, remarksOn, call));
  return 0;
}

export interface StoredCar {
  readonly root: CID;
  readonly stored: { readonly blocks: number; readonly bytes: number };
}

/**
 * Stores what `home` lacks of the CAR in a file or at an address, and returns its first root, which need not be complete.
 *
 * @throws Failure `corrupt` with the file's name; `input` where it has no root.
 */
export async function storeCar(file: string, home: HomeNode, call: Shown): Promise<StoredCar> {
  const { world } = call;
  return withCar(file, call, async ({ shown, roots, blocks }) => {
    const stored = { blocks: 0, bytes: 0 };
    const missing = async function* (): AsyncGenerator<Block> {
      for await (const block of blocks) {
        if (await hasBlock(block.cid, home, world)) continue;
        stored.blocks++;
        stored.bytes += block.bytes.length;
        yield block;
      }
    };
    await home.put(missing(), world);
    const [root] = roots;
    if (!root) throw new Failure("input", `${shown} has no root`);
    return { root, stored };
  });
}

interface OpenCar {
  /** For messages. */
  readonly shown: string;
  /** Absolute path of the file, or the address. */
  readonly path: string;
  readonly roots: readonly CID[];
  readonly blocks: AsyncIterable<Block>;
}

/** Opens the CAR in a file or at an address for `use`. Names it in the failures of both. */
async function withCar<T>(file: string, { cwd, world }: Shown, use: (car: OpenCar) => Promise<T>): Promise<T> {
  limitYoungHeap();
  const address = /^https?:\/\//i.test(file) ? URL.parse(file) : null;
  // An address's query may contain a secret: messages and labels leave it out.
  const shown = address ? address.origin + address.pathname : file;
  const path = address ? shown : resolve(cwd, file);
  try {
    const source = address ? await download(address, shown, world) : await contentOf(path);
    const { roots, blocks } = await readCar(source.bytes);
    return await use({ shown, path, roots, blocks: withProgress(blocks, source, world) });
  } catch (error) {
    if (!isFailure(error, "corrupt")) throw diskFailure(error, `reading ${shown}`);
    throw new Failure("corrupt", `${shown}: ${error.message}`, {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  }
}

async function* withProgress(
  blocks: AsyncIterable<Block>,
  { done, total }: Source,
  world: World,
): AsyncGenerator<Block> {
  for await (const block of blocks) {
    world.progress({ task: "importing", done: done(), ...(total !== undefined && { total }), unit: "bytes" });
    yield block;
  }
}

async function importCar(
  { shown: file, path, roots, blocks: read }: OpenCar,
  home: HomeNode,
  remarksOn: RemarksOn,
  { out, world }: Shown,
): Promise<void> {
  let blocks = 0;
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Block> {
    for await (const block of read) {
      blocks++;
      bytes += block.bytes.length;
      yield block;
    }
  };
  await home.put(counted(), world);
  for (const root of roots) {
    if (await home.get(root, world)) continue;
    throw new Failure("corrupt", `names ${root} as its root, and neither it nor the node has that block`);
  }
  for (const [i, root] of roots.entries()) await pinRoot(root, i === 0 ? path : `${path}#${i + 1}`, home, world);
  const names = roots.map(String);
  const { data, lines } = await remarksOn(roots, file);
  out.result(
    { path: file, roots: names, blocks, bytes, ...data },
    [`${file}: ${names.join(", ") || "no root"}, ${blocks} blocks, ${formatBytes(bytes)}`, ...lines].join("\n"),
  );
}

interface Source {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Bytes received so far. */
  readonly done: () => number;
  /** Bytes in total, where known. */
  readonly total?: number;
}

async function contentOf(path: string): Promise<Source> {
  const { size: total } = await statFile(path);
  const bytes = createReadStream(path, { highWaterMark: 1 << 20 });
  return { bytes, done: () => bytes.bytesRead, total };
}

/** @throws Failure `unavailable`, or `refused`, also later from `bytes`. */
async function download(address: URL, shown: string, world: World): Promise<Source> {
  const failed = (error: unknown) => {
    world.signal.throwIfAborted();
    return new Failure("unavailable", `downloading ${shown}: ${describeError(error)}`, { cause: error });
  };
  const request = new Request(address, { signal: world.signal });
  const response = await fetchUnlessAborted(request, world).catch((error) => {
    throw failed(error);
  });
  const { status, body, headers } = response;
  if (!response.ok || !body) throw statusFailure(`downloading ${shown} answered ${status}`, response);
  let done = 0;
  const bytes = async function* () {
    try {
      for await (const chunk of eachUnlessAborted(world.signal, body)) {
        done += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw failed(error);
    }
  };
  const length = Number(headers.get("content-length"));
  return { bytes: bytes(), done: () => done, ...(length > 0 && { total: length }) };
}

/** Pins it as added data, until a release contains it. Only a complete DAG can be pinned. */
async function pinRoot(root: CID, from: string, home: HomeNode, world: World): Promise<void> {
  try {
    await home.pin(root, addedLabel(from), world);
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    world.log(`${root} is not whole here, so it is not pinned, and \`fieldtree gc\` removes it: ${error.message}`);
  }
}
