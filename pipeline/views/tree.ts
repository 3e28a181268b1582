/** `tree/` and `tree.yaml`: the data root itself and the text that made it, so that one pin of the portal keeps all. */
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
