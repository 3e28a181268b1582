/** `import`: fetches the data that an intake catalog points to, and puts it into the tree. */

import { readFile, rm } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import type { CID } from "multiformats/cid";
import type { Campaign } from "../campaign/campaign.ts";
import { configIn } from "../campaign/config.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { emptyDirectory, parseCid } from "../core/cid.ts";
import { Failure, isFailure, kinds } from "../core/failure.ts";
import { type ImportRecord, readImports, writeImports } from "../core/intake/imports.ts";
import { formatBytes } from "../core/text/shown.ts";
import { setLeaf } from "../core/tree/edit.ts";
import type { Edit } from "../core/tree/edited-tree.ts";
import { treePathIn } from "../core/tree/names.ts";
import { readTree } from "../core/tree/tree.ts";
import { walk } from "../dag/read/read.ts";
import { readIfThere } from "../disk/read.ts";
import { assertMayChange } from "../disk/writable.ts";
import { writeDurably } from "../disk/write.ts";
import { addFiles } from "../ipfs/add-files.ts";
import { hasBlock } from "../ipfs/has-block.ts";
import { required } from "../ipfs/require-block.ts";
import { type Fetched, fetchFile, fetchStore, workFolder } from "../stages/import/fetch-source.ts";
import { allSources, isUrl, type Source } from "../stages/import/sources.ts";
import { addedLabel } from "../stages/pins/label.ts";

export const importVerb: Verb = {
  args: "<catalog>",
  flags: [
    ["--at <path>", "folder of the tree that the sources go into, each under its name in the catalog"],
    ["--only <name...>", "only these sources, or those of these catalogs in it: HALO, HALO/radar"],
    ["--pull-request", "propose the lines on GitHub instead of writing them here; takes GITHUB_TOKEN"],
    [
      "--repo <owner/name>",
      "with --pull-request: the campaign's repository on GitHub (default: that of git's remote origin)",
    ],
  ],
  about: `CATALOG is a file or an address of an intake catalog of version 1, with the catalogs that it names. Fetches files over HTTP, Zarr stores whose
metadata are consolidated, and what THREDDS offers by OPeNDAP; stores and verifies them on the campaign's node; puts a line for each into tree.yaml, and
where it came from into imports.yaml. With --pull-request the lines are proposed as \`pull-request\` does, all in one, and tree.yaml here stays as
it is; what could not be imported is not among them. Ended and run again, it goes on. A source that did not change is not fetched again. What can't be imported
is named, and the exit code is 4 where something did not answer, 1 where something else is the matter.`,
  completes: ["files"],
  example: "fieldtree import https://example.org/catalog.yml --at products",

  async run(call) {
    const { args, flags, cwd, folder, world } = call;
    if (typeof flags.at !== "string") throw new Failure("input", "--at is missing", { hint: "--at products" });
    const at = treePathIn(flags.at);
    const only = Array.isArray(flags.only)
      ? (flags.only as readonly string[]).map((name) => name.replaceAll(".", "/"))
      : [];
    const campaign = await call.campaign();
    const isProposed = flags.pullRequest === true;
    if (!isProposed) await assertMayChange(join(folder(), "tree.yaml"));
    const { config } = await configIn(folder());
    const importing = { campaign, at, isProposed, budget: { bytes: config.limits.fetch } };
    const edits: Edit[] = [];

    let code = 0;
    let found = 0;
    for await (const source of allSources(isUrl(args[0]!) ? args[0]! : resolve(cwd, args[0]!), world)) {
      if (!isSelected(source.name, only)) continue;
      found++;
      const outcome = await imported(source, importing, call);
      if (outcome.is === "failed")
        code = Math.max(code, outcome.temporary ? kinds.unavailable.exit : kinds.findings.exit);
      else edits.push({ path: outcome.at, written: outcome.cid });
      call.out.result({ name: source.name, ...outcome }, textOf(source.name, outcome));
      await call.out.taken();
    }
    if (found === 0) {
      throw new Failure(
        "input",
        only.length > 0 ? `no source has the name ${only.join(" or ")}` : "there is no source",
      );
    }
    if (!isProposed || edits.length === 0) return code;
    const { proposeEdits } = await import("../cli/propose-edits.ts");
    return Math.max(code, await proposeEdits(edits, call));
  },
};

/** A source, or a catalog that it is in, by its name. Dots are slashes, as in Python. */
function isSelected(name: string, only: readonly string[]): boolean {
  const dotted = name.replaceAll(".", "/");
  return only.length === 0 || only.some((each) => dotted === each || dotted.startsWith(`${each}/`));
}

