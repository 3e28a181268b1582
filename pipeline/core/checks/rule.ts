/** What a rule for datasets consists of. The rules themselves are in `rules/`, the list of all in `rules.ts`. */

export type Level = "error" | "warning" | "hint";

export interface Rule {
  /** Level of its findings; several where it depends on how likely harm is. */
  readonly level: Level | readonly Level[];
  /** What is found, as a sentence about the dataset. */
  readonly finds: string;
  /** What it costs those who use the data. */
  readonly reason: string;
  /** What to do, for all findings of the rule. A finding's own `fix` is more exact. */
  readonly fix: string;
}

export type Rules = Readonly<Record<string, Rule>>;
