/** A finding put right on its own line, as an editor or a review can offer it: nothing but that line changes. */
import { isObjection, readCid } from "../cid.ts";
import { isFailure } from "../failure.ts";
import type { Finding } from "../report/finding.ts";
import { moveLeaf, setLeaf } from "./edit.ts";

/** The line of `text` that `finding` points at, as it should be; `undefined` where it takes more than that, or a person. */
export function replacementFor(finding: Finding, text: string): string | undefined {
  const { line, path, fix } = finding;
  if (fix === undefined || path === "") return undefined;
  const fixed = applyFix(finding, text);
  if (fixed === undefined) return undefined;
  const [before, after] = [text.split("\n"), fixed.split("\n")];
  const others = before.length === after.length && before.every((old, at) => at === line - 1 || old === after[at]);
  return others ? after[line - 1]!.replace(/\r$/, "") : undefined;
}

function applyFix({ rule, path, fix }: Finding, text: string): string | undefined {
  try {
    if (rule === "not-nfc") return moveLeaf(text, path, path.slice(0, path.lastIndexOf("/") + 1) + fix);
    // Most fixes are text for people; a fix that is a CID is the value to write.
    return isObjection(readCid(fix!)) ? undefined : setLeaf(text, path, fix!).text;
  } catch (error) {
    if (isFailure(error, "input")) return undefined;
    throw error;
  }
}
