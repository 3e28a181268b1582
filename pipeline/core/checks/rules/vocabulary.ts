/** Rules on standard names and units: which other programs need to know what was measured, and in what unit. */
import type { Rules } from "../rule.ts";

export const vocabularyRules = {
  "unknown-standard-name": {
    level: "warning",
    finds: "A `standard_name` is not in CF's table.",
    reason: "Searches by standard name do not find the variable, and programs that choose variables by it overlook it.",
    fix: "Choose a name of https://cfconventions.org/Data/cf-standard-names/, or describe the variable with `long_name` only.",
  },
  "renamed-standard-name": {
    level: "hint",
    finds: "CF has replaced a `standard_name` by another.",
    reason: "Searches for the new name do not find the variable.",
    fix: "Write the new name.",
  },
  "unknown-unit": {
    level: "warning",
    finds: "UDUNITS can't read a `units` attribute.",
    reason: "CF leaves the meaning of units to UDUNITS; programs that convert units refuse the variable.",
    fix: "Write units such as `m s-1`, `kg m-3`, `degC`, `percent`, and `1` for numbers without a unit.",
  },
  "unit-misfit": {
    level: "warning",
    finds: "Units of a variable measure something else than its standard name.",
    reason: "One of the two is wrong, and users can't know which.",
    fix: "Correct the units or the standard name.",
  },
  "no-unit": {
    level: "warning",
    finds:
      "A variable has a `standard_name` whose quantities have units, and no `units`; without a standard name it is `unitless`.",
    reason:
      "Programs take the name for a quantity and the values for plain numbers: they convert and compare them wrongly.",
    fix: "Set the attribute `units`.",
  },
  unitless: {
    level: "hint",
    finds:
      "Data variables have neither `units` nor a `standard_name` that tells which they need; with one it is `no-unit`.",
    reason: "They may be counts or flags, or a quantity: only you can tell, and nothing can convert them.",
    fix: 'Add `units` to each: `"1"` where it has no dimension.',
  },
  "no-standard-name": {
    level: "hint",
    finds: "Data variables have neither `standard_name` nor `long_name`.",
    reason: "Only their author knows what they are, and no search by quantity finds them.",
    fix: "Add `standard_name` where CF's table has one, and `long_name` otherwise.",
  },
} as const satisfies Rules;
