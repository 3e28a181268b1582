/**
 * `releases/N`: the block of every earlier release, as a file.
 *
 * A raw block has the multihash of its bytes whatever codec a CID names, so linking the release's block as a file puts
 * the release itself under the portal: whoever keeps the portal keeps the chain, and no old tree with it.
 */

import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import type { View } from "./view.ts";

/** CID and bytes of each release's block, oldest first. */
type State = readonly (readonly [cid: string, size: number])[];

export const releases: View<State> = {
  name: "releases",
  version: 1,
  empty: [],
  step: (state, { cid, size }) => [...state, [cid.toString(), size]],
  render: (state) =>
    state.map(([cid, size], i) => ({
      path: `releases/${i + 1}`,
      content: { cid: CID.createV1(raw.code, CID.parse(cid).multihash), tsize: size },
    })),
};
