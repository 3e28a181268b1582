/** Verification of a release from a CAR file alone, as `verify --offline` does it. */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { type Get, keyOf } from "../../dag/block.ts";
import { readCar } from "../../dag/car.ts";
import { completeRelease } from "../../log/left-out-changes.ts";
import type { Check } from "../../stages/verify/check.ts";
import { checkReleases } from "../../stages/verify/check-releases.ts";
import type { Call } from "../verb.ts";

/** The release at the root of a CAR, and what of its chain, trees and directories the file contains. */
export async function* verifyOffline(file: string, { cwd, world }: Call): AsyncGenerator<Check> {
  const { roots, blocks } = await readCar(createReadStream(resolve(cwd, file)));
  const bytesByCid = new Map<string, Uint8Array>();
  for await (const { cid, bytes } of blocks) {
    world.signal.throwIfAborted();
    bytesByCid.set(keyOf(cid), bytes);
  }
  const get: Get = async (cid) => {
    const bytes = bytesByCid.get(keyOf(cid));
    if (!bytes) throw new Failure("unavailable", `${cid} is not in ${file}`);
    return bytes;
  };
  const [root] = roots;
  if (!root) throw new Failure("input", `${file} names no root`, { hint: "fieldtree car export @RELEASE writes one" });
  const read = (cid: CID, _: World) => completeRelease(cid, get);
  const head = { cid: root, release: await read(root, world) };
  yield* checkReleases(head, { read }, get, [], world);
}
