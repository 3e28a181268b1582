/**
 * What is at a CID that is pulled: the releases of another campaign, the portal of one, a dataset of Open Data Fabric, or any
 * other data.
 */

import { CID } from "multiformats/cid";
import * as v from "valibot";
import { Failure, isFailure } from "../../core/failure.ts";
import { jsonIn } from "../../core/json.ts";
import type { ChainState } from "../../core/relation.ts";
import type { World } from "../../core/world.ts";
import { codecs, type Get } from "../../dag/block.ts";
import { openFolder } from "../../dag/read/folder.ts";
import { resolve, whole } from "../../dag/read/read.ts";
import { filesIn, openChain, stateOf } from "../../formats/odf/chain.ts";
import { assertPrevious, parentsOf } from "../../log/chain.ts";
import { readRelease } from "../../log/release.ts";

export type Remote =
  | { readonly kind: "campaign"; readonly cid: CID; readonly state: SisterState }
  | { readonly kind: "odf"; readonly cid: CID; readonly head: string }
  | { readonly kind: "data"; readonly cid: CID };

/** One state of another campaign. */
export interface SisterState {
  readonly campaign: string;
  /** Number of its newest release. */
  readonly number: number;
  readonly portal: CID;
  /** The newest release itself; absent where only its portal is known, which can't contain it. */
  readonly head?: CID;
  /** The releases that the newest one follows and merged; of a portal, the one before it. */
  readonly parents: readonly CID[];
}

/** @throws Failure `unavailable` where `get` does. */
export async function recognise(cid: CID, get: Get, world: World): Promise<Remote> {
  if (cid.code === codecs.dagCbor) {
    const state = await ofRelease(cid, get);
    return state ? { kind: "campaign", cid, state } : { kind: "data", cid };
  }
  const folder = cid.code === codecs.dagPb ? await folderAt(cid, get) : undefined;
  if (!folder) return { kind: "data", cid };
  const state = await ofPortal(cid, get);
  if (state) return { kind: "campaign", cid, state };
  try {
    const { head } = await openChain(filesIn(folder, world));
    return { kind: "odf", cid, head };
  } catch (error) {
    if (!isFailure(error, "input")) throw error;
    return { kind: "data", cid };
  }
}

/** `undefined` for a file, and for what is no UnixFS. */
async function folderAt(cid: CID, get: Get) {
  try {
    return await openFolder(cid, get);
  } catch (error) {
    if (isFailure(error, "input", "corrupt")) return undefined;
    throw error;
  }
}

async function ofRelease(cid: CID, get: Get): Promise<SisterState | undefined> {
  const bytes = await get(cid);
  try {
    const release = readRelease({ cid, bytes });
    const { campaign, number, portal } = release;
    return { campaign, number, portal, head: cid, parents: parentsOf(release) };
  } catch (error) {
    if (isFailure(error, "corrupt")) return undefined;
    throw error;
  }
}

/** The fields of a portal's index.json that identify its campaign. */
const indexJson = v.object({
  campaign: v.object({ name: v.pipe(v.string(), v.minLength(1)) }),
  release: v.object({ number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) }),
});

async function ofPortal(cid: CID, get: Get): Promise<SisterState | undefined> {
  if (!(await resolve(cid, "tree", get))) return undefined;
  const index = v.safeParse(indexJson, await indexOf(cid, get));
  if (!index.success) return undefined;
  const { campaign, release } = index.output;
  const before = release.number > 1 ? await resolve(cid, `releases/${release.number - 1}`, get) : undefined;
  if (release.number > 1 && !before) return undefined;
  const parents = before ? [CID.createV1(codecs.dagCbor, before.multihash)] : [];
  return { campaign: campaign.name, number: release.number, portal: cid, parents };
}

/** index.json of a portal, unchecked; `undefined` where there is none, or it is no JSON. */
export async function indexOf(portal: CID, get: Get): Promise<unknown> {
  const file = await resolve(portal, "index.json", get);
  if (!file) return undefined;
  return jsonIn(new TextDecoder().decode(await whole(file, get)));
}

/** The chain up to `remote`, for comparing; `undefined` of what is no chain. */
export async function chainOf(remote: Remote, get: Get, world: World): Promise<ChainState | undefined> {
  switch (remote.kind) {
    case "campaign":
      return sisterChain(remote.state, get);
    case "odf": {
      const folder = await openFolder(remote.cid, get);
      if (!folder) throw new Failure("corrupt", `${remote.cid} is no folder`);
      const files = filesIn(folder, world);
      return stateOf(await openChain(files), files, world);
    }
    case "data":
      return undefined;
  }
}

/**
 * The releases of a sister campaign, each under the CID of its portal: that is known of the newest one even where the release
 * itself is not, so that what a name of the portal leads to can be compared with what a name of the releases leads to.
 */
function sisterChain(state: SisterState, get: Get): ChainState {
  const known = new Map([[state.portal.toString(), { number: state.number, parents: state.parents }]]);
  return {
    head: state.portal.toString(),
    async read(key) {
      const entry = known.get(key);
      if (!entry) throw new Error(`${key} was not named by a later release`);
      const parents = await Promise.all(
        entry.parents.map(async (cid, i) => {
          const release = readRelease({ cid, bytes: await get(cid) });
          if (i === 0) assertPrevious(release.number, cid, entry.number);
          if (release.campaign !== state.campaign)
            throw new Failure("corrupt", `release ${cid} is of ${release.campaign}, in a chain of ${state.campaign}`);
          known.set(release.portal.toString(), { number: release.number, parents: parentsOf(release) });
          return release.portal.toString();
        }),
      );
      return { number: entry.number, parents };
    },
  };
}
