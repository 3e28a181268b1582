/**
 * The log of a campaign that several machines publish: a branch of a git remote that all of them can reach.
 *
 * A fast-forward push is a compare-and-swap, so the head moves as safely as under a lock, by git alone: it needs no API and
 * no token. On the branch:
 *
 * ```
 * head                    the CID of the newest release, one line
 * releases/3y/bafy…3y     every release block, by the end of its CID: what a push costs does not grow with the log
 * trees/54/bafk…54/       tree.yaml and its leaves' sizes, of every release
 * beside/ipns/k51…        attachments: small files for everyone who shares the log
 * README.md               for people who find the branch
 * ```
 *
 * What is read from it is checked (`git/log-branch.ts`). Where the answer to a push is lost, the release may have been appended:
 * the next run then finds it as the head.
 */
import { join } from "node:path";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { assertAttachmentName, assertAttachmentSize, largestAttachment } from "./attachments.ts";
import { branchIn } from "./git/branch.ts";
import { gitLeases } from "./git/lease.ts";
import {
  currentTip,
  type LogBranch,
  readRecordedHead,
  recordHead,
  releaseAt,
  releasePath,
  sourceAt,
  type TipWithHead,
  tipAt,
} from "./git/log-branch.ts";
import { repositoryIn } from "./git/repository.ts";
import { completing } from "./left-out-changes.ts";
import type { Blocks } from "./local.ts";
import { localLeases } from "./local-lease.ts";
import type { Added, Attachments, Head, ReleaseLog } from "./log.ts";
import { assertFollows, releaseBlock } from "./release.ts";
import { sourceFiles } from "./source.ts";

export interface GitLogOptions {
  /** A checkout that has a remote named `remote`, or any folder if `remote` is a URL. */
  readonly folder: string;
  readonly remote: string;
  readonly branch: string;
  /** Folder for what this machine records of the log. */
  readonly state: string;
  readonly blocks: Blocks;
  /** Holder of leases, for messages: `anna@laptop (pid 4711)`. */
  readonly holder: string;
}

/** Attempts to push while other machines push commits without a new release. */
const attempts = 20;

export function gitLog({ folder, remote, branch, state, blocks, holder }: GitLogOptions): ReleaseLog {
  const name = `branch ${branch} of ${remote.replace(/\/\/[^/@]*@/, "//")}`;
  const repository = repositoryIn({ folder: join(state, "log.git"), checkout: folder, remote });
  const fileName = branch.replaceAll("/", "-");
  const recordedHead = join(state, "log", `seen-${fileName}`);
  const log: LogBranch = { name, branch, repository, files: branchIn(repository, name), blocks, recordedHead };
  const source: ReleaseLog["source"] = async (release, world) => {
    const tip = await latestTip(log, world);
    return tip && sourceAt(log, tip, release, world);
  };
  const readBlock: ReleaseLog["read"] = (cid, world) => releaseAt(log, () => latestTip(log, world), cid, world);
  const read = completing({ name, read: readBlock, source, get: blocks.get });

  return {
    name,
    read,

    async head(world) {
      const tip = await currentTip(log, world);
      return tip?.head && { cid: tip.head, release: await read(tip.head, world) };
    },

    async lastKnownHead(world) {
      const tip = await lastKnownTip(log, world);
      return tip?.head && { cid: tip.head, release: await read(tip.head, world) };
    },

    source,

    async append(release, expected, world, added = {}) {
      assertFollows(release, expected);
      return move(log, { cid: releaseBlock(release).cid, release }, expected, added, world);
    },
    fastForward: (to, expected, world, added) => move(log, to, expected, added, world),

    leases: gitLeases(repository, {
      branch: `${branch}-lease`,
      holder,
      here: localLeases(join(state, "publish.lock")),
      memory: join(state, "log", `lease-${fileName}`),
    }),

    attachments: attachmentsOn(log),
  };
}

