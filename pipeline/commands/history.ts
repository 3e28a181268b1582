/** `history`: lists the versions of a dataset, across releases and moves. */

import { comparedText } from "../cli/print/compared-dataset.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Verb } from "../cli/verb.ts";
import { parseCid } from "../core/cid.ts";
import { Failure, kinds } from "../core/failure.ts";
import { byBytes } from "../core/text/order.ts";
import { shown } from "../core/text/shown.ts";
import { treePathIn } from "../core/tree/names.ts";
import {
  type DatasetVersions,
  dataOf,
  noVersions,
  type VersionLine,
  type Versions,
  versionLines,
  versionsAt,
  withRelease,
} from "../core/versions/versions.ts";
import type { World } from "../core/world.ts";
import { allReleasesFrom, publishedHead } from "../log/chain.ts";
import { type ComparedDataset, compareLeaves } from "../stages/scan/compare-leaves.ts";
import type { Scanning } from "../stages/scan/scan.ts";

export const history: Verb = {
  args: "<path>",
  about: `Newest first, with what was removed. A dataset keeps its history where it was moved, or removed and added again; the path may be
one that it had before. Of a folder, the history of each dataset in it; of a path inside a leaf, that of the leaf.

With --datasets, each version is described and compared with the one before it, as \`diff --datasets\` does: whether stored values
changed follows from the CIDs of chunks; no chunk is read. Exits with 4 where data of a version is out of reach.`,
  flags: [["--datasets", "also what each version changed: variables, units, times, places, chunks, values"]],
  completes: ["tree"],
  example: "fieldtree history products/HALO/radar.zarr",

  async run({ args, flags, store: open, campaign, out, world }) {
    const path = treePathIn(args[0]!);
    const { log } = await open();
    const releases = await Array.fromAsync(allReleasesFrom(await publishedHead(log, world), log, world));
    const versions = releases.reverse().reduce((state, { release }) => withRelease(state, release), noVersions);
    const found = datasetsAt(path, versions);
    if (found.length === 0) {
      const hint = "fieldtree log --json lists every change";
      throw new Failure("input", `no release has, or had, ${shown(path, 200)}`, { hint });
    }
    let code = 0;
    for (const dataset of found) {
      const all: readonly ComparedLine[] = versionLines(dataset);
      const lines = flags.datasets === true ? await withDatasets(all, await campaign(), world) : all;
      const isUnreached = lines.some(({ datasets = [] }) =>
        datasets.some((each) => "outOfReach" in each && each.outOfReach),
      );
      if (isUnreached) code = kinds.unavailable.exit;
      const older = dataset.dropped === undefined ? {} : { older: dataset.dropped };
      out.result({ path: dataset.path, versions: lines, ...older }, textOf(dataset, lines));
      await out.taken();
    }
    return code;
  },
};

/** A version, and what differs from the data before it; absent for the first one, and where the data is the same. */
interface ComparedLine extends VersionLine {
  readonly datasets?: readonly ComparedDataset[];
}

/** @param lines newest first. */
async function withDatasets(lines: readonly ComparedLine[], campaign: Scanning, world: World): Promise<ComparedLine[]> {
  const compared: ComparedLine[] = [];
  for (const [i, line] of lines.entries()) {
    world.signal.throwIfAborted();
    world.progress({ task: "comparing", done: i + 1, total: lines.length, unit: "releases" });
    const before = line.op === "removed" ? undefined : lines.slice(i + 1).find(({ op }) => op !== "removed");
    if (!before || dataOf(before.cid) === dataOf(line.cid)) {
      compared.push(line);
      continue;
    }
    const cids = { before: parseCid(before.cid), after: parseCid(line.cid) };
    compared.push({ ...line, datasets: await compareLeaves(line.path, cids, campaign, world) });
  }
  return compared;
}

type Found = DatasetVersions & { readonly path: string };

/** The dataset of that path, or else those below it, or else the leaf that it is in. */
function datasetsAt(path: string, versions: Versions): readonly Found[] {
  const itself = versionsAt(versions, path);
  if (itself) return [itself];
  const below = Object.entries(versions.datasets).filter(([other]) => path === "" || other.startsWith(`${path}/`));
  if (below.length > 0) {
    return below.map(([path, dataset]) => ({ path, ...dataset })).sort((a, b) => byBytes(a.path, b.path));
  }
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const leaf = versionsAt(versions, path.slice(0, end));
    if (leaf) return [leaf];
  }
  return [];
}

function textOf({ path, dropped }: Found, lines: readonly ComparedLine[]): string {
  return [
    printable(path),
    ...lines.flatMap(({ release, made, op, cid, from, sameAs, datasets = [] }) => {
      const notes = [
        ...(from === undefined ? [] : [`from ${printable(from)}`]),
        ...(sameAs === undefined ? [] : [`the data of release ${sameAs}`]),
      ];
      const note = notes.length > 0 ? ` (${notes.join(", ")})` : "";
      const text = datasets.flatMap((each) => comparedText(each).split("\n"));
      return [
        `  release ${release}  ${made}  ${op.padEnd(7)}  ${printable(cid)}${note}`,
        ...text.map((line) => `    ${line}`),
      ];
    }),
    ...(dropped === undefined ? [] : [`  and ${dropped} older`]),
  ].join("\n");
}
