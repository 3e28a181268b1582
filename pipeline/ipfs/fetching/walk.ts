/**
 * Visits every block below a root, and fetches those that the node lacks: in CARs where nothing below a block is here, else one by
 * one, many under way.
 *
 * A CAR has everything below its root, whatever of it is here already. So it is asked for where all links of a block that
 * was just fetched lead to blocks that are missing, and given up at the first block in it that is here. What it did not bring is
 * asked for by itself: after a cut, only the parts that are missing.
 */
import type { CID } from "multiformats/cid";
import { atMost } from "../../core/concurrency.ts";
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { hasLinks, isInline, keyOf } from "../../dag/block.ts";
import { type CidSet, cidSet } from "../../dag/cid-set.ts";
import { linksBelow, linksOf } from "../../dag/codec/decode.ts";
import { pause } from "../../dag/event-loop.ts";
import type { Source } from "../fallback.ts";
import type { Arrival } from "../gateways/car-answer.ts";
import type { BlockStore } from "../node.ts";
import type { FetchedBlocks, UnfetchedBlock } from "./fetched-blocks.ts";

/** Blocks that are visited at once. A source requests as many at once as its links take. */
const atOnce = 64;

/** CARs at once: what is cut off in the middle of a block is fetched again. */
const carsAtOnce = 3;

/** Links of a block from which on one CAR is worth that its root comes twice. Below, each linked part is one. */
const manyLinks = 8;

/** CARs in a row that bring nothing, after which none is asked for. */
const mostEmptyCars = 2;

/** Missing blocks found before the walk ends: enough to show whether one block is missing or all of them. */
export const mostMissing = 5;

export interface Walk {
  /**
   * Goes on until nothing is left to visit, or {@link mostMissing} blocks are missing, which the next call visits again. Returns them.
   *
   * @throws what `fetched` and the node do, after what was under way has ended.
   */
  run(): Promise<readonly UnfetchedBlock[]>;
}

interface Item {
  readonly cid: CID;
  /** Whether it was found in the midst of blocks of which none is here, so that nothing below it will be. */
  readonly isNew: boolean;
}

interface Walking {
  readonly root: CID;
  readonly home: BlockStore;
  readonly sources: Source | undefined;
  readonly fetched: FetchedBlocks;
  readonly world: World;
  /** Blocks that are stored, or on their way there. */
  readonly done: CidSet;
  /** Blocks that were linked to and are not done, by key: each is in `todo`, being visited, or missing. */
  readonly awaited: Set<string>;
  readonly todo: Item[];
  readonly missing: UnfetchedBlock[];
  readonly carInTurn: ReturnType<typeof atMost>;
  emptyCars: number;
}

export function walkBelow(root: CID, from: Pick<Walking, "home" | "sources" | "fetched" | "world">): Walk {
  const walking: Walking = {
    ...{ root, ...from },
    done: cidSet(),
    awaited: new Set([keyOf(root)]),
    todo: [{ cid: root, isNew: false }],
    missing: [],
    carInTurn: atMost(carsAtOnce),
    emptyCars: 0,
  };
  const { todo, missing } = walking;
  return {
    async run() {
      todo.push(...missing.map(({ cid }) => ({ cid, isNew: false })));
      missing.length = 0;
      await visitAll(walking);
      return [...missing];
    },
  };
}

async function visitAll(walking: Walking): Promise<void> {
  const { todo, missing } = walking;
  let stop: { readonly why: unknown } | undefined;
  await new Promise<void>((resolve) => {
    let working = 0;
    const more = (): void => {
      while (working < atOnce && todo.length > 0 && stop === undefined && missing.length < mostMissing) {
        working++;
        visit(todo.pop()!, walking)
          .catch((why: unknown) => {
            stop ??= { why };
          })
          .finally(() => {
            working--;
            more();
          });
      }
      if (working === 0) resolve();
    };
    more();
  });
  if (stop) throw stop.why;
}

