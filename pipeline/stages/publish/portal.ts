/**
 * The portal: every view of the log, as one folder on IPFS.
 *
 * Views are folded from the releases before the one being made. The folded state is stored, so that release 1 000 does
 * not read 999 others; without it, or with a view of another version, everything is folded again from the first
 * release to the same bytes.
 */
import { join } from "node:path";
import * as v from "valibot";
import type { Json } from "../../core/json.ts";
import type { World } from "../../core/world.ts";
import { assemble } from "../../dag/assemble.ts";
import type { Link, Put } from "../../dag/block.ts";
import { fileOf } from "../../dag/build/file.ts";
import { profiles } from "../../dag/profile.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import { allReleasesFrom } from "../../log/chain.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";
import { releaseBlock } from "../../log/release.ts";
import type { Content, Past, View } from "../../views/view.ts";

/** What is stored: the state of each view after the releases of these CIDs and everything below them. */
interface Folded {
  readonly heads: readonly string[];
  readonly states: Readonly<Record<string, { readonly version: number; readonly state: Json }>>;
}

/**
 * The states of all views, folded from every release up to `head`, those that it merged included, oldest first.
 *
 * What was folded before is gone on from where nothing was merged since: then the releases since are all that is new.
 *
 * `state`: folder of this machine where what was folded is kept. Losing it costs time only.
 */
export async function foldViews(
  views: readonly View<Json>[],
  head: Head | undefined,
  log: ReleaseLog,
  state: string,
  world: World,
): Promise<ReadonlyMap<string, Json>> {
  const file = join(state, "views.json");
  const stored = await readFolded(file);
  const usable = views.every(({ name, version }) => stored?.states[name]?.version === version) ? stored : undefined;

  const fresh: Past[] = [];
  let resumed = false;
  let merges = false;
  for await (const { cid, release } of allReleasesFrom(head, log, world)) {
    resumed = !merges && usable?.heads.length === 1 && usable.heads[0] === cid.toString();
    if (resumed) break;
    merges ||= release.merged !== undefined;
    fresh.push({ cid, size: releaseBlock(release).bytes.length, release });
  }
  const states = new Map(views.map(({ name, empty }) => [name, resumed ? usable!.states[name]!.state : empty]));
  for (const past of fresh.reverse()) {
    for (const view of views) states.set(view.name, view.step(states.get(view.name)!, past));
  }
  if (head && fresh.length > 0) {
    const versions = views.map(({ name, version }) => [name, { version, state: states.get(name)! }] as const);
    const folded: Folded = { heads: [head.cid.toString()], states: Object.fromEntries(versions) };
    await writeDurably(file, JSON.stringify(folded));
  }
  return states;
}

/** `undefined` where there is none, or a file of another form than this version writes. */
async function readFolded(file: string): Promise<Folded | undefined> {
  const bytes = await readIfThere(file);
  if (!bytes) return undefined;
  let stored: unknown;
  try {
    stored = JSON.parse(bytes.toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { success, output } = v.safeParse(folded, stored);
  return success ? output : undefined;
}

const folded: v.GenericSchema<unknown, Folded> = v.object({
  heads: v.array(v.string()),
  // What is in a state is its view's own business, and a state of another version is not used.
  states: v.record(
    v.string(),
    v.object({ version: v.number(), state: v.custom<Json>((state) => state !== undefined) }),
  ),
});

/** The portal of the release in `content`. Blocks go to `put`; the data root and earlier releases are linked, not copied. */
export function buildPortal(
  views: readonly View<Json>[],
  states: ReadonlyMap<string, Json>,
  content: Content,
  put: Put,
): Link {
  const profile = profiles["cid-v1"];
  const leaves = views.flatMap((view) =>
    Array.from(view.render(states.get(view.name)!, content), ({ path, content: file }) => {
      const link = typeof file === "string" || file instanceof Uint8Array ? fileOf(bytesOf(file), profile, put) : file;
      return { path, cid: link.cid, tsize: link.tsize };
    }),
  );
  return assemble(leaves, profile, put);
}

const utf8 = new TextEncoder();
const bytesOf = (file: string | Uint8Array) => (typeof file === "string" ? utf8.encode(file) : file);
