/**
 * `releases/N`: the block of every earlier release, as a file.
 *
 * The multihash of a block doesn't depend on the codec in its CID. So a link to the release's block as a raw file puts the
 * release itself under the portal: a pin of the portal includes all releases, and no old tree.
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
