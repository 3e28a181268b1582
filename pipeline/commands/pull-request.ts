/** `pull-request`: proposes data on GitHub without git. */

import { refuseErrors } from "../cli/address/tree-text.ts";
import { withRepository } from "../cli/github-repository.ts";
import { describeChange } from "../cli/print/changes.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { code } from "../core/text/markdown.ts";
import { changesBetween } from "../core/tree/changes.ts";
import { editTree } from "../core/tree/edit.ts";
import type { Edit } from "../core/tree/edited-tree.ts";
import { readTree } from "../core/tree/tree.ts";
import { decodeUtf8 } from "../core/yaml/yaml.ts";
import { branchFor, filledIn, proposalBase, propose } from "../github/pull-request/propose.ts";
import { openGitHub } from "../github/run/client.ts";

export const pullRequest: Verb = {
  args: "[path=cid...]",
  flags: [
    ["--remove <path...>", "paths to take out of the tree"],
    ["--repo <owner/name>", "the campaign's repository on GitHub (default: that of git's remote origin)"],
    ["--title <title>", "of the pull request (default: what changes)"],
    ["--message <text>", "what reviewers should know: where the data is from, where its CAR file is"],
    ["--dry-run", "show what would be proposed, and write nothing"],
  ],
  about: `Puts each CID at its path in the newest tree.yaml on GitHub and opens the pull request: fork, branch, commit, template
filled in. Needs no clone. Run again, it goes on where it stopped; the same proposal made twice is one pull request. Takes
its token from GITHUB_TOKEN: that of \`gh auth token\`, or a classic one with the scope repo.`,
  example: "GITHUB_TOKEN=… fieldtree pull-request products/HALO/radar.zarr=bafy… --repo orcestra-campaign/ipfs_tools",

  async run(call) {
    const { flags, out, world } = call;
    const edits = editsIn(call);
    const env = await withRepository(call);
    const github = await openGitHub(env, world);
    const base = await proposalBase(github);

    const { text: before } = decodeUtf8(base.tree);
    refuseErrors(readTree(base.tree).findings, `tree.yaml of ${github.page}`);
    const text = editTree(before, edits);
    const { tree, findings } = readTree(text);
    refuseErrors(findings, "tree.yaml");
    const changes = changesBetween(readTree(before).tree, tree);
    if (changes.length === 0) {
      out.result({ did: "nothing", changes }, `${github.page} has all of that already`);
      return 0;
    }
    const lines = changes.map(describeChange);
    const title = typeof flags.title === "string" ? flags.title : titleOf(changes);
    const message = typeof flags.message === "string" ? `\n\n${flags.message}` : "";
    const description = `${changes.map((change) => `- ${code(describeChange(change), 400)}`).join("\n")}${message}`;
    const branch = branchFor(edits.map(({ path, written }) => `${path}=${written ?? ""}`));
    const body = filledIn(base.template, description);
    const proposal = { title, body, branch, tree: new TextEncoder().encode(text) };
    const about = { changes, title, branch, base: base.tip };

    if (flags.dryRun === true) {
      const whose = base.mayPush ? github.place.owner : base.login;
      const text = [`would propose, from ${whose}:${branch}:`, title, ...lines, "", body].join("\n");
      out.result({ did: "nothing", ...about, body }, text);
      return 0;
    }
    const forkAt = (fullName: string) => openGitHub({ ...env, GITHUB_REPOSITORY: fullName }, world);
    const { did, page, head } = await propose(proposal, base, github, forkAt, world);
    out.result(
      { did, page, head, ...about },
      [`${page} ${did === "known" ? "is open already" : "is open"}`, ...lines, asleep(changes)].join("\n"),
    );
    return 0;
  },
};

/** Parses `PATH=CID` at the last `=`, because a path may contain a `=`, and a CID does not. */
function editsIn({ args, flags }: Call): Edit[] {
  const put = args.map((arg): Edit => {
    const at = arg.lastIndexOf("=");
    if (at < 1) throw new Failure("input", `${arg}: needs PATH=CID`, { hint: "fieldtree add prints the CID" });
    return { path: arg.slice(0, at).replace(/^\/+|\/+$/g, ""), written: arg.slice(at + 1) };
  });
  const { remove } = flags;
  const gone = Array.isArray(remove) ? remove : typeof remove === "string" ? [remove] : [];
  const edits = [...put, ...gone.map((path: string): Edit => ({ path: path.replace(/^\/+|\/+$/g, "") }))];
  if (edits.length > 0) return edits;
  throw new Failure("input", "nothing is proposed", { hint: "PATH=CID, or --remove PATH" });
}

/** Characters that fit into a list of pull requests. */
const longestTitle = 100;

function titleOf(changes: ReturnType<typeof changesBetween>): string {
  const [first, ...others] = changes;
  const verb = { add: "Add", update: "Update", move: "Move", remove: "Remove", respell: "Respell" }[first!.op];
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `${verb} ${first!.path}`.slice(0, longestTitle - more.length) + more;
}

/** Returns advice for a machine that won't stay on. */
function asleep(changes: ReturnType<typeof changesBetween>): string {
  const brought = changes.flatMap((change) => (change.op === "add" || change.op === "update" ? [change.to] : []));
  if (brought.length === 0) return "";
  const cids = [...new Set(brought)].slice(0, 3).map((cid) => `fieldtree car export ${cid} -o FILE.car`);
  return [
    "Keep this machine on until it is live. If it has to sleep, put its data into a file, that file anywhere on the web, and say in",
    "the pull request where:",
    ...cids.map((line) => `  ${line}`),
  ].join("\n");
}
