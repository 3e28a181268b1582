/**
 * `releases/N`: the block of every earlier release, as a file. Of a release that another one merged, `releases/CID`.
 *
 * The multihash of a block doesn't depend on the codec in its CID. So a link to the release's block as a raw file puts the
 * release itself under the portal: a pin of the portal includes all releases, and no old tree.
 *
 * `releases/trees/CID.yaml`: of a release whose changes do not fit into its block, the two tree.yaml from which they follow.
 */

import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import type { Fold, View } from "./view.ts";

/** CID and bytes of each release's block, in the order in which they were folded. */
type Blocks = readonly (Own | Merged)[];

type Own = readonly [cid: string, size: number];

type Merged = readonly [cid: string, size: number, "merged"];

const blocks: Fold<Blocks> = {
  name: "releases",
  version: 1,
  empty: [],
  step(state, { block, isMerged }) {
    if (!block) return state;
    const cid = block.cid.toString();
    return [...state, isMerged ? [cid, block.size, "merged"] : [cid, block.size]];
  },
};

/** CID and Tsize of each, without repetition. */
type Trees = readonly (readonly [cid: string, tsize: number])[];

const trees: Fold<Trees> = {
  name: "release-trees",
  version: 1,
  empty: [],
  step(state, { trees = [] }) {
    const known = new Set(state.map(([cid]) => cid));
    return [
      ...state,
      ...trees.map(({ cid, tsize }) => [cid.toString(), tsize] as const).filter(([cid]) => !known.has(cid)),
    ];
  },
};

export const releases: View<{ readonly blocks: Blocks; readonly trees: Trees }> = {
  name: "releases",
  version: 1,
  states: { blocks, trees },
  render({ blocks, trees }) {
    let number = 0;
    return [
      ...blocks.map(([cid, size, merged]) => ({
        path: `releases/${merged ? cid : ++number}`,
        content: { cid: CID.createV1(raw.code, CID.parse(cid).multihash), tsize: size },
      })),
      ...trees.map(([cid, tsize]) => ({ path: `releases/trees/${cid}.yaml`, content: { cid: CID.parse(cid), tsize } })),
    ];
  },
};
