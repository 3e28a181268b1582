/** Pins on the campaign's own node that lack blocks, as `status` and `plan` report them, for people and for machines. */

import type { Campaign } from "../../campaign/campaign.ts";
import { incompleteLines, leafLines } from "../../stages/pins/incomplete-pins.ts";
import type { Observation } from "../../stages/publish/observe.ts";
import { printable } from "./terminal.ts";

type Reported = Pick<Observation, "head" | "live" | "incomplete" | "unchecked">;

/** Lines that name pins and leaves with what they lack, and the pins that were not checked; none where all are complete. */
export function incompleteSections(
  { head, live, incomplete, unchecked }: Reported,
  { home }: Pick<Campaign, "home">,
): string[] {
  const lacking = [...incompleteLines(incomplete), ...(head ? leafLines(head.release.root, live, incomplete) : [])];
  return [
    ...section(`not complete on ${home.name}`, lacking.map(indented)),
    ...section("not checked", unchecked === undefined ? [] : [indented(unchecked)]),
  ];
}

/** The same in JSON; no field where all are complete. */
export function incompleteData({ incomplete, unchecked }: Reported) {
  return {
    ...(incomplete.length > 0 && {
      incomplete: incomplete.map(({ label, root, count, missing, why }) => {
        const first = missing.map(({ cid, path, why }) => ({
          ...{ cid: cid.toString(), path },
          ...(why !== undefined && { why }),
        }));
        return { label, root: root.toString(), count, missing: first, ...(why !== undefined && { why }) };
      }),
    }),
    ...(unchecked !== undefined && { unchecked }),
  };
}

/** A title with the lines below it; nothing where there are none. */
export const section = (title: string, lines: readonly string[]) => (lines.length > 0 ? [title, ...lines] : []);

const indented = (line: string): string => `  ${printable(line)}`;
