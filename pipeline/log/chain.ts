/**
 * Walking the log: from the newest release to the first, each checked against the CID that named it.
 *
 * Releases follow one another by `previous`, numbered without gaps: the log's main line. A release may also link the heads
 * of other logs that were merged into it (`merged`), each with a main line of its own, which may meet this one further down.
 */
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import type { ChainState } from "../core/relation.ts";
import { byBytes } from "../core/text/order.ts";
import type { World } from "../core/world.ts";
import type { Head, ReleaseLog } from "./log.ts";
import type { Draft, Release } from "./release.ts";

type Reader = Pick<ReleaseLog, "read">;

/**
 * The main line from `from` back to the first release, newest first.
 *
 * @throws Failure `corrupt` where numbers do not fall by one.
 */
export async function* releasesFrom(from: Head | undefined, log: Reader, world: World): AsyncGenerator<Head> {
  for (let at = from; at; at = await previousOf(at, log, world)) yield at;
}

/**
 * Every release reachable from `from`, by `previous` and by `merged`, each once and before those that it links to.
 *
 * The same head gives the same order: reversed, it is that of a depth-first walk that goes to `previous` first, then to the
 * merged heads as they are listed. A log without merges is read as it is walked; below the newest merge, links are read
 * first and releases once more when their turn comes.
 */
export async function* allReleasesFrom(from: Head | undefined, log: Reader, world: World): AsyncGenerator<Head> {
  for (let at = from; at; at = await previousOf(at, log, world)) {
    if (!at.release.merged) {
      yield at;
      continue;
    }
    for (const cid of (await oldestFirst(at, log, world)).reverse()) {
      yield cid.equals(at.cid) ? at : { cid, release: await log.read(cid, world) };
    }
    return;
  }
}

/** The releases that `heads` lead to and that are not among `known`, those of each head newest first. */
export async function releasesApart(
  heads: Iterable<Head>,
  known: AsyncIterable<Head>,
  log: Reader,
  world: World,
): Promise<readonly Head[]> {
  const found = new Set<string>();
  for await (const { cid } of known) found.add(cid.toString());
  const apart: Head[] = [];
  for (const head of heads) {
    for await (const each of allReleasesFrom(head, log, world)) {
      if (found.has(each.cid.toString())) continue;
      found.add(each.cid.toString());
      apart.push(each);
    }
  }
  return apart;
}

/**
 * Every release reachable from `heads`, each after those that it links to, else by date, then by CID: the order does not depend
 * on that of `heads`, nor on which of its parents a release follows.
 */
export async function byDate(heads: readonly Head[], log: Reader, world: World): Promise<readonly Head[]> {
  const found = new Map<string, Head>();
  const todo = [...heads];
  for (let at = todo.pop(); at; at = todo.pop()) {
    if (found.has(at.cid.toString())) continue;
    found.set(at.cid.toString(), at);
    for (const cid of parentsOf(at.release)) {
      if (!found.has(cid.toString())) todo.push({ cid, release: await log.read(cid, world) });
    }
  }
  const key = ({ cid, release }: Head) => `${release.made} ${cid}`;
  const inOrder: Head[] = [];
  const done = new Set<string>();
  const sorted = [...found.values()].sort((a, b) => byBytes(key(a), key(b)));
  // A date that is earlier than that of a release it links to is another machine's wrong clock.
  const path: Head[] = [];
  for (const head of sorted) {
    path.push(head);
    for (let at = path.at(-1); at; at = path.at(-1)) {
      const parents = parentsOf(at.release).flatMap((cid) =>
        done.has(cid.toString()) ? [] : [found.get(cid.toString())!],
      );
      const next = parents.sort((a, b) => byBytes(key(b), key(a))).at(-1);
      if (next) {
        path.push(next);
        continue;
      }
      path.pop();
      if (!done.has(at.cid.toString())) inOrder.push(at);
      done.add(at.cid.toString());
    }
  }
  return inOrder;
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

/** What `release` links to of the log: the release before it, then the heads it merged. */
export function parentsOf({ previous, merged = [] }: Draft): readonly CID[] {
  return previous ? [previous, ...merged] : merged;
}

/** The log up to `head` as one state of a chain, for comparing it with another by `relationOf`. Its keys are CIDs. */
export function chainState(head: Head, log: Reader, world: World): ChainState {
  return {
    head: head.cid.toString(),
    async read(key) {
      const release = key === head.cid.toString() ? head.release : await log.read(CID.parse(key), world);
      return { number: release.number, parents: parentsOf(release).map(String) };
    },
  };
}

/** Those of `releases` that no other of them links to: of a head and all below it, that head alone. */
export function headsOf(releases: Iterable<Head>): readonly CID[] {
  const all = [...releases];
  const linked = new Set(all.flatMap(({ release }) => parentsOf(release).map(String)));
  return all.map(({ cid }) => cid).filter((cid) => !linked.has(cid.toString()));
}

/** Release `number` of the main line, or an `input` failure that lists the existing ones. */
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

async function previousOf({ release }: Head, log: Reader, world: World): Promise<Head | undefined> {
  if (!release.previous) return undefined;
  const before = await log.read(release.previous, world);
  assertPrevious(before.number, release.previous, release.number);
  return { cid: release.previous, release: before };
}

/** @throws Failure `corrupt` where release `number` links to `previous` as the one before it, and that is not. */
export function assertPrevious(found: number, previous: CID, number: number): void {
  if (found === number - 1) return;
  throw new Failure("corrupt", `release ${number} links to release ${found} (${previous}) as the one before it`);
}

/** CIDs of everything reachable from `head`, parents first. Of releases on the way only number and links stay in memory. */
async function oldestFirst(head: Head, log: Reader, world: World): Promise<CID[]> {
  const order: CID[] = [];
  const numbers = new Map<string, number>();
  const path: { readonly cid: CID; readonly release: Pick<Release, "number" | "previous">; readonly unread: CID[] }[] =
    [];
  const enter = (cid: CID, release: Release) => {
    const { number, previous } = release;
    numbers.set(cid.toString(), number);
    path.push({ cid, release: { number, previous }, unread: [...parentsOf(release)].reverse() });
  };
  enter(head.cid, head.release);
  for (let at = path.at(-1); at; at = path.at(-1)) {
    const link = at.unread.pop();
    if (!link) {
      order.push(at.cid);
      path.pop();
      continue;
    }
    if (!numbers.has(link.toString())) enter(link, await log.read(link, world));
    const { number, previous } = at.release;
    if (previous?.equals(link)) assertPrevious(numbers.get(link.toString())!, link, number);
  }
  return order;
}
