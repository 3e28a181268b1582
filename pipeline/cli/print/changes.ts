/** A change in words, for people. */

import { emptyDirectory } from "../../core/cid.ts";
import type { Change } from "../../core/tree/changes.ts";
import { printable } from "./terminal.ts";

export function describeChange(change: Change): string {
  const path = printable(change.path);
  switch (change.op) {
    case "add":
      return `add      ${path} ${named(change.to)}`;
    case "remove":
      return `remove   ${path} (was ${named(change.from)})`;
    case "update":
      return `update   ${path} ${named(change.from)} → ${named(change.to)}`;
    case "move":
      return `move     ${printable(change.from)} → ${path}`;
    case "respell":
      return `respell  ${path} ${change.from} → ${change.to} (the same data)`;
  }
}

const named = (cid: string): string => (cid === emptyDirectory.toString() ? "an empty folder" : cid);
