/** `tree/` and `tree.yaml`: the data root and the text it was built from, so that one pin of the portal includes both. */
import type { View } from "./view.ts";

export const tree: View<null> = {
  name: "tree",
  version: 1,
  empty: null,
  step: () => null,
  render: (_, { tree, source }) => [
    { path: "tree", content: tree },
    { path: "tree.yaml", content: source },
  ],
};
