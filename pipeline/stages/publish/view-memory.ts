/**
 * What views remember of the newest portal, as files of this machine.
 *
 * A view may link files of that portal without their bytes. So what it remembers is used only where that portal is pinned: the
 * node then has all of its blocks. Losing these files costs time only.
 */
import { join } from "node:path";
import { CID } from "multiformats/cid";
import type { World } from "../../core/world.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import type { Memory, States, View } from "../../views/view.ts";
import type { Parts } from "../parts.ts";

export type Memories = ReadonlyMap<string, Memory>;

type Remembering = Pick<Parts, "views" | "state" | "home">;

const utf8 = new TextEncoder();

/** Bytes of the text of a portal's CID at the beginning of a file. */
const cidLength = 59;

const fileOf = (view: View<States>, state: string) => join(state, `view-${view.name}.${view.version}`);

/** @throws what the node throws that is asked for its pins. */
export async function recall({ views, state, home }: Remembering, world: World): Promise<Memories> {
  const memories = new Map<string, Memory>();
  for (const view of views.filter(({ remembers }) => remembers)) {
    const stored = await readIfThere(fileOf(view, state));
    const of = stored && portalIn(stored);
    const isPinned = of !== undefined && (await home.pins(world)).values().some((pinned) => pinned.equals(of));
    memories.set(view.name, isPinned ? { before: stored!.subarray(cidLength) } : {});
  }
  return memories;
}

function portalIn(stored: Uint8Array): CID | undefined {
  try {
    return CID.parse(new TextDecoder().decode(stored.subarray(0, cidLength)));
  } catch {
    return undefined; // Another file, or a damaged one.
  }
}

/** `portal`: the one that was rendered, pinned. */
export async function remember(memories: Memories, portal: CID, { views, state }: Remembering): Promise<void> {
  const of = utf8.encode(portal.toString());
  if (of.length !== cidLength) return;
  for (const view of views) {
    const after = memories.get(view.name)?.after;
    if (after) await writeDurably(fileOf(view, state), Buffer.concat([of, after]));
  }
}
