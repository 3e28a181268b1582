/** Messages that describe what a pin lacks. */
import { plural } from "../core/text/plural.ts";
import type { IncompletePin } from "./node.ts";

/** Most files named in one line. */
const few = 5;

/** `only/data, shared and others lack 7 blocks`, or the reason why this isn't known. */
export function describeMissing({ count, missing, why }: Omit<IncompletePin, "label" | "root">): string {
  if (missing.length === 0) return why ?? "lacks blocks";
  const paths = [...new Set(missing.map(({ path }) => path))];
  const named = paths.slice(0, few).map((path) => path || "its root");
  const others = paths.length > few || missing.length < count ? " and others" : "";
  const verb = named.length === 1 && others === "" ? "lacks" : "lack";
  return `${named.join(", ")}${others} ${verb} ${plural(count, "block")}`;
}

/** CIDs of the first missing blocks, for a line of a message. */
export function missingCids({ count, missing }: Omit<IncompletePin, "label" | "root">): string {
  const cids = missing.slice(0, few).map(({ cid }) => cid);
  return `${cids.join(", ")}${count > cids.length ? ", …" : ""}`;
}
