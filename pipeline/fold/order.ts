/**
 * The order in which the releases of several logs are folded: a function of their heads alone, whichever came first.
 *
 * Each log has a main line, from its first release along `previous` to its head. The lines are merged by date; where two
 * share releases (a mirror, a fork) those are one. What a release merged comes right before it, oldest first, unless it came
 * before. So one log is folded as `allReleasesFrom` walks it, and a release that is newer than all others only adds to the end.
 */
import type { CID } from "multiformats/cid";
import type { World } from "../core/world.ts";
import { assertPrevious, parentsOf, releasesFrom } from "../log/chain.ts";
import type { Head } from "../log/log.ts";
import type { ReleaseSource } from "./folded-view.ts";

/** How far a view was folded. Plain JSON. */
export interface Position {
  /** CIDs that came from main lines, in the order in which they were folded. */
  readonly main: readonly string[];
  /** CIDs that came with a release that merged them. */
  readonly merged: readonly string[];
  /** By the name of each log: the newest of its main line that was folded, and its date. */
  readonly lines: Readonly<Record<string, Place>>;
}

export interface Place {
  readonly cid: string;
  /** The latest `made` along the line up to here, so that dates never fall along a line. */
  readonly date: string;
}

export const atStart: Position = { main: [], merged: [], lines: {} };

/** A release of a main line that is still to be folded. */
export interface Fresh extends Head {
  readonly date: string;
  readonly log: ReleaseSource;
}

/**
 * What the logs have beyond `position`, a list for each log, oldest first; `undefined` where what was folded is no beginning of
 * the present order, so that everything has to be folded again: a log was cut or replaced, or brought an old release.
 */
export async function freshLines(
  logs: readonly ReleaseSource[],
  position: Position,
  world: World,
): Promise<Fresh[][] | undefined> {
  const { lines } = position;
  if (Object.keys(lines).some((name) => logs.every((log) => log.name !== name))) return undefined;
  const main = new Set(position.main);
  const found: Fresh[][] = [];
  for (const log of logs) {
    const known = Object.hasOwn(lines, log.name) ? lines[log.name] : undefined;
    const newer: Head[] = [];
    let reached = known === undefined;
    for await (const head of releasesFrom(await log.head(world), log, world)) {
      world.signal.throwIfAborted();
      reached ||= head.cid.toString() === known?.cid;
      if (known && reached) break;
      newer.push(head);
    }
    if (!reached) return undefined;
    let date = known?.date ?? "";
    const line = newer.reverse().map((head): Fresh => {
      if (head.release.made > date) date = head.release.made;
      return { ...head, date, log };
    });
    const other = newestOfOthers(log.name, known, lines);
    if (line.some((fresh) => fresh.date <= other && !main.has(fresh.cid.toString()))) return undefined;
    found.push(line);
  }
  return found;
}

/**
 * The newest date that another line reached. A release that is not newer would have come before what was folded of that line.
 * A mirror that is as far as this log has the same line, and counts as none.
 */
function newestOfOthers(name: string, own: Place | undefined, lines: Position["lines"]): string {
  const others = Object.entries(lines).filter(([other, { cid }]) => other !== name && cid !== own?.cid);
  return (
    others
      .map(([, { date }]) => date)
      .sort()
      .at(-1) ?? ""
  );
}

/** The lines merged into one, by date, then by CID; of what several lines share, each has its own element in a row. */
export function* inDateOrder(lines: readonly (readonly Fresh[])[]): Generator<readonly Fresh[]> {
  const next = lines.map(() => 0);
  for (;;) {
    const heads = lines.flatMap((line, i) => (line[next[i]!] ? [{ i, fresh: line[next[i]!]! }] : []));
    const first = heads.reduce<Fresh | undefined>(
      (least, { fresh }) => (least === undefined || isBefore(fresh, least) ? fresh : least),
      undefined,
    );
    if (!first) return;
    const same = heads.filter(({ fresh }) => fresh.cid.equals(first.cid));
    for (const { i } of same) next[i] = next[i]! + 1;
    yield same.map(({ fresh }) => fresh);
  }
}

function isBefore(a: Fresh, b: Fresh): boolean {
  if (a.date !== b.date) return a.date < b.date;
  return a.cid.toString() < b.cid.toString();
}

/** What `head` merged and is not `known`, oldest first: depth first, `previous` before merged, and `head` itself last. */
export async function* withMerged(
  head: Head,
  log: ReleaseSource,
  known: (cid: string) => boolean,
  world: World,
): AsyncGenerator<Head> {
  const entered = new Set<string>();
  const isNew = (cid: CID) => !entered.has(cid.toString()) && !known(cid.toString());
  const path = [{ head, unread: [...(head.release.merged ?? [])].reverse() }];
  for (let at = path.at(-1); at; at = path.at(-1)) {
    world.signal.throwIfAborted();
    const link = at.unread.pop();
    if (!link) {
      yield at.head;
      path.pop();
    } else if (isNew(link)) {
      entered.add(link.toString());
      const release = await log.read(link, world);
      const { number, previous } = at.head.release;
      if (previous?.equals(link)) assertPrevious(release.number, link, number);
      path.push({ head: { cid: link, release }, unread: [...parentsOf(release)].reverse() });
    }
  }
}
