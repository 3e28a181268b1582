/** A finding in words, for people: `tree.yaml:12:5 error duplicate-key …`, as editors and terminals can follow. */
import type { Finding } from "../core/finding.ts";
import { printable } from "./terminal.ts";

export function sayFinding(file: string, { level, rule, line, column, says, fix }: Finding): string {
  const said = `${file}:${line}:${column}  ${level}  ${rule}  ${printable(says)}`;
  return fix === undefined ? said : `${said}\n    fix: ${printable(fix)}`;
}
