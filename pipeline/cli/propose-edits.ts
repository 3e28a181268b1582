/** Changes of the tree, proposed on GitHub as a pull request: what every verb does that proposes. */

import { code } from "../core/text/markdown.ts";
import { changesBetween } from "../core/tree/changes.ts";
import { editTree } from "../core/tree/edit.ts";
import type { Edit } from "../core/tree/edited-tree.ts";
import { readTree } from "../core/tree/tree.ts";
import { decodeUtf8 } from "../core/yaml/yaml.ts";
import { branchFor, filledIn, proposalBase, propose } from "../github/pull-request/propose.ts";
import { openGitHub } from "../github/run/client.ts";
import { refuseErrors } from "./address/tree-text.ts";
import { withRepository } from "./github-repository.ts";
import { describeChange } from "./print/changes.ts";
import type { Call } from "./verb.ts";

/** Flags of a verb that always or sometimes proposes. */
export const proposalFlags = {
  repo: ["--repo <owner/name>", "the campaign's repository on GitHub (default: that of git's remote origin)"],
  title: ["--title <title>", "of the pull request (default: what changes)"],
  message: ["--message <text>", "what reviewers should know: where the data is from, where its CAR file is"],
  dryRun: ["--dry-run", "show what would be proposed, and write nothing"],
} as const;

/**
 * Proposes `edits` of the newest tree.yaml on GitHub, and prints what it did. Returns the exit code.
 *
 * @throws Failure `input` where the tree can't be edited so, and what GitHub refuses.
 */
export async function proposeEdits(edits: readonly Edit[], call: Call): Promise<number> {
  const { flags, out, world } = call;
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
    "Keep this machine on until it is live. If it has to sleep, put its data into a file, that file anywhere on the web, and state its address in",
    "the pull request where:",
    ...cids.map((line) => `  ${line}`),
  ].join("\n");
}
