/** `stac/`: the newest release as a STAC catalog. What was live before is found by its own portal, so nothing is folded. */
import { stacFiles } from "../core/stac/catalog.ts";
import type { View } from "./view.ts";

export const stac: View<null> = {
  name: "stac",
  version: 1,
  empty: null,
  step: () => null,
  render: (_, { entries, campaign }) => stacFiles(entries, campaign),
};
