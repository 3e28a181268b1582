/** `tree/` and `tree.yaml`: the data root and the text it was built from, so that one pin of the portal includes both. */
import type { Stateless, View } from "./view.ts";

export const tree: View<Stateless> = {
  name: "tree",
  version: 1,
  states: {},
  render: (_, { tree, source }) => [
    { path: "tree", content: tree },
    { path: "tree.yaml", content: source },
  ],
};
