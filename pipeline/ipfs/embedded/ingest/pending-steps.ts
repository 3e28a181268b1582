/**
 * The steps of a walk while their files are being hashed: hashed in any order, built in the order of the walk.
 *
 * A file becomes one task, a large file several. The result of a task waits here until everything before it has been built.
 * It is then built into files and folders and dropped.
 */
import { cidOfDigest, codecs, type Put } from "../../../dag/block.ts";
import { balancer, type FileLink, leafLink } from "../../../dag/build/file.ts";
import type { TreeBuilder } from "../../../dag/build/tree-builder.ts";
import type { Step } from "../../../dag/build/walk-disk.ts";
import { digestLength } from "../../../dag/digest-set.ts";
import type { Profile } from "../../../dag/profile.ts";
import {
  filesIn,
  type Hashed,
  type Leaves,
  type Measured,
  rangeLength,
  rawCidPrefix,
  type Task,
} from "./hash-files.ts";

export interface StepsUnderWay {
  /** Continue the walk until enough files are in progress. */
  fill(): Promise<void>;
  /** Tasks that no thread has taken yet. */
  readonly waiting: number;
  next(): Task | undefined;
  /** Record the result of a task. Returns bytes of contents. */
  take(task: Task, hashed: Hashed): number;
  /** Build what can be built. */
  build(): Promise<void>;
  /** Whether everything has been built. */
  isDone(): boolean;
  /** Whether more than this is waiting. */
  isMuch(most: { readonly files: number; readonly ranges: number }): boolean;
}

export interface Building {
  readonly profile: Profile;
  readonly filesInTask: number;
  readonly tree: TreeBuilder;
  readonly put: Put;
  /** Called with the digest of each leaf. */
  addDigest(digest: Uint8Array): void;
}

/** Files in progress: enough that no thread waits for the slowest of them. */
const mostFiles = 1024;

export function stepsUnderWay(walk: AsyncGenerator<Step>, building: Building): StepsUnderWay {
  const { profile, filesInTask, tree, put } = building;
  const steps = queue<Exclude<Step, { kind: "file" }> | FileUnderWay>();
  const tasks = taskQueue();
  const isBuilt = fileBuilder(building);
  let files = 0;
  let walked = false;

  return {
    async fill() {
      let paths: string[] = [];
      let together: FileUnderWay[] = [];
      const give = (): void => {
        if (paths.length > 0) tasks.push({ kind: "files", paths }, together);
        paths = [];
        together = [];
      };
      while (!walked && files < mostFiles) {
        const { done, value: step } = await walk.next();
        walked = done === true;
        if (!step) break;
        if (step.kind !== "file") {
          steps.push(step);
          continue;
        }
        const file: FileUnderWay = { kind: "under way", name: step.name };
        steps.push(file);
        files++;
        paths.push(step.path);
        together.push(file);
        if (paths.length === filesInTask) give();
      }
      give();
    },

    get waiting() {
      return tasks.waiting;
    },

    next: tasks.next,

    take(task, hashed) {
      const { files: whose, part } = tasks.finished(task);
      let bytes = 0;
      let i = 0;
      for (const each of filesIn(hashed, profile)) {
        const file = whose[i++]!;
        if (!("digests" in each)) {
          split(file, each, building, tasks);
          continue;
        }
        bytes += each.bytes;
        if (file.parts) file.parts.ready.set(part, each);
        else file.leaves = each;
      }
      return bytes;
    },

    async build() {
      for (let step = steps.first(); step; step = steps.first()) {
        if (step.kind !== "under way") for await (const block of tree.take(step)) put(block);
        else if (isBuilt(step)) files--;
        else return;
        steps.shift();
      }
    },

    isDone: () => walked && steps.length === 0,
    isMuch: (most) => tasks.waiting * filesInTask > most.files || tasks.ranges > most.ranges,
  };
}

interface FileUnderWay {
  readonly kind: "under way";
  readonly name: string;
  leaves?: Leaves;
  /** Of a large file. */
  parts?: { readonly count: number; built: number; readonly ready: Map<number, Leaves>; readonly balancing: Balancer };
}

