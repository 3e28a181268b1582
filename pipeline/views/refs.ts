/** `refs/`: kerchunk references of single files, by which Zarr readers open them without a download. */
import { CID } from "multiformats/cid";
import { pathBelow, referenceFile } from "../core/stac/names.ts";
import type { Stateless, View } from "./view.ts";

export const refs: View<Stateless> = {
  name: "refs",
  version: 1,
  states: {},
  *render(_, { entries }) {
    for (const entry of entries) {
      if (entry.kind !== "dataset") continue;
      for (const reference of entry.references ?? []) {
        if ("why" in reference) continue;
        const { path, cid, tsize } = reference;
        yield { path: referenceFile(pathBelow(entry.path, path)), content: { cid: CID.parse(cid), tsize } };
      }
    }
  },
};