/** The tip that was read last in this run, or read from the remote if there is none. */
async function latestTip(log: LogBranch, world: World): Promise<TipWithHead | undefined> {
  return log.latest ?? (await currentTip(log, world));
}

/** The tip with the head that this machine recorded, if its commit is local. Sends no request to the remote. */
async function lastKnownTip(log: LogBranch, world: World): Promise<TipWithHead | undefined> {
  const [recorded, commit] = await Promise.all([readRecordedHead(log), log.repository.recorded(world)]);
  const tip = recorded && commit !== undefined ? await tipAt(log, commit, world) : undefined;
  if (!recorded || !tip?.head?.equals(recorded.cid)) return undefined;
  log.latest ??= tip;
  return tip;
}

/** Moves the head to `to`, in one commit with everything that the log is to carry. */
async function move(
  log: LogBranch,
  to: Head,
  expected: Head | undefined,
  { sources = [], releases = [] }: Added,
  world: World,
): Promise<Head> {
  const blocks = [...releases, to.release].map(releaseBlock);
  await log.blocks.put(blocks, world);
  const files = {
    ...sourceFiles(sources),
    head: utf8.encode(`${to.cid}\n`),
    ...Object.fromEntries(blocks.map(({ cid, bytes }) => [releasePath(cid).join("/"), bytes])),
  };
  await push(log, `release ${to.release.number}`, files, { head: expected }, world);
  await recordHead(log, to);
  return to;
}

function attachmentsOn(log: LogBranch): Attachments {
  return {
    async read(file, world) {
      assertAttachmentName(file);
      const tip = await currentTip(log, world);
      const entry = tip && (await log.files.find(tip, ["beside", ...file.split("/")]));
      return entry && (await log.files.content(entry, largestAttachment, world));
    },
    async write(file, bytes, world) {
      assertAttachmentName(file);
      assertAttachmentSize(file, bytes);
      await push(log, `${file} next to the head`, { [`beside/${file}`]: bytes }, undefined, world);
    },
  };
}

/**
 * Pushes a commit that adds the files `changed` to the branch.
 *
 * @throws Failure `conflict` if `expected` is given and the branch has another head; `unavailable` if another machine pushed
 * first at every attempt.
 */
async function push(
  log: LogBranch,
  what: string,
  changed: Readonly<Record<string, Uint8Array>>,
  expected: { readonly head: Head | undefined } | undefined,
  world: World,
): Promise<void> {
  const { repository, branch } = log;
  const fits = (tip: TipWithHead | undefined) => !expected || tip?.head?.toString() === expected.head?.cid.toString();
  for (let attempt = 0; attempt < attempts; attempt++) {
    // The tip read last is usually current. If it is not, the push fails and the next attempt reads the new tip.
    const tip = attempt === 0 && log.latest && fits(log.latest) ? log.latest : await currentTip(log, world);
    if (!fits(tip)) {
      throw new Failure("conflict", `the head moved to ${tip?.head ?? "nothing"} while ${what} was being written`, {
        hint: "run publish again: it starts from the new head",
      });
    }
    const draft = { parent: tip?.commit, message: what, files: { "README.md": readme, ...changed } };
    const commit = await repository.commit(draft, world);
    if (!(await repository.move(branch, tip?.commit, commit, world))) continue;
    await repository.record(commit, world);
    log.latest = await tipAt(log, commit, world);
    return;
  }
  throw new Failure("unavailable", `${log.name} was changed by others ${attempts} times in a row`);
}

const utf8 = new TextEncoder();

const readme = utf8.encode(`# The release log of a field campaign

Written by \`fieldtree publish\`, one commit a release; please do not edit, rebase or delete this branch.
\`head\` is the CID of the newest release, \`releases/\` has every release, each linking to the one before it, and \`trees/\`
the tree.yaml that each of them published, with the sizes of its leaves.
\`fieldtree log\` lists them, \`fieldtree verify\` checks them. The branch \`…-lease\` names the current publisher.
`);
