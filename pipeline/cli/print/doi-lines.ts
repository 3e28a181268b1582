/** The DOIs in dois.yaml, for `status`. */
import { sameData } from "../../core/cid.ts";
import { type Dois, doiStates } from "../../core/datacite/dois.ts";
import type { Tree } from "../../core/tree/tree.ts";
import { printable } from "./terminal.ts";

export interface DoiLine {
  readonly path: string;
  readonly doi: string;
  readonly cid: string;
  readonly state: (typeof doiStates)[number];
  /** Whether the tree has these data at the path; absent where the path is below a leaf, whose content is not read. */
  readonly current?: boolean;
}

export function doiData(dois: Dois, tree: Tree): DoiLine[] {
  return Array.from(dois, ([path, { doi, cid, state }]) => {
    const isBelow = path
      .split("/")
      .some((_, i, names) => i > 0 && tree.get(names.slice(0, i).join("/"))?.kind === "data");
    return { path, doi, cid, state, ...(!isBelow && { current: isAt(path, cid, tree) }) };
  });
}

function isAt(path: string, cid: string, tree: Tree): boolean {
  const leaf = tree.get(path);
  return leaf?.kind === "data" && sameData(leaf.cid.toString(), cid);
}

/** How many there are in each state, then those that need something: drafts, and DOIs of data that changed. */
export function doiLines(dois: readonly DoiLine[]): string[] {
  if (dois.length === 0) return [];
  const counts = doiStates
    .map((state) => [dois.filter((one) => one.state === state).length, state] as const)
    .filter(([count]) => count > 0);
  const notable = dois.flatMap(({ path, doi, state, current }) => {
    if (current === false)
      return [
        `  ${printable(path)}: changed since ${printable(doi)}; fieldtree doi draft makes one for the new version`,
      ];
    return state === "draft" ? [`  ${printable(path)}: ${printable(doi)} is a draft`] : [];
  });
  const more = notable.length > most ? [`  and ${notable.length - most} more`] : [];
  return [`  ${counts.map(([count, state]) => `${count} ${state}`).join(", ")}`, ...notable.slice(0, most), ...more];
}

/** Lines of single DOIs. */
const most = 10;
