/** `stac/`: the newest release as a STAC catalog. Earlier releases are found in their own portals, so no state is folded. */
import { stacFiles } from "../core/stac/catalog.ts";
import type { View } from "./view.ts";

export const stac: View<null> = {
  name: "stac",
  version: 1,
  empty: null,
  step: () => null,
  render: (_, { entries, campaign }) => stacFiles(entries, campaign),
};