type Outcome =
  | { readonly is: "added"; readonly url: string; readonly at: string; readonly cid: string; readonly bytes: number }
  | { readonly is: "unchanged"; readonly url: string; readonly at: string; readonly cid: string }
  | { readonly is: "failed"; readonly url?: string; readonly why: string; readonly temporary: boolean };

interface Importing {
  readonly campaign: Campaign;
  readonly at: string;
  /** Whether a pull request will have the lines, so that tree.yaml here stays as it is. */
  readonly isProposed: boolean;
  /** Bytes that may still be fetched. */
  readonly budget: { bytes: number };
}

async function imported(source: Source, importing: Importing, call: Call): Promise<Outcome> {
  if (source.kind === "other") return { is: "failed", why: source.why, temporary: false };
  const { url } = source;
  try {
    return await fetchedAndAdded(source, importing, call);
  } catch (error) {
    // What concerns this machine ends the run; what concerns one source is named, and the others go on.
    if (!isFailure(error) || error.kind === "corrupt") throw error;
    return { is: "failed", url, why: error.message, temporary: error.kind === "unavailable" };
  }
}

async function fetchedAndAdded(
  source: Exclude<Source, { kind: "other" }>,
  { campaign, at, isProposed, budget }: Importing,
  call: Call,
): Promise<Outcome> {
  const { url, kind } = source;
  const { world } = call;
  const path = [at, placed(source)].filter((name) => name !== "").join("/");
  const treeFile = join(call.folder(), "tree.yaml");
  // Before anything is fetched: a path that can't be in the tree.
  setLeaf(await readFile(treeFile, "utf8"), path, emptyDirectory.toString());

  const importsFile = join(call.folder(), "imports.yaml");
  const recorded = (await importsIn(importsFile)).get(path);
  const leaf = readTree(await readFile(treeFile)).tree.get(path);
  // A line that is only proposed is in no tree here: then the node has to have the data.
  const isHere = async (cid: string) =>
    isProposed ? hasBlock(parseCid(cid), campaign.home, world) : leaf?.cid.toString() === cid;
  const known = recorded?.url === url && (await isHere(recorded.cid)) ? recorded : undefined;
  const fetching = { work: join(campaign.state, "import"), budget };
  const got =
    kind === "zarr"
      ? await fetchStore(url, known !== undefined, fetching, world)
      : await fetchFile(source, known, fetching, world);
  if (got.is === "unchanged") return { is: "unchanged", url, at: path, cid: known!.cid };

  const { cid, bytes } = await added(got, campaign, call);
  const record: ImportRecord = {
    ...{
      url,
      cid: cid.toString(),
      fetched: world
        .now()
        .toISOString()
        .replace(/\.\d+Z$/, "Z"),
    },
    ...(got.etag !== undefined && { etag: got.etag }),
    ...(got.modified !== undefined && { modified: got.modified }),
  };
  const same = isProposed ? recorded?.cid === cid.toString() : leaf?.cid.equals(cid) === true;
  if (!same && !isProposed)
    await writeDurably(treeFile, setLeaf(await readFile(treeFile, "utf8"), path, cid.toString()).text);
  await writeDurably(importsFile, writeImports(new Map([...(await importsIn(importsFile)), [path, record]])));
  await rm(workFolder(fetching.work, url), { recursive: true, force: true });
  return { is: same ? "unchanged" : "added", url, at: path, cid: cid.toString(), bytes };
}

/** Its name in the catalog, with the ending that its users expect. */
function placed({ name, kind, url }: Exclude<Source, { kind: "other" }>): string {
  const ending = kind === "zarr" ? ".zarr" : extname(new URL(url).pathname);
  return /^\.\w{1,10}$/.test(ending) && !name.endsWith(ending) ? `${name}${ending}` : name;
}

async function importsIn(file: string) {
  return readImports((await readIfThere(file))?.toString() ?? "{}");
}

/** Stores what was fetched, pins it, and reads every block of it back from the node. */
async function added(
  { path }: Extract<Fetched, { is: "new" }>,
  { home }: Campaign,
  { world }: Call,
): Promise<{ cid: CID; bytes: number }> {
  const { cid, bytes } = await addFiles(home, path, { profile: "cid-v1", symlinks: "refuse" }, world);
  await home.pin(cid, addedLabel(path), world);
  for await (const _ of walk(cid, (block) => required(block, home, world), { scope: "all" }))
    world.signal.throwIfAborted();
  return { cid, bytes };
}

function textOf(name: string, outcome: Outcome): string {
  switch (outcome.is) {
    case "added":
      return `added      ${printable(outcome.at)} ${outcome.cid} (${formatBytes(outcome.bytes)})`;
    case "unchanged":
      return `unchanged  ${printable(outcome.at)} ${outcome.cid}`;
    case "failed":
      return `failed     ${printable(name)}: ${printable(outcome.why)}`;
  }
}
