/** `add`: stores local data on the campaign's node and puts its CID into tree.yaml. */

import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { checkLocal } from "../cli/local/local-datasets.ts";
import { allFlag, datasetFindingLines, errorsIn } from "../cli/print/findings.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { emptyDirectory } from "../core/cid.ts";
import type { DatasetFinding } from "../core/dataset/dataset.ts";
import { Failure, kinds } from "../core/failure.ts";
import type { Json } from "../core/json.ts";
import { plural } from "../core/text/plural.ts";
import { formatBytes } from "../core/text/shown.ts";
import { setLeaf } from "../core/tree/edit.ts";
import { treePathIn } from "../core/tree/names.ts";
import { readTree } from "../core/tree/tree.ts";
import type { AddOptions } from "../dag/build/add-options.ts";
import { type ProfileName, profiles } from "../dag/profile.ts";
import { assertMayChange } from "../disk/writable.ts";
import { writeDurably } from "../disk/write.ts";
import { addFiles } from "../ipfs/add-files.ts";
import type { AddFiles, HomeNode } from "../ipfs/node.ts";
import { addedLabel } from "../stages/pins/label.ts";

export const add: Verb = {
  args: "<path...>",
  flags: [
    ["--at <path>", "where in tree.yaml the CID goes; with a slash at the end, into that folder under its own name"],
    ["--profile <name>", `how bytes become blocks: ${Object.keys(profiles).join(", ")}`, "cid-v1"],
    [
      "--in-place",
      "leave the blocks of files in the files: no second copy, and they must stay where they are, unchanged",
    ],
    ["--symlinks <how>", "keep symbolic links as links, or refuse them", "keep"],
    ["--force", "put it into tree.yaml though a dataset in it can't be described"],
    allFlag,
  ],
  about:
    "Prints the CID of each path and stores its data on the campaign's node. The same bytes give the same CID on every machine, and adding them again changes nothing. Lists what would trouble the users of a dataset. Where a dataset can't be described, it exits with 1 and leaves tree.yaml alone, unless --force. With --in-place, files of 16 KiB and more are read where they are whenever their blocks are needed; one that changes, moves or vanishes is named with its dataset, and adding the same data without the flag makes real copies.",
  example: "fieldtree add ./radar.zarr --at products/HALO/radar.zarr",

  async run(call) {
    const { args, flags, campaign: open, cwd, out, world } = call;
    const options = optionsOf(flags);
    const places = placesOf(call);
    // Fail before gigabytes are hashed if tree.yaml can't be written afterwards.
    if (places.size > 0) await assertMayChange(treeFile(call));
    for (const [path, at] of places) {
      await spliced(call, at, emptyDirectory.toString());
      await refuseFolder(call, at, basename(resolve(cwd, path)));
    }
    const { home, readers, facts } = await open();
    const adding =
      flags.inPlace === true ? inPlaceOn(home) : (...given: Parameters<AddFiles>) => addFiles(home, ...given);

    let failed = false;
    for (const path of args) {
      const absolute = resolve(cwd, path);
      const { cid, bytes, blocks } = await adding(absolute, options, world);
      // Pinned until a release contains it, so that gc does not delete what was just added.
      await home.pin(cid, addedLabel(absolute), world);
      const { findings, unreadable } = await checkLocal(absolute, { readers, facts }, world);
      const refused = unreadable > 0 && flags.force !== true;
      failed ||= refused;
      const requested = places.get(path);
      const at = refused ? undefined : requested;
      const replaced = at === undefined ? undefined : await spliceIn(call, at, cid.toString());
      out.result(
        {
          path,
          cid: cid.toString(),
          bytes,
          blocks,
          ...(flags.inPlace === true && { inPlace: true }),
          findings: findings.map((finding) => ({ ...finding }) satisfies Record<string, Json>),
          ...(at !== undefined && { at }),
          ...(replaced !== undefined && { replaced }),
        },
        summary({ path, cid: cid.toString(), bytes, blocks, findings, requested, at, replaced }, call),
        datasetFindingLines(errorsIn(findings), call).join("\n"),
      );
    }
    return failed ? kinds.findings.exit : 0;
  },
};

