/**
 * The log of a campaign that has no remote: the head is one small file, changed under a lock.
 *
 * Release blocks go to the campaign's node, which hands in how to read and store them. A crash between storing the
 * block and moving the head leaves a block nobody names; running again makes the same block and moves the head.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Block } from "../dag/block.ts";
import { lock } from "../disk/lock.ts";
import { readIfThere } from "../disk/read.ts";
import { writeDurably } from "../disk/write.ts";
import { assertBesideName, assertBesideSize } from "./beside.ts";
import { localLeases } from "./local-lease.ts";
import type { Beside, ReleaseLog } from "./log.ts";
import { assertFollows, readRelease, releaseBlock } from "./release.ts";

/** How the log reads and durably stores a block: the campaign's node. */
export interface Blocks {
  get(cid: CID, world: World): Promise<Uint8Array | undefined>;
  put(blocks: Iterable<Block>, world: World): Promise<void>;
}

/** The log whose head is `STATE/log/head`; beside it lies what everybody shares, and the lease is `STATE/publish.lock`. */
export function localLog(file: string, blocks: Blocks): ReleaseLog {
  const headCid = async (): Promise<CID | undefined> => {
    const text = (await readIfThere(file))?.toString().trim();
    if (text === undefined) return undefined;
    try {
      return CID.parse(text);
    } catch (cause) {
      throw new Failure(
        "corrupt",
        `${file} should hold the CID of the newest release, and holds “${text.slice(0, 80)}”`,
        { cause },
      );
    }
  };

  const read: ReleaseLog["read"] = async (cid, world) => {
    const bytes = await blocks.get(cid, world);
    if (!bytes)
      throw new Failure("unavailable", `release ${cid} is out of reach`, {
        hint: `${file} or a later release names it`,
      });
    return readRelease({ cid, bytes });
  };

  const head: ReleaseLog["head"] = async (world) => {
    const cid = await headCid();
    return cid && { cid, release: await read(cid, world) };
  };

  return {
    name: file,
    head,
    read,
    async append(release, expected, world) {
      assertFollows(release, expected);
      const block = releaseBlock(release);
      await blocks.put([block], world);
      await mkdir(dirname(file), { recursive: true });
      const held = await lock(join(dirname(file), "lock"), "appending a release");
      try {
        const now = await headCid();
        if (now?.toString() !== expected?.cid.toString()) {
          throw new Failure(
            "conflict",
            `the head moved to ${now ?? "nothing"} while release ${release.number} was being made`,
            {
              hint: "run publish again: it starts from the new head",
            },
          );
        }
        await writeDurably(file, `${block.cid}\n`);
      } finally {
        await held.release();
      }
      return { cid: block.cid, release };
    },
    leases: localLeases(join(dirname(dirname(file)), "publish.lock")),
    beside: besideIn(join(dirname(file), "beside")),
  };
}

function besideIn(folder: string): Beside {
  return {
    async read(name) {
      assertBesideName(name);
      return readIfThere(join(folder, name));
    },
    async write(name, bytes) {
      assertBesideName(name);
      assertBesideSize(name, bytes);
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeDurably(path, bytes);
    },
  };
}