type Tasks = ReturnType<typeof taskQueue>;

/** Tasks that no thread has taken, and the files of those that are not finished. */
function taskQueue() {
  const tasks = queue<Task>();
  const unfinished = new Map<Task, { readonly files: readonly FileUnderWay[]; readonly part: number }>();
  let ranges = 0;
  return {
    get waiting() {
      return tasks.length;
    },
    /** Unfinished ranges of large files. */
    get ranges() {
      return ranges;
    },
    push(task: Task, files: readonly FileUnderWay[], part = 0): void {
      unfinished.set(task, { files, part });
      tasks.push(task);
      if (task.kind === "range") ranges++;
    },
    next: () => tasks.shift(),
    /** The files of a task, or the one that it is a `part` of. */
    finished(task: Task) {
      const found = unfinished.get(task);
      if (!found) throw new Error("a task was finished that was not given");
      unfinished.delete(task);
      if (task.kind === "range") ranges--;
      return found;
    },
  };
}

/** Makes tasks of a large file, one for each range of its bytes. */
function split(file: FileUnderWay, measured: Measured, { profile, put }: Building, tasks: Tasks): void {
  const count = Math.ceil(measured.size / rangeLength);
  file.parts = { count, built: 0, ready: new Map(), balancing: balancer(profile, put) };
  for (let part = 0; part < count; part++) {
    const offset = part * rangeLength;
    const length = Math.min(rangeLength, measured.size - offset);
    tasks.push({ kind: "range", offset, length, ...measured }, [file], part);
  }
}

/**
 * Returns a function that builds a file where all of its leaves are known, and returns whether it did. The parts of a large
 * file are built in order as they arrive.
 */
function fileBuilder({ profile, put, tree, addDigest }: Building): (file: FileUnderWay) => boolean {
  const rawCid = Buffer.concat([rawCidPrefix, new Uint8Array(digestLength)]);
  const push = (leaves: Leaves, { push }: Balancer): void => {
    for (const leaf of linksOf(leaves, profile)) {
      addDigest(leaf.cid.multihash.digest);
      push(leaf);
    }
  };
  const finish = (name: string, balancing: Balancer): boolean => {
    const { cid, tsize } = balancing.finish();
    tree.file(name, cid.bytes, tsize);
    return true;
  };
  return ({ name, leaves, parts }) => {
    if (leaves?.digests.length === digestLength && !leaves.lengths) {
      // Most files are one raw leaf, whose CID is the file's.
      addDigest(leaves.digests);
      rawCid.set(leaves.digests, rawCidPrefix.length);
      tree.file(name, rawCid, leaves.bytes);
      return true;
    }
    if (leaves) {
      const balancing = balancer(profile, put);
      push(leaves, balancing);
      return finish(name, balancing);
    }
    if (!parts) return false;
    for (let part = parts.ready.get(parts.built); part; part = parts.ready.get(parts.built)) {
      parts.ready.delete(parts.built++);
      push(part, parts.balancing);
    }
    return parts.built === parts.count && finish(name, parts.balancing);
  };
}

type Balancer = ReturnType<typeof balancer>;

function* linksOf({ bytes, digests, lengths }: Leaves, profile: Profile): Generator<FileLink> {
  for (let leaf = 0; leaf * digestLength < digests.length; leaf++) {
    // A copy: a link must not retain the digests of a whole task in memory.
    const digest = digests.slice(leaf * digestLength, (leaf + 1) * digestLength);
    const size = Math.min(profile.chunkSize, bytes - leaf * profile.chunkSize);
    if (!lengths) yield leafLink(digest, size);
    else yield { cid: cidOfDigest(codecs.dagPb, digest, profile.cidVersion), tsize: lengths[leaf]!, size };
  }
}

/** First in, first out, without moving the remaining items each time. */
function queue<T>() {
  let items: T[] = [];
  let head = 0;
  return {
    get length() {
      return items.length - head;
    },
    push: (item: T) => void items.push(item),
    first: (): T | undefined => items[head],
    shift(): T | undefined {
      const item = items[head++];
      if (head > items.length) head = items.length;
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
  };
}