/** @throws Failure `input` for a node that stores every block itself. */
function inPlaceOn(home: HomeNode): AddFiles {
  if (home.addInPlace) return home.addInPlace;
  throw new Failure("input", `${home.name} can't leave blocks in place`, {
    hint: "the embedded node can (node: embedded in campaign.yaml); with Kubo: ipfs add --nocopy",
  });
}

/** Where in tree.yaml each path goes: `--at a/b` is its place, `--at a/` the folder that it goes into. */
function placesOf({ args, flags, cwd }: Call): ReadonlyMap<string, string> {
  const { at } = flags;
  if (typeof at !== "string") return new Map();
  const place = treePathIn(at);
  if (at.endsWith("/")) {
    const below = (path: string) => [place, basename(resolve(cwd, path))].filter((name) => name !== "").join("/");
    const places = new Map(args.map((path) => [path, below(path)]));
    const twice = args.find((path, i) => args.findIndex((other) => below(other) === below(path)) < i);
    if (twice === undefined) return places;
    throw new Failure("input", `two of them would go to ${below(twice)}`, { hint: "add them one by one" });
  }
  if (args.length === 1) return new Map([[args[0]!, place]]);
  throw new Failure("input", `--at names one place, and ${args.length} paths were given`, {
    hint: `--at ${place}/ puts them into that folder, each under its own name`,
  });
}

function optionsOf(flags: Call["flags"]): AddOptions {
  const { profile, symlinks } = flags;
  if (typeof profile !== "string" || !Object.hasOwn(profiles, profile)) {
    throw new Failure("input", `there is no profile ${profile}`, {
      hint: `profiles: ${Object.keys(profiles).join(", ")}`,
    });
  }
  if (symlinks !== "keep" && symlinks !== "refuse") {
    throw new Failure("input", `--symlinks can't be ${symlinks}`, { hint: "--symlinks keep, or --symlinks refuse" });
  }
  return { profile: profile as ProfileName, symlinks };
}

/** tree.yaml with `cid` at `path`, and the value it replaces. */
async function spliced(call: Call, path: string, cid: string): Promise<{ text: string; replaced?: string }> {
  return setLeaf(await readFile(treeFile(call), "utf8"), path, cid);
}

const treeFile = ({ folder }: Call): string => join(folder(), "tree.yaml");

/** The name of a folder usually means *into* it; replacing the folder would remove other contributors' leaves. */
async function refuseFolder(call: Call, at: string, name: string): Promise<void> {
  const { tree } = readTree(await readFile(treeFile(call)));
  const below = [...tree.keys()].filter((path) => path.startsWith(`${at}/`)).length;
  if (below === 0) return;
  throw new Failure("input", `${at} is a folder with ${plural(below, "leaf", "leaves")} in tree.yaml`, {
    hint: `--at ${at}/${name} puts it inside; to have it in place of the folder, take that out of tree.yaml first`,
  });
}

async function spliceIn(call: Call, at: string, cid: string): Promise<string | undefined> {
  const { text, replaced } = await spliced(call, at, cid);
  await assertMayChange(treeFile(call));
  await writeDurably(treeFile(call), text);
  return replaced === cid ? undefined : replaced;
}

interface AddResult {
  readonly path: string;
  readonly cid: string;
  readonly bytes: number;
  readonly blocks: number;
  readonly findings: readonly DatasetFinding[];
  /** Where it was to go. */
  readonly requested: string | undefined;
  /** Where it went. */
  readonly at: string | undefined;
  readonly replaced: string | undefined;
}

function summary({ path, cid, bytes, blocks, findings, requested, at, replaced }: AddResult, call: Call): string {
  const lines = [`${cid}  ${printable(path)}  (${formatBytes(bytes)}, ${plural(blocks, "block")})`];
  lines.push(...datasetFindingLines(findings, call));
  if (at === undefined && requested !== undefined) {
    lines.push(
      `  tree.yaml is unchanged: correct the data and add it again; --force puts ${printable(requested)} there all the same`,
    );
  } else if (at === undefined) {
    lines.push(`  next: fieldtree add ${printable(path)} --at FOLDER/ puts it into tree.yaml`);
  } else if (replaced === undefined) lines.push(`  tree.yaml: ${printable(at)} is ${cid}`);
  else
    lines.push(`  tree.yaml: ${printable(at)} is ${cid}, no longer ${replaced === "" ? "an empty folder" : replaced}`);
  return lines.join("\n");
}
