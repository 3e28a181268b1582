/** `car`: content as one file, to carry it where no network reaches, and back. */

import { createReadStream } from "node:fs";
import { open, stat as statFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { CID } from "multiformats/cid";
import { eachUnlessAborted, fetchUnlessAborted } from "../core/abort.ts";
import { Failure, isFailure } from "../core/failure.ts";
import { kindOfStatus, sayReason } from "../core/http.ts";
import { sayBytes } from "../core/shown.ts";
import type { World } from "../core/world.ts";
import { type Block, codecs } from "../dag/block.ts";
import { carOf, readCar } from "../dag/car.ts";
import { type WalkOptions, walk } from "../dag/read.ts";
import { tsizeOf } from "../dag/tsize.ts";
import { diskFailure } from "../disk/disk-failure.ts";
import { keepYoungHeapSmall } from "../disk/young-heap.ts";
import type { HomeNode } from "../ipfs/node.ts";
import { addedLabel } from "../stages/label.ts";
import { withoutData } from "../stages/without-data.ts";
import { locate } from "./address.ts";
import type { Call, Verb } from "./command.ts";
import { appearWhole } from "./extract.ts";

const scopes = ["block", "entity", "all", "log"] as const satisfies readonly (WalkOptions["scope"] | "log")[];

export const car: Verb = {
  args: "<export|import> [what...]",
  flags: [
    ["-o, --output <file>", "export: write to this file instead of stdout"],
    [
      "--scope <scope>",
      "export: all below it, the file or directory listing alone (entity), one block, or releases without their data (log)",
      "all",
    ],
    ["--force", "export: replace the file"],
  ],
  about:
    "`car export ADDRESS` writes a CAR (version 1) with one root. With `--scope log` it needs no address: the newest release and all before it, with their directories and the portal, for `verify --offline`. `car import FILE…` puts the blocks of CAR files on the campaign's node, each checked against its CID; what begins with https:// is fetched.",
  completes: ["tree", "files"],
  example: "fieldtree car export products/HALO -o halo.car",

  async run(call) {
    const [direction, ...what] = call.args;
    if (direction === "export") return exportCar(what, call);
    if (direction === "import") return importCars(what, (await call.campaign()).home, call);
    throw new Failure("input", `car ${direction}: there is only export and import`);
  },
};

async function exportCar([address, ...others]: readonly string[], call: Call): Promise<number> {
  if (others.length > 0) throw new Failure("input", `car export takes one address, and was given ${others.length + 1}`);
  const scope = scopes.find((each) => each === call.flags.scope);
  if (!scope) throw new Failure("input", `--scope ${call.flags.scope}: it is one of ${scopes.join(", ")}`);

  const { cid, source } = await sourceFor(scope, address, call);
  let blocks = 0;
  let bytes = 0;
  // What the root claims of the whole DAG. Repeats count there and are exported once, so it is the most there can be, unless
  // whoever wrote it was wrong. Of a listing alone, or of all that a release links to, nothing is claimed.
  let claimed: number | undefined;
  const counted = async function* (): AsyncGenerator<Block> {
    for await (const block of source) {
      if (blocks === 0 && scope === "all" && cid.code !== codecs.dagCbor) claimed = tsizeOf(cid, block.bytes);
      blocks++;
      bytes += block.bytes.length;
      const total = claimed !== undefined && bytes <= claimed && { total: claimed };
      call.world.progress({ task: "exporting", done: bytes, ...total, unit: "bytes" });
      yield block;
    }
  };
  const output = call.flags.output;
  if (typeof output !== "string") {
    for await (const part of carOf([cid], counted())) await call.out.bytes(part);
    if (call.out.json) call.out.result({ path: "-", roots: [cid.toString()], blocks, bytes });
    return 0;
  }
  await appearWhole(resolve(call.cwd, output), call.flags.force === true, (draft) =>
    writeParts(draft, carOf([cid], counted())),
  );
  call.out.result(
    { path: output, roots: [cid.toString()], blocks, bytes },
    `${output}: ${cid}, ${blocks} blocks, ${sayBytes(bytes)}`,
  );
  return 0;
}

async function sourceFor(
  scope: (typeof scopes)[number],
  address: string | undefined,
  call: Call,
): Promise<{ cid: CID; source: AsyncIterable<Block> }> {
  if (scope !== "log") {
    if (address === undefined) throw new Failure("input", "car export wants an address");
    const { cid, get } = await locate(address, call);
    return { cid, source: walk(cid, get, { scope }) };
  }
  const campaign = await call.campaign();
  const head = await campaign.log.head(call.world);
  if (!head) throw new Failure("input", "nothing has been published yet", { hint: "fieldtree publish" });
  return { cid: head.cid, source: withoutData(head, campaign, call.world) };
}

async function writeParts(file: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(file, "wx");
  try {
    for await (const part of parts) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}

type Shown = Pick<Call, "cwd" | "out" | "world">;

/** Put what is in these files, or at these addresses, on `home`. @throws Failure `corrupt` naming the file. */
export async function importCars(files: readonly string[], home: HomeNode, call: Shown): Promise<number> {
  keepYoungHeapSmall();
  for (const file of files) {
    const address = /^https?:\/\//i.test(file) ? URL.parse(file) : null;
    // What opens a door may stand in an address's query: it is shown and remembered without.
    const shown = address ? address.origin + address.pathname : file;
    try {
      await importCar(shown, address, home, call);
    } catch (error) {
      if (!isFailure(error, "corrupt")) throw diskFailure(error, `reading ${shown}`);
      throw new Failure("corrupt", `${shown}: ${error.message}`, {
        ...(error.hint !== undefined && { hint: error.hint }),
        cause: error,
      });
    }
  }
  return 0;
}

async function importCar(file: string, address: URL | null, home: HomeNode, call: Shown): Promise<void> {
  const { cwd, out, world } = call;
  const path = address ? file : resolve(cwd, file);
  const source = address ? await download(address, file, world) : await contentOf(path);
  const { roots, blocks: read } = await readCar(source.bytes);
  let blocks = 0;
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Block> {
    for await (const block of read) {
      blocks++;
      bytes += block.bytes.length;
      const { total } = source;
      world.progress({ task: "importing", done: source.done(), ...(total !== undefined && { total }), unit: "bytes" });
      yield block;
    }
  };
  await home.put(counted(), world);
  for (const root of roots) {
    if (await home.get(root, world)) continue;
    throw new Failure("corrupt", `names ${root} as its root, and neither it nor the node holds that block`);
  }
  for (const [i, root] of roots.entries()) await keep(root, i === 0 ? path : `${path}#${i + 1}`, home, world);
  const names = roots.map(String);
  out.result(
    { path: file, roots: names, blocks, bytes },
    `${file}: ${names.join(", ") || "no root"}, ${blocks} blocks, ${sayBytes(bytes)}`,
  );
}

interface Source {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Bytes that came so far. */
  readonly done: () => number;
  /** Bytes there will be, where that is known. */
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
    return new Failure("unavailable", `downloading ${shown}: ${sayReason(error)}`, { cause: error });
  };
  const request = new Request(address, { signal: world.signal });
  const response = await fetchUnlessAborted(request, world).catch((error) => {
    throw failed(error);
  });
  const { status, body, headers } = response;
  if (!response.ok || !body) throw new Failure(kindOfStatus(status), `downloading ${shown} answered ${status}`);
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

/** As what was added here: safe until a release keeps it. Part of a DAG can't be: only a whole one is ever pinned. */
async function keep(root: CID, from: string, home: HomeNode, world: World): Promise<void> {
  try {
    await home.pin(root, addedLabel(from), world);
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    world.log(`${root} is not whole here, so nothing keeps it from \`fieldtree gc\`: ${error.message}`);
  }
}
