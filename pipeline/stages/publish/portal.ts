/**
 * The portal: every view of the log, as one folder on IPFS.
 *
 * Views are folded from the releases before the one being made. The folded state is stored, so that release 1 000 does
 * not read 999 others; without it, or with a view of another version, everything is folded again from the first
 * release to the same bytes.
 */
import type { Json } from "../../core/json.ts";
import type { World } from "../../core/world.ts";
import { assemble, type Leaf } from "../../dag/assemble.ts";
import type { Link, Put } from "../../dag/block.ts";
import { fileOf } from "../../dag/build/file.ts";
import { profiles } from "../../dag/profile.ts";
import { fileStore } from "../../fold/file-store.ts";
import type { FoldedView } from "../../fold/folded-view.ts";
import { openViews } from "../../fold/views.ts";
import type { Head, ReleaseLog } from "../../log/log.ts";
import type { Content, View } from "../../views/view.ts";
import type { Memories } from "./view-memory.ts";

/**
 * The states of all views, folded from every release up to `head`, those that it merged included, oldest first.
 *
 * All views are one, stored as one file: a view more, or another version of one, folds all of them again.
 *
 * `state`: folder of this machine where what was folded is kept. Losing it costs time only.
 */
export async function foldViews(
  views: readonly View<Json>[],
  head: Head | undefined,
  log: Pick<ReleaseLog, "read">,
  state: string,
  world: World,
): Promise<ReadonlyMap<string, Json>> {
  type States = Readonly<Record<string, Json>>;
  const byName = (of: (view: View<Json>) => Json): States =>
    Object.fromEntries(views.map((view) => [view.name, of(view)]));
  const all: FoldedView<States> = {
    name: "views",
    version: views.map(({ name, version }) => `${name}.${version}`).join(" "),
    empty: byName(({ empty }) => empty),
    step: (states, past) => byName((view) => view.step(states[view.name]!, past)),
    isPure: true,
  };
  const source = { name: "log", head: async () => head, read: log.read };
  const folded = openViews({ logs: [source], store: fileStore(state), world });
  folded.use(all);
  await folded.ready(all);
  return new Map(Object.entries(await folded.get(all)));
}

export interface Rendering {
  /** By names of views. */
  readonly memories?: Memories;
  /** Awaited after each file, so that blocks can be stored before there are too many for memory. */
  readonly afterFile?: () => Promise<void>;
}

/**
 * The portal of the release in `content`. Blocks go to `put`; the data root and earlier releases are linked, not copied.
 */
export async function buildPortal(
  views: readonly View<Json>[],
  states: ReadonlyMap<string, Json>,
  content: Content,
  put: Put,
  { memories, afterFile }: Rendering = {},
): Promise<Link> {
  const profile = profiles["cid-v1"];
  const leaves: Leaf[] = [];
  for (const view of views) {
    for (const { path, content: file } of view.render(states.get(view.name)!, content, memories?.get(view.name))) {
      const link = typeof file === "string" || file instanceof Uint8Array ? fileOf(bytesOf(file), profile, put) : file;
      leaves.push({ path, cid: link.cid, tsize: link.tsize });
      await afterFile?.();
    }
  }
  return assemble(leaves, profile, put);
}

const utf8 = new TextEncoder();
const bytesOf = (file: string | Uint8Array) => (typeof file === "string" ? utf8.encode(file) : file);