async function visit({ cid, isNew }: Item, walking: Walking): Promise<void> {
  const { home, fetched, world } = walking;
  await pause();
  world.signal.throwIfAborted();
  if (!hasLinks(cid) && home.has && (await home.has(cid, world))) {
    fetched.foundHere();
    finish(cid, walking);
    return;
  }
  const here = await home.get(cid, world);
  if (here) {
    fetched.foundHere();
    follow(linksIn(cid, here, walking), false, walking);
    return finish(cid, walking);
  }
  if (isNew && hasLinks(cid) && maySendCars(walking)) return fetchCar(cid, [cid], walking);

  const block = await fromSources(cid, walking);
  if (!block) return;
  const links = linksIn(cid, block, walking);
  finish(cid, walking);
  const allNew = links.length > 0 && maySendCars(walking) && !(await anyHere(links, walking));
  if (allNew && links.length >= manyLinks && links.some((link) => !walking.awaited.has(keyOf(link)))) {
    const open = links.filter((link) => claim(link, walking));
    await fetchCar(cid, open, walking);
  } else follow(links, allNew, walking);
}

/** A block's links that are not done, each once; of the root also those that only a root may have. */
function linksIn(cid: CID, block: Uint8Array, { root, done }: Walking): CID[] {
  const links = (cid === root ? linksOf : linksBelow)(cid, block).filter((link) => !isInline(link) && !done.has(link));
  return links.length < 2 ? links : [...new Map(links.map((link) => [keyOf(link), link])).values()];
}

function finish(cid: CID, { done, awaited }: Walking): void {
  done.add(cid);
  awaited.delete(keyOf(cid));
}

/** Whether the caller is the first that found a link to it, and so has it fetched. */
function claim(cid: CID, { awaited }: Walking): boolean {
  const key = keyOf(cid);
  return awaited.size < awaited.add(key).size;
}

function follow(links: readonly CID[], isNew: boolean, walking: Walking): void {
  // Reversed, because the last one is taken first: this gives the order of the files.
  for (const cid of links.toReversed()) if (claim(cid, walking)) walking.todo.push({ cid, isNew });
}

async function fromSources(cid: CID, { sources, fetched, missing, world }: Walking): Promise<Uint8Array | undefined> {
  let why: string | undefined;
  try {
    const bytes = await sources?.get(cid, world);
    if (bytes) {
      await fetched.add({ cid, bytes });
      return bytes;
    }
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    why = error.message;
  }
  missing.push({ cid, why });
  return undefined;
}

/** Whether finding out what is here costs little, and a source gives CARs. */
function maySendCars({ home, sources, emptyCars }: Walking): boolean {
  return home.has !== undefined && sources?.below !== undefined && emptyCars < mostEmptyCars;
}

async function anyHere(links: readonly CID[], { home, world }: Walking): Promise<boolean> {
  for (const link of links) {
    await pause();
    if (await home.has?.(link, world)) return true;
  }
  return false;
}

/** Fetches what is below `root` as one CAR. `open`: the blocks of it that are awaited first. What does not come is left to be done. */
async function fetchCar(root: CID, open: readonly CID[], walking: Walking): Promise<void> {
  const expected = new Map(open.map((cid) => [keyOf(cid), cid]));
  let came = 0;
  let foundHere = false;
  try {
    await walking.carInTurn(async () => {
      for await (const block of walking.sources!.below!(root, arrivalIn(expected, root, walking), walking.world)) {
        await pause();
        const own = expected.get(keyOf(block.cid))!;
        if (await walking.home.has!(own, walking.world)) {
          foundHere = true;
          return;
        }
        await walking.fetched.add(block.under(own));
        came++;
        expected.delete(keyOf(own));
        finish(own, walking);
        for (const link of linksIn(own, block.bytes, walking))
          if (claim(link, walking)) expected.set(keyOf(link), link);
      }
    });
  } finally {
    walking.emptyCars = came > 0 ? 0 : walking.emptyCars + 1;
    // A root that did not come would be asked for as a CAR again.
    const isNew = (cid: CID) => !foundHere && !(came === 0 && cid.equals(root));
    for (const cid of [...expected.values()].reverse()) walking.todo.push({ cid, isNew: isNew(cid) });
  }
}

function arrivalIn(expected: ReadonlyMap<string, CID>, root: CID, { done, awaited }: Walking): (cid: CID) => Arrival {
  return (cid) => {
    const key = keyOf(cid);
    if (expected.has(key)) return "requested";
    return done.has(cid) || awaited.has(key) || isInline(cid) || cid.equals(root) ? "known" : "unrequested";
  };
}
