/**
 * From what is and what should be to what to do.
 *
 * A plan is data: print it for a dry run, paste it into a pull request, compare it in a test. Only the publish stage
 * acts on it. The order of the steps is the safety argument: once peers are at hand, every block held, then the tree
 * kept, then the portal, then pinned wherever the campaign demands, and only then released, and announced, and read back:
 * wherever a run stops no release names what nobody keeps, and no name says what is not released. A step is in the plan
 * because it was *observed* to be needed; running again after a stop plans the rest.
 */
export type Step =
  /** Have a Kubo stay connected with peers. It finds data sooner so; nothing depends on it. */
  | { readonly do: "peer"; readonly node: string; readonly peers: readonly string[] }
  /** Bring every block below a leaf to the campaign's node. */
  | { readonly do: "hold"; readonly path: string; readonly cid: string; readonly line: number }
  /** Build the directories above the leaves and pin the root. */
  | { readonly do: "keep-tree"; readonly root: string }
  /** Describe the datasets, fold the views, pin the portal. */
  | { readonly do: "keep-portal"; readonly release: number }
  /** Append the release to the log and move the head. */
  | { readonly do: "release"; readonly number: number; readonly root: string }
  /** Have a service keep it. `cid` is null for a portal that is still to be made. */
  | {
      readonly do: "pin";
      readonly service: string;
      readonly path: string;
      readonly cid: string | null;
      readonly required: boolean;
    }
  /** Point a name at it; `value` is null while it is not known. */
  | { readonly do: "announce"; readonly name: string; readonly to: string; readonly value: string | null }
  /** Ask every authority of the name until all say so. */
  | { readonly do: "read-back"; readonly name: string; readonly value: string | null };

export interface Desired {
  readonly root: string;
  /** Leaves in the order of the file. */
  readonly leaves: readonly { readonly path: string; readonly cid: string; readonly line: number }[];
  /** What derived files are made with, as one text that differs where they would. */
  readonly madeWith: string;
  /** Kubos, and the IDs of peers that each should stay connected with and doesn't. */
  readonly peers?: readonly { readonly node: string; readonly missing: readonly string[] }[];
  /** What services should keep; `cid` is null for a portal that is still to be made. */
  readonly pins?: readonly {
    readonly service: string;
    readonly path: string;
    readonly cid: string | null;
    readonly required: boolean;
    /** Whether it is kept there already. */
    readonly counts: boolean;
  }[];
  /** What names should say, and what all their authorities do say; `value` is null where it can't be known yet. */
  readonly names?: readonly {
    readonly name: string;
    readonly to: string;
    readonly value: string | null;
    readonly said: string | undefined;
  }[];
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
    /** Paths of the leaves it published. */
    readonly paths: ReadonlySet<string>;
  };
  /** CIDs that the node says it keeps, and so holds whole. */
  readonly kept: ReadonlySet<string>;
}

/**
 * Whether the newest release is what is desired, so that none has to be made.
 *
 * One root can be cut into leaves in many ways: `a: CID`, or a line for each folder in it. What is described, listed and
 * bounded is a leaf, so another cut of the same root is another portal.
 */
export function isCurrent(
  { root, madeWith, leaves }: Pick<Desired, "root" | "madeWith" | "leaves">,
  head: Observed["head"],
): boolean {
  if (head?.root !== root || head.madeWith !== madeWith) return false;
  return leaves.length === head.paths.size && leaves.every(({ path }) => head.paths.has(path));
}

export function planOf(desired: Desired, { head, kept }: Observed): Step[] {
  const { root, leaves, peers = [], pins = [], names = [] } = desired;
  const current = isCurrent(desired, head);
  const steps: Step[] = [];
  for (const { node, missing } of peers) if (missing.length > 0) steps.push({ do: "peer", node, peers: missing });
  if (!kept.has(root)) {
    // What lies under a kept root is held: only leaves that are new since then may be missing.
    const held = head && kept.has(head.root) ? head.leaves : new Set<string>();
    for (const { path, cid, line } of leaves) {
      if (!held.has(cid) && !kept.has(cid)) steps.push({ do: "hold", path, cid, line });
    }
    steps.push({ do: "keep-tree", root });
  }
  const number = (head?.number ?? 0) + (current ? 0 : 1);
  if (!current || !kept.has(head!.portal)) steps.push({ do: "keep-portal", release: number });
  for (const { service, path, cid, required, counts } of pins) {
    if (!counts) steps.push({ do: "pin", service, path, cid, required });
  }
  if (!current) steps.push({ do: "release", number, root });
  const late = names.filter(({ value, said }) => value === null || value !== said);
  for (const { name, to, value } of late) steps.push({ do: "announce", name, to, value });
  for (const { name, value } of late) steps.push({ do: "read-back", name, value });
  return steps;
}

/** A step in words, for people. */
export function formatStep(step: Step): string {
  switch (step.do) {
    case "peer":
      return `have ${step.node} stay connected with ${sayPeers(step.peers)}`;
    case "hold":
      return `hold ${step.path} (${step.cid})`;
    case "keep-tree":
      return `keep the tree ${step.root}`;
    case "keep-portal":
      return `keep the portal of release ${step.release}`;
    case "release":
      return `release ${step.number}: ${step.root}`;
    case "pin":
      return `pin ${step.path} at ${step.service} (${step.cid ?? "the portal to be made"})${step.required ? "" : ", optional"}`;
    case "announce":
      return `announce ${step.name} → ${step.value ?? step.to}`;
    case "read-back":
      return `read ${step.name} back from every authority`;
  }
}

function sayPeers(ids: readonly string[]): string {
  return ids.length <= 3 ? ids.join(", ") : `${ids.length} peers`;
}

/** The steps as lines a person reads: many leaves to hold or to pin at a service are one line. */
export function formatSteps(steps: readonly Step[]): string[] {
  const alike = Map.groupBy(steps, (step) =>
    step.do === "hold" ? "hold" : step.do === "pin" ? `pin ${step.service}` : step,
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (first?.do === "pin" && group.length > 1) return [sayPins(first, group)];
    return group.length > few ? [`hold ${group.length} leaves`] : group.map(formatStep);
  });
}

/** Named one by one up to that many. */
const few = 3;

/** `pin /, portal/ at mirror`, `pin 12 roots at mirror` */
function sayPins({ service, required }: Extract<Step, { do: "pin" }>, steps: readonly Step[]): string {
  const paths = steps.flatMap((step) => (step.do === "pin" ? step.path : []));
  const what = paths.length > few ? `${paths.length} roots` : paths.join(", ");
  return `pin ${what} at ${service}${required ? "" : ", optional"}`;
}
