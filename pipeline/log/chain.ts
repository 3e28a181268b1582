/** Walking the log: from the newest release to the first, each checked against the CID that named it. */
import type { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Head, ReleaseLog } from "./log.ts";

/** Releases from `from` back to the first, newest first. Numbers must fall by one: a gap is `corrupt`. */
export async function* releasesFrom(
  from: Head | undefined,
  log: Pick<ReleaseLog, "read">,
  world: World,
): AsyncGenerator<Head> {
  for (let at = from; at; ) {
    yield at;
    const previous: CID | null = at.release.previous;
    if (!previous) return;
    const release = await log.read(previous, world);
    if (release.number !== at.release.number - 1) {
      throw new Failure(
        "corrupt",
        `release ${at.release.number} links to release ${release.number} (${previous}) as the one before it`,
      );
    }
    at = { cid: previous, release };
  }
}

/** For a person who asks what is live before the first release. */
export const nothingPublished = "nothing has been published yet";

/** The newest release, for what can't be done without one. @throws Failure `input` before the first release. */
export async function publishedHead(log: Pick<ReleaseLog, "head">, world: World): Promise<Head> {
  const head = await log.head(world);
  if (head) return head;
  throw new Failure("input", nothingPublished, { hint: firstRelease });
}

const firstRelease = "fieldtree publish makes the first release";

/** Release `number`, or an `input` failure that says which there are. */
export async function releaseNumbered(number: number, log: ReleaseLog, world: World): Promise<Head> {
  const head = await log.head(world);
  if (!head) {
    throw new Failure("input", `there is no release ${number}: ${nothingPublished}`, { hint: firstRelease });
  }
  if (!Number.isSafeInteger(number) || number < 1 || number > head.release.number) {
    throw new Failure("input", `there is no release ${number}`, {
      hint: `releases go from 1 to ${head.release.number}`,
    });
  }
  for await (const at of releasesFrom(head, log, world)) if (at.release.number === number) return at;
  throw new Failure("corrupt", `the log has no release ${number}`);
}
