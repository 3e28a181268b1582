/**
 * The log of a campaign that several machines publish: a branch of a git remote that all of them can reach.
 *
 * A fast-forward push is a compare-and-swap, so the head moves as safely as under a lock, over plain git: no API, no token
 * of ours. On the branch:
 *
 * ```
 * head                    the CID of the newest release, one line
 * releases/3y/bafy…3y     every release block, by the end of its CID: what a push costs does not grow with the log
 * trees/54/bafk…54/       tree.yaml and its leaves' sizes, of every release
 * beside/ipns/k51…        small files that everyone who shares the log should find
 * README.md               for people who come across the branch
 * ```
 *
 * Nothing there is believed. A block and a tree.yaml are checked against their CIDs; the head must continue the head this machine saw last,
 * which it remembers, so that a branch rewritten by force is refused. A release appended and then lost sight of, because
 * the answer to the push got lost, is simply the head of the next run.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { Failure } from "../core/failure.ts";
import { firstFound } from "../core/first-found.ts";
import { shown } from "../core/text/shown.ts";
import type { World } from "../core/world.ts";
import { cidOf, codecs } from "../dag/block.ts";
import { readIfThere } from "../disk/read.ts";
import { writeDurably } from "../disk/write.ts";
import { assertAttachmentName, assertAttachmentSize, largestAttachment } from "./attachments.ts";
import { releasesFrom } from "./chain.ts";
import { branchIn, type Tip } from "./git/branch.ts";
import { gitLeases } from "./git/lease.ts";
import { repositoryIn } from "./git/repository.ts";
import { entryOf } from "./git/tree.ts";
import type { Blocks } from "./local.ts";
import { localLeases } from "./local-lease.ts";
import type { Head, ReleaseLog } from "./log.ts";
import { assertFollows, type Release, readRelease, releaseBlock } from "./release.ts";
import { isSource, largestSource, readSizes, type Source, sourceFiles, sourcePlaces } from "./source.ts";

export interface GitLogOptions {
  /** A checkout that knows `remote` by its name, or any folder where `remote` is an address. */
  readonly folder: string;
  readonly remote: string;
  readonly branch: string;
  /** Folder for what this machine remembers. */
  readonly state: string;
  readonly blocks: Blocks;
  /** Who takes leases, for people: `anna@laptop (pid 4711)`. */
  readonly holder: string;
}

/** The branch, with the head that it has. */
interface Seen extends Tip {
  readonly head: CID | undefined;
}

/** Bytes. A release that changes a hundred thousand leaves has twenty million. */
const largestRelease = 64 << 20;
const largestHead = 200;

/** How often others may get ahead of us with something else than a release before we give up. */
const attempts = 20;

