/** `github revert`: after a rollback, the pull request that gives tree.yaml the content that is live. */

import { withoutCommands } from "../../cli/job/workflow-commands.ts";
import type { Call } from "../../cli/verb.ts";
import { revert as revertOnGitHub } from "../../github/release/revert.ts";
import { openGitHub } from "../../github/run/client.ts";
import { publishedHead } from "../../log/chain.ts";
import { sourceOf } from "../../stages/tree/past.ts";

export const revert = (call: Call): Promise<number> => withoutCommands(call, openRevert);

async function openRevert(call: Call): Promise<number> {
  const { env, out, world } = call;
  const github = await openGitHub(env, world);
  const campaign = await call.campaign();
  const head = await publishedHead(campaign.log, world);
  const { number, rollbackOf, why = "" } = head.release;
  if (rollbackOf === undefined) {
    out.result({ event: "reverted", did: "nothing" }, `release ${number} is no rollback: there is nothing to revert`);
    return 0;
  }
  const tree = await sourceOf(head.release, campaign, world);
  const reverted = await revertOnGitHub({ number, rollbackOf, why, tree }, github, world);
  const text = {
    nothing: `tree.yaml is that of release ${rollbackOf} already`,
    opened: `opened ${"page" in reverted ? reverted.page : ""}`,
    known: `there is ${"page" in reverted ? reverted.page : ""} already`,
  };
  out.result({ event: "reverted", ...reverted }, text[reverted.did]);
  return 0;
}
