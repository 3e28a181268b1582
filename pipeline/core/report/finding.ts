/** Something a contributor or reviewer should see, at the line they should see it. */
export interface Finding {
  readonly level: "error" | "warning" | "hint";
  /** Stable name of the rule, so it can be documented, searched for and silenced. */
  readonly rule: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units, as editors and GitHub annotations count. */
  readonly column: number;
  /** Path in the tree, where the finding has one. */
  readonly path: string;
  /** The message. It has this name in every JSON that is printed or published, so it has it here, too. */
  readonly says: string;
  /** The text that would put it right, or what to do, where we know. */
  readonly fix?: string;
  /** Findings of its rule that this one represents, where they are too many to be listed: see `finding-list.ts`. Default: 1. */
  readonly count?: number;
}
