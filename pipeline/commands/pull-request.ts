/** `pull-request`: proposes data on GitHub without git. */

import { proposalFlags, proposeEdits } from "../cli/propose-edits.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import type { Edit } from "../core/tree/edited-tree.ts";
import { treePathIn } from "../core/tree/names.ts";

export const pullRequest: Verb = {
  args: "[path=cid...]",
  flags: [
    ["--remove <path...>", "paths to take out of the tree"],
    proposalFlags.repo,
    proposalFlags.title,
    proposalFlags.message,
    proposalFlags.dryRun,
  ],
  about: `Puts each CID at its path in the newest tree.yaml on GitHub and opens the pull request: fork, branch, commit, template
filled in. Needs no clone. Run again, it goes on where it stopped; a proposal that is sent twice is one pull request. Takes
its token from GITHUB_TOKEN: that of \`gh auth token\`, or a classic one with the scope repo.`,
  example: "GITHUB_TOKEN=… fieldtree pull-request products/HALO/radar.zarr=bafy… --repo orcestra-campaign/ipfs_tools",

  run: (call) => proposeEdits(editsIn(call), call),
};

/** Parses `PATH=CID` at the last `=`, because a path may contain a `=`, and a CID does not. */
function editsIn({ args, flags }: Call): Edit[] {
  const put = args.map((arg): Edit => {
    const at = arg.lastIndexOf("=");
    if (at < 1) throw new Failure("input", `${arg}: needs PATH=CID`, { hint: "fieldtree add prints the CID" });
    return { path: treePathIn(arg.slice(0, at)), written: arg.slice(at + 1) };
  });
  const { remove } = flags;
  const gone = Array.isArray(remove) ? remove : typeof remove === "string" ? [remove] : [];
  const edits = [...put, ...gone.map((path: string): Edit => ({ path: treePathIn(path) }))];
  if (edits.length > 0) return edits;
  throw new Failure("input", "nothing is proposed", { hint: "PATH=CID, or --remove PATH" });
}
