/**
 * Every rule for datasets, by its stable name: the check list of contributors.
 *
 * A finding on a dataset names a rule of this list, so one that is not in it does not compile. `docs/checks.md` is
 * generated from it. To add a rule, put it into the list of its subject in `rules/`, and let `npm run docs` write the page.
 *
 * ```ts
 * rules["no-title"].fix; // "Set the global attribute `title`, …"
 * ```
 */
import type { Rule, Rules } from "./rule.ts";
import { attributeRules } from "./rules/attributes.ts";
import { extentRules } from "./rules/extent.ts";
import { readingRules } from "./rules/reading.ts";
import { storageRules } from "./rules/storage.ts";
import { vocabularyRules } from "./rules/vocabulary.ts";

/** The rules by subject, in the order in which the page lists them. */
export const rulesBySubject = {
  "Whether it can be read": readingRules,
  "Time and place": extentRules,
  Attributes: attributeRules,
  "Names and units": vocabularyRules,
  "How it is stored": storageRules,
} as const satisfies Readonly<Record<string, Rules>>;

const all = { ...readingRules, ...extentRules, ...attributeRules, ...vocabularyRules, ...storageRules };

/** Name of a rule for datasets. A contract: people search for it and silence findings by it. */
export type RuleName = keyof typeof all;

export const rules: Readonly<Record<RuleName, Rule>> = all;
