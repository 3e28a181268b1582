/**
 * Known forks: newest releases of other copies of this log that came here, and that no release had merged when they came.
 *
 * A file of this machine, one CID a line. Losing it costs a warning: the next comparison finds the fork again.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { readIfThere } from "../disk/read.ts";
import { writeDurably } from "../disk/write.ts";
import { allReleasesFrom } from "./chain.ts";
import type { Head, ReleaseLog } from "./log.ts";

export interface KnownForks {
  read(): Promise<readonly CID[]>;
  add(head: CID): Promise<void>;
  remove(heads: readonly CID[]): Promise<void>;
}

export function knownForks(file: string): KnownForks {
  const read = async (): Promise<readonly CID[]> => {
    const lines = ((await readIfThere(file))?.toString() ?? "").split("\n").filter((line) => line !== "");
    try {
      return lines.map((line) => CID.parse(line));
    } catch (cause) {
      const hint = "remove it: it only has what other copies of the log were found to have";
      throw new Failure("corrupt", `${file} should contain CIDs of releases, one a line`, { hint, cause });
    }
  };
  const write = async (heads: readonly CID[]): Promise<void> => {
    await mkdir(dirname(file), { recursive: true });
    await writeDurably(file, heads.map((head) => `${head}\n`).join(""));
  };
  return {
    read,
    async add(head) {
      const known = await read();
      if (!known.some((cid) => cid.equals(head))) await write([...known, head]);
    },
    async remove(heads) {
      const known = await read();
      const left = known.filter((cid) => !heads.some((head) => head.equals(cid)));
      if (left.length < known.length) await write(left);
    },
  };
}

/** The known forks that `head` does not lead to, neither by `previous` nor by `merged`. Reads no release where none is known. */
export async function unmergedForks(
  head: Head | undefined,
  log: Pick<ReleaseLog, "read">,
  forks: KnownForks | undefined,
  world: World,
): Promise<readonly CID[]> {
  const known = new Map((await forks?.read())?.map((cid) => [cid.toString(), cid]));
  if (known.size === 0) return [];
  for await (const { cid } of allReleasesFrom(head, log, world)) {
    known.delete(cid.toString());
    if (known.size === 0) break;
  }
  return [...known.values()];
}
