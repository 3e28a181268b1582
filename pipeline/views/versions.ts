/** The versions of each dataset, as views have them. */
import { noVersions, type Versions, withMerge, withRelease } from "../core/versions/versions.ts";
import type { Fold } from "./view.ts";

/** What was merged was folded before. So the state of a merge is the same at each of the sites that could make it. */
export const versions: Fold<Versions> = {
  name: "versions",
  version: 1,
  empty: noVersions,
  step: (state, { release, sides }) => (sides ? withMerge(state, release, sides) : withRelease(state, release)),
};
