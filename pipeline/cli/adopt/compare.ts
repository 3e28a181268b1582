/** `log compare`: how the campaign's log relates to another copy of it. */
import { Failure } from "../../core/failure.ts";
import type { Relation } from "../../core/relation.ts";
import { comparedText, compareLogs } from "../../stages/adopt/other-log.ts";
import type { Call } from "../verb.ts";
import { otherCopy } from "./other-copy.ts";

/** Exit codes of `log compare --exit-code`. */
const exits: Readonly<Record<Relation["relation"], number>> = {
  equal: 0,
  ahead: 10,
  behind: 11,
  diverged: 12,
  unrelated: 13,
};

export async function compareCopies(named: string | undefined, call: Call): Promise<number> {
  if (named === undefined) throw new Failure("input", "log compare takes another copy of the log");
  const campaign = await call.campaign();
  const other = await otherCopy(named, campaign, call);
  const compared = await compareLogs(other, campaign, call.world);
  call.out.result({ name: named, ...compared.relation }, comparedText(compared, other));
  return call.flags.exitCode === true ? exits[compared.relation.relation] : 0;
}
