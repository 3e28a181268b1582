/** When the data at a path were first published: the date of a citation. */
import type { World } from "../../core/world.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";

/**
 * Of the releases up to `from`, the one that brought the data which the leaf `path` has in `from`; `undefined` where no
 * release changed that path. A move and another spelling of the CID bring no data: the search goes on before them.
 */
export async function firstPublished(
  path: string,
  from: Head | undefined,
  log: Pick<ReleaseLog, "read">,
  world: World,
): Promise<Head | undefined> {
  let at = path;
  for await (const head of releasesFrom(from, log, world)) {
    world.signal.throwIfAborted();
    const change = head.release.changes.find((one) => one.path === at && one.op !== "remove");
    if (change?.op === "move") at = change.from;
    else if (change && change.op !== "respell") return head;
  }
  return undefined;
}
