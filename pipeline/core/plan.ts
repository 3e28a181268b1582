/**
 * From what is and what should be to what to do.
 *
 * A plan is data: print it for a dry run, paste it into a pull request, compare it in a test. Only the publish stage
 * acts on it. The order of the steps is the safety argument: every block held, then the tree kept, then the portal,
 * and the release last, so that wherever a run stops no release names what nobody keeps. A step is in the plan because
 * it was *observed* to be needed; running again after a stop plans the rest.
 */
export type Step =
  /** Bring every block below a leaf to the campaign's node. */
  | { readonly do: "hold"; readonly path: string; readonly cid: string; readonly line: number }
  /** Build the directories above the leaves and pin the root. */
  | { readonly do: "keep-tree"; readonly root: string }
  /** Describe the datasets, fold the views, pin the portal. */
  | { readonly do: "keep-portal"; readonly release: number }
  /** Append the release to the log and move the head. */
  | { readonly do: "release"; readonly number: number; readonly root: string };

export interface Desired {
  readonly root: string;
  /** Leaves in the order of the file. */
  readonly leaves: readonly { readonly path: string; readonly cid: string; readonly line: number }[];
  /** What derived files are made with, as one text that differs where they would. */
  readonly madeWith: string;
}

export interface Observed {
  /** The newest release; absent where nothing was published. */
  readonly head?: {
    readonly number: number;
    readonly root: string;
    readonly portal: string;
    readonly madeWith: string;
    /** CIDs of the leaves it published. */
    readonly leaves: ReadonlySet<string>;
  };
  /** CIDs that the node says it keeps, and so holds whole. */
  readonly kept: ReadonlySet<string>;
}

export function planOf({ root, leaves, madeWith }: Desired, { head, kept }: Observed): Step[] {
  const current = head?.root === root && head.madeWith === madeWith;
  const steps: Step[] = [];
  if (!kept.has(root)) {
    // What lies under a kept root is held: only leaves that are new since then may be missing.
    const held = head && kept.has(head.root) ? head.leaves : new Set<string>();
    for (const { path, cid, line } of leaves) {
      if (!held.has(cid) && !kept.has(cid)) steps.push({ do: "hold", path, cid, line });
    }
    steps.push({ do: "keep-tree", root });
  }
  const number = (head?.number ?? 0) + (current ? 0 : 1);
  if (!current || !kept.has(head.portal)) steps.push({ do: "keep-portal", release: number });
  if (!current) steps.push({ do: "release", number, root });
  return steps;
}

/** A step in words, for people. */
export function sayStep(step: Step): string {
  switch (step.do) {
    case "hold":
      return `hold ${step.path} (${step.cid})`;
    case "keep-tree":
      return `keep the tree ${step.root}`;
    case "keep-portal":
      return `keep the portal of release ${step.release}`;
    case "release":
      return `release ${step.number}: ${step.root}`;
  }
}

/** The steps as lines a person reads: many leaves to hold are one line. */
export function sayToDo(steps: readonly Step[]): string[] {
  const holds = steps.filter((step) => step.do === "hold");
  if (holds.length <= 3) return steps.map(sayStep);
  return [`hold ${holds.length} leaves`, ...steps.filter((step) => step.do !== "hold").map(sayStep)];
}
