/**
 * `cite/`: how a release is cited, in each format. A dataset's citation is in its STAC item, and `fieldtree cite` prints it: a
 * file for each of a hundred thousand would be five hundred thousand files.
 */
import { citationFormats } from "../core/cite/formats.ts";
import { releaseWork } from "../core/cite/work.ts";
import type { Stateless, View } from "./view.ts";

export const cite: View<Stateless> = {
  name: "cite",
  version: 1,
  states: {},
  render(_, { draft, campaign }) {
    const work = releaseWork(draft, campaign);
    return Object.values(citationFormats).map(({ file, write }) => ({ path: `cite/${file}`, content: write(work) }));
  },
};
