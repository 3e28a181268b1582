/** All views of a portal. Their files must not overlap: a test renders them all. */
import { browser } from "./browser/browser.ts";
import { cite } from "./cite.ts";
import { cluster } from "./cluster.ts";
import { feeds } from "./feeds.ts";
import { history } from "./history.ts";
import { indexJson } from "./index-json.ts";
import { intake } from "./intake.ts";
import { pages } from "./pages.ts";
import { refs } from "./refs.ts";
import { releases } from "./releases.ts";
import { search } from "./search/search.ts";
import { stac } from "./stac.ts";
import { tree } from "./tree.ts";
import type { States, View } from "./view.ts";

export const views: readonly View<States>[] = [
  browser,
  indexJson,
  stac,
  pages,
  refs,
  history,
  feeds,
  intake,
  cite,
  cluster,
  search,
  releases,
  tree,
];
