/** The releases of another campaign, for verbs that take them: under the name they were pulled as, or at the CID of one. */
import { CID } from "multiformats/cid";
import { readAliases } from "../../campaign/remotes.ts";
import { isFailure } from "../../core/failure.ts";
import type { Get } from "../../dag/block.ts";
import { walk } from "../../dag/read/read.ts";
import { completeRelease } from "../../log/left-out-changes.ts";
import type { Head } from "../../log/log.ts";
import type { Release } from "../../log/release.ts";
import { recognise, type SisterState } from "../../stages/pull/recognise.ts";
import { type Check, checked } from "../../stages/verify/check.ts";
import { checkReleases } from "../../stages/verify/check-releases.ts";
import { locate } from "../address/locate.ts";
import { parseAddress } from "../address/parse-address.ts";
import type { Call } from "../verb.ts";

export interface ChainAt {
  readonly state: SisterState;
  /** The newest release that is known: of a portal, the one before it; absent for the portal of the first release. */
  readonly head?: Head;
  readonly log: { readonly read: (cid: CID) => Promise<Release> };
  readonly get: Get;
}

/** `undefined` where `given` is neither a name of releases that were pulled, nor a CID of a release or a portal. */
export async function chainAt(given: string, call: Call): Promise<ChainAt | undefined> {
  const found = await contentAt(given, call);
  if (!found) return undefined;
  const { cid, get } = found;
  const remote = await recognise(cid, get, call.world);
  if (remote.kind !== "campaign") return undefined;
  const { state } = remote;
  const read = (cid: CID) => completeRelease(cid, get);
  const newest = state.head ?? state.parents[0];
  return { state, log: { read }, get, ...(newest && { head: { cid: newest, release: await read(newest) } }) };
}

async function contentAt(given: string, call: Call): Promise<{ readonly cid: CID; readonly get: Get } | undefined> {
  const folder = call.folderAround();
  const alias = folder === undefined ? undefined : (await readAliases(folder)).pulled[given];
  if (alias) return { cid: CID.parse(alias.cid), get: (await call.store()).get };
  if (!isContent(given)) return undefined;
  const { cid, get } = await locate(given, call);
  return { cid, get };
}

function isContent(given: string): boolean {
  try {
    return parseAddress(given).in === "content";
  } catch (error) {
    if (isFailure(error)) return false;
    throw error;
  }
}

/** Every release of it, and every block below the newest portal, which has all of its data. */
export async function* checksOfChain({ state, head, log, get }: ChainAt, call: Call): AsyncGenerator<Check> {
  const { world } = call;
  if (head) {
    yield* checkReleases(head, log, get, [], world, {
      // Of older releases their blocks are here, and not their trees.
      isOld: (release) => release < state.number,
      source: async () => undefined,
      profile: "cid-v1",
    });
  }
  yield* checked("portal", `portal of release ${state.number}`, async () => {
    let blocks = 0;
    for await (const _ of walk(state.portal, get, { scope: "all" })) {
      blocks++;
      world.progress({ task: "reading", done: blocks, unit: "blocks" });
    }
    return `${blocks} blocks, all of them verified against their CIDs`;
  });
}