export function gitLog({ folder, remote, branch, state, blocks, holder }: GitLogOptions): ReleaseLog {
  const name = `branch ${branch} of ${remote.replace(/\/\/[^/@]*@/, "//")}`;
  const repository = repositoryIn({ folder: join(state, "log.git"), checkout: folder, remote });
  const memory = join(state, "log", `seen-${branch.replaceAll("/", "-")}`);
  const files = branchIn(repository, name);
  let last: Seen | undefined;
  /** Whether a tree.yaml was brought: most read that of the head alone, and who reads a second one reads them all. */
  let broughtOne = false;

  /** What the branch holds now, having made sure that it continues what it held before. */
  const look = async (world: World): Promise<Seen | undefined> => {
    const commit = (await repository.tips([branch], world)).get(branch);
    if (commit !== undefined && last?.commit === commit) return last;
    const tip = commit === undefined ? undefined : await tipAt(commit, world);
    await assertContinues(tip, world);
    last = tip;
    return tip;
  };

  const tipAt = async (commit: string, world: World): Promise<Seen> => {
    // The head comes along, releases come when somebody reads them: on a machine that published them, never.
    const tip = await files.tipAt(commit, world, { blobsUpTo: largestHead });
    const file = entryOf(tip.entries, "head", "file", name);
    return { ...tip, head: file && cidIn(await files.content(file, largestHead, world)) };
  };

  const cidIn = (bytes: Uint8Array): CID => {
    const text = Buffer.from(bytes).toString().trimEnd();
    try {
      const cid = CID.parse(text);
      if (cid.code === codecs.dagCbor && cid.toString() === text) return cid;
    } catch {
      // Said below, like any other text that names no release.
    }
    throw new Failure("corrupt", `head on ${name} should be the CID of a release, and is “${shown(text)}”`);
  };

  const onBranch = async (tip: Seen | undefined, cid: CID, world: World): Promise<Uint8Array | undefined> => {
    const entry = tip && (await files.find(tip, placeOf(cid)));
    if (!entry) return undefined;
    if (!tip.head?.equals(cid) && !(await repository.has(entry.oid))) await files.bringAll(tip, "releases", world);
    return files.content(entry, largestRelease, world);
  };

  /** The release of that CID: from the branch as `tip` has it, else from the campaign's node, which may be down. */
  const readAt = async (tip: () => Promise<Seen | undefined>, cid: CID, world: World): Promise<Release> => {
    const bytes = await firstFound([async () => onBranch(await tip(), cid, world), () => blocks.get(cid, world)]);
    if (!bytes) {
      throw new Failure("unavailable", `release ${cid} is out of reach`, {
        hint: `a later release on ${name} names it`,
      });
    }
    if (!cidOf(codecs.dagCbor, bytes).equals(cid)) {
      throw new Failure("corrupt", `what ${name} holds as release ${cid} is something else`);
    }
    return readRelease({ cid, bytes });
  };

  const textAt = async (tip: Seen, { tree, number }: Release, world: World): Promise<Source | undefined> => {
    const places = sourcePlaces(tree);
    const [text, sizes] = [await files.find(tip, places.text), await files.find(tip, places.sizes)];
    if (!text) return undefined;
    const lacking = [];
    for (const { oid } of [text, ...(sizes ? [sizes] : [])]) if (!(await repository.has(oid))) lacking.push(oid);
    if (lacking.length > 0) {
      await (broughtOne ? files.bringAll(tip, "trees", world) : repository.bringBlobs(lacking, world));
      broughtOne = true;
    }
    const bytes = await files.content(text, largestSource, world);
    if (!isSource(tree, bytes)) {
      throw new Failure("corrupt", `what ${name} holds as tree.yaml of release ${number} (${tree}) is something else`);
    }
    const known = sizes && readSizes(await files.content(sizes, largestSource, world));
    return { text: bytes, ...(known && { sizes: known }) };
  };

  const read: ReleaseLog["read"] = (cid, world) => readAt(async () => last ?? look(world), cid, world);

  /** @throws Failure `corrupt` where the branch no longer holds what this machine saw on it. */
  const assertContinues = async (tip: Seen | undefined, world: World): Promise<void> => {
    const seen = await remembered(memory);
    if (seen ? tip?.head?.equals(seen.cid) : !tip?.head) return;
    const rewritten = (now: string) =>
      new Failure(
        "corrupt",
        `${name} was rewritten: its head was ${seen?.cid} (release ${seen?.number}), and is ${now}`,
        {
          hint: `push the lost commits back; if another log is meant to be there, remove ${memory}`,
        },
      );
    if (!tip?.head) throw rewritten("gone");
    const here = { read: (cid: CID) => readAt(async () => tip, cid, world) };
    const head = { cid: tip.head, release: await here.read(tip.head) };
    for await (const { cid, release } of seen ? releasesFrom(head, here, world) : []) {
      if (release.number > seen!.number) continue;
      if (cid.equals(seen!.cid)) break;
      throw rewritten(`${tip.head} (release ${head.release.number})`);
    }
    await remember(head);
  };

  const remember = async ({ cid, release }: Head): Promise<void> => {
    await mkdir(join(state, "log"), { recursive: true });
    await writeDurably(memory, `${release.number} ${cid}\n`);
  };

  /**
   * Push a commit that puts these files on the branch.
   *
   * @throws Failure `conflict` where `expected` is given and the branch has another head.
   */
  const change = async (
    what: string,
    changed: Readonly<Record<string, Uint8Array>>,
    expected: { readonly head: CID | undefined } | undefined,
    world: World,
  ): Promise<void> => {
    const fits = (tip: Seen | undefined) => !expected || tip?.head?.toString() === expected.head?.toString();
    for (let attempt = 0; attempt < attempts; attempt++) {
      // What we saw last mostly still stands; if it doesn't, the push says so.
      const tip = attempt === 0 && last && fits(last) ? last : await look(world);
      if (!fits(tip)) {
        throw new Failure("conflict", `the head moved to ${tip?.head ?? "nothing"} while ${what} was being made`, {
          hint: "run publish again: it starts from the new head",
        });
      }
      const draft = { parent: tip?.commit, message: what, files: { "README.md": readme, ...changed } };
      const commit = await repository.commit(draft, world);
      if (await repository.move(branch, tip?.commit, commit, world)) {
        await repository.keep(commit, world);
        last = await tipAt(commit, world);
        return;
      }
    }
    throw new Failure("unavailable", `${name} was changed by others ${attempts} times in a row`);
  };

  return {
    name,
    read,

    async head(world) {
      const tip = await look(world);
      return tip?.head && { cid: tip.head, release: await read(tip.head, world) };
    },

    async lastKnownHead(world) {
      const [seen, commit] = await Promise.all([remembered(memory), repository.kept(world)]);
      const tip = seen && commit !== undefined ? await tipAt(commit, world) : undefined;
      if (!tip?.head?.equals(seen!.cid)) return undefined;
      // What is read next is read from there, too.
      last ??= tip;
      return { cid: tip.head, release: await read(tip.head, world) };
    },

    async source(release, world) {
      const tip = last ?? (await look(world));
      return tip && textAt(tip, release, world);
    },

    async append(release, expected, world, sources = []) {
      assertFollows(release, expected);
      const block = releaseBlock(release);
      await blocks.put([block], world);
      const added = {
        ...sourceFiles(sources),
        head: utf8.encode(`${block.cid}\n`),
        [placeOf(block.cid).join("/")]: block.bytes,
      };
      await change(`release ${release.number}`, added, { head: expected?.cid }, world);
      const head = { cid: block.cid, release };
      await remember(head);
      return head;
    },

    leases: gitLeases(repository, {
      branch: `${branch}-lease`,
      holder,
      here: localLeases(join(state, "publish.lock")),
      memory: join(state, "log", `lease-${branch.replaceAll("/", "-")}`),
    }),

    attachments: {
      async read(file, world) {
        assertAttachmentName(file);
        const tip = await look(world);
        const entry = tip && (await files.find(tip, ["beside", ...file.split("/")]));
        return entry && (await files.content(entry, largestAttachment, world));
      },
      async write(file, bytes, world) {
        assertAttachmentName(file);
        assertAttachmentSize(file, bytes);
        await change(`${file} beside the head`, { [`beside/${file}`]: bytes }, undefined, world);
      },
    },
  };
}

const utf8 = new TextEncoder();

const readme = utf8.encode(`# The release log of a field campaign

Written by \`fieldtree publish\`, one commit a release; please do not edit, rebase or delete this branch.
\`head\` is the CID of the newest release, \`releases/\` holds every release, each linking to the one before it, and \`trees/\`
the tree.yaml that each of them published, with the sizes of its leaves.
\`fieldtree log\` lists them, \`fieldtree verify\` checks them. The branch \`…-lease\` says who is publishing now.
`);

/** Where a release is on the branch. The end of a CID is hash: 256 folders and no more. */
function placeOf(cid: CID): readonly string[] {
  const text = cid.toString();
  return ["releases", text.slice(-2), text];
}

async function remembered(file: string): Promise<{ readonly number: number; readonly cid: CID } | undefined> {
  const bytes = await readIfThere(file);
  if (!bytes) return undefined;
  const [, number, cid] = /^(\d{1,15}) (\w+)\n$/.exec(bytes.toString()) ?? [];
  try {
    return { number: Number(number), cid: CID.parse(cid!) };
  } catch (cause) {
    throw new Failure("corrupt", `${file} should hold the number and CID of a release`, {
      hint: "remove it: it only remembers what the log was last seen at",
      cause,
    });
  }
}
