/** `verify`: is everything as the log says? Read only, and no secrets needed. */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import type { CID } from "multiformats/cid";
import { Failure, kinds } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { type Get, keyOf } from "../dag/block.ts";
import { readCar } from "../dag/car.ts";
import { readRelease } from "../log/release.ts";
import { type Check, checkReleases, verdict, verify as verifyStage } from "../stages/verify.ts";
import type { Call, Verb } from "./command.ts";
import { printableLines } from "./terminal.ts";

export const verify: Verb = {
  flags: [
    ["--deep", "rebuild the portal from the log, and compare it byte for byte"],
    ["--offline <car>", "verify the release that this CAR file holds, from the file alone"],
  ],
  about: `Walks the log from the newest release to the first, asks every service for blocks and every authoritative server for its
answer, and looks for every dataset of the index in the tree. Exit code 6: something contradicts itself or its CID.
7: names or pins are no longer what the log says. 4: something could not be looked at.`,
  example: "fieldtree verify --deep",

  async run(call) {
    const { flags, out, world } = call;
    const checks: Check[] = [];
    for await (const check of typeof flags.offline === "string" ? offline(flags.offline, call) : online(call)) {
      world.signal.throwIfAborted();
      checks.push(check);
      out.result(check, out.json ? undefined : row(check));
    }
    const { kind, ...result } = verdict(checks);
    const bad = checks.filter(({ ok }) => !ok).length;
    const text = bad === 0 ? `verified: ${checks.length} checks` : `${bad} of ${checks.length} checks failed`;
    out.result({ event: "verified", ...result }, text);
    return kind ? kinds[kind].exit : 0;
  },
};

async function* online({ campaign: open, flags, world }: Call): AsyncGenerator<Check> {
  const campaign = await open();
  yield* verifyStage(campaign, { deep: flags.deep === true }, world);
}

/** The release at the root of a CAR, and what of its chain, trees and directories the file holds. */
async function* offline(file: string, { cwd, world }: Call): AsyncGenerator<Check> {
  const { roots, blocks } = await readCar(createReadStream(resolve(cwd, file)));
  const held = new Map<string, Uint8Array>();
  for await (const { cid, bytes } of blocks) {
    world.signal.throwIfAborted();
    held.set(keyOf(cid), bytes);
  }
  const get: Get = async (cid) => {
    const bytes = held.get(keyOf(cid));
    if (!bytes) throw new Failure("unavailable", `${cid} is not in ${file}`);
    return bytes;
  };
  const [root] = roots;
  if (!root) throw new Failure("input", `${file} names no root`, { hint: "fieldtree car export @RELEASE writes one" });
  const read = async (cid: CID, _: World) => readRelease({ cid, bytes: await get(cid) });
  const head = { cid: root, release: await read(root, world) };
  yield* checkReleases(head, { read }, get, [], world);
}

function row({ check, subject, ok, says }: Check): string {
  return `${ok ? "ok  " : "FAIL"}  ${check.padEnd(9)}  ${subject}: ${printableLines(says)}`;
}
