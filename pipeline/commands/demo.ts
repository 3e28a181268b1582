/** `demo`: publishes and serves a sample campaign in one command. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CID } from "multiformats/cid";
import { type Campaign, openCampaign } from "../campaign/campaign.ts";
import { readers } from "../campaign/readers/readers.ts";
import { publishTree } from "../cli/publishing/publish-tree.ts";
import { portIn, serveCampaign } from "../cli/serve-campaign.ts";
import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { byBytes } from "../core/text/order.ts";
import { editTree } from "../core/tree/edit.ts";
import { readTree } from "../core/tree/tree.ts";
import type { World } from "../core/world.ts";
import { writeDurably } from "../disk/write.ts";
import { folderReaderOf } from "../formats/reader.ts";
import { addFiles } from "../ipfs/add-files.ts";

export const demo: Verb = {
  flags: [
    ["--once", "end after publishing instead of serving the portal"],
    ["--data <path...>", "publish these files and folders in a scratch campaign instead of the sample"],
    ["--port <port>", "port of the portal", "8642"],
  ],
  about: `Adds the sample to the embedded node, publishes it and serves the portal on this machine until Ctrl-C. With --data each
PATH becomes a folder under products/, and each dataset, file or folder of files in it a leaf.`,
  example: "fieldtree demo --once --data ./dropsondes --data ./zarr",

  endsBySignal: true,

  async run({ cwd, env, flags, out, world }) {
    const port = portIn(String(flags.port));
    const data = (flags.data as readonly string[] | undefined)?.map((path) => resolve(cwd, path));
    const folder = data ? join(cwd, ".fieldtree", "scratch") : sampleFolder();
    if (data) await startScratch(folder);
    const campaign = await openCampaign(folder, env, world);
    try {
      if (data) await writeTree(await addData(data, campaign, world), campaign);
      else await addSample(campaign, world);
      await publishTree(campaign, { strict: false }, out, world);
      if (flags.once) return 0;
      await serveCampaign(campaign, { host: "127.0.0.1", port }, out, world);
    } finally {
      await campaign.close();
    }
    return 0;
  },
};

/** The project's own folder: its tree.yaml is the sample campaign's. */
function sampleFolder(): string {
  const folder = fileURLToPath(new URL("../../", import.meta.url));
  if (existsSync(join(folder, "sample")) && existsSync(join(folder, "tree.yaml"))) return folder;
  throw new Failure("input", "the sample campaign is not part of this installation", {
    hint: "fieldtree demo --data PATH publishes data of yours",
  });
}

/** Every leaf of tree.yaml is in sample/ under its own path, and must have the CID in tree.yaml. */
async function addSample(campaign: Campaign, world: World): Promise<void> {
  const { tree } = readTree(await readFile(join(campaign.folder, "tree.yaml")));
  for (const { path, cid, line } of tree.values()) {
    const added = await add(join(campaign.folder, "sample", path), campaign, world);
    if (added.equals(cid)) continue;
    throw new Failure("input", `tree.yaml:${line}: sample/${path} has the CID ${added}, and tree.yaml has ${cid}`, {
      hint: "npm run sample makes the sample again",
    });
  }
}

async function add(path: string, { home }: Campaign, world: World): Promise<CID> {
  return (await addFiles(home, path, { profile: "cid-v1", symlinks: "keep" }, world)).cid;
}

async function startScratch(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeDurably(
    join(folder, "campaign.yaml"),
    "campaign: scratch\ntitle: Scratch campaign\ncollections: { depth: 2 }\n",
  );
  if (!existsSync(join(folder, "tree.yaml"))) await writeDurably(join(folder, "tree.yaml"), "");
}

/** CIDs by path in the tree, of everything in `paths`. */
async function addData(paths: readonly string[], campaign: Campaign, world: World): Promise<ReadonlyMap<string, CID>> {
  const leaves = new Map<string, string>();
  for (const path of paths) {
    const about = await stat(path).catch((cause: unknown) => {
      throw new Failure("input", `${path} can't be read`, { cause, hint: "--data takes files and folders" });
    });
    const top = `products/${basename(path)}`;
    for (const [below, file] of about.isDirectory() ? await leavesIn(path) : [["", path] as const]) {
      const at = below ? `${top}/${below}` : top;
      if (leaves.has(at)) throw new Failure("input", `${leaves.get(at)} and ${file} would both be at ${at}`);
      leaves.set(at, file);
    }
  }
  const cids = new Map<string, CID>();
  for (const [at, file] of leaves) {
    cids.set(at, await add(file, campaign, world));
    world.progress({ task: "adding", done: cids.size, total: leaves.size, unit: "leaves" });
  }
  return cids;
}

/** Leaves of a folder: what a reader recognises, folders that contain files only, and files next to folders. */
async function leavesIn(folder: string): Promise<readonly (readonly [below: string, path: string])[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const whole = folderReaderOf(readers, new Set(entries.map(({ name }) => name))) !== undefined;
  if (whole || !entries.some((entry) => entry.isDirectory())) return [["", folder]];
  const leaves: (readonly [string, string])[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) leaves.push([entry.name, path]);
    else
      for (const [below, inner] of await leavesIn(path))
        leaves.push([below ? `${entry.name}/${below}` : entry.name, inner]);
  }
  return leaves;
}

async function writeTree(cids: ReadonlyMap<string, CID>, campaign: Campaign): Promise<void> {
  const inOrder = [...cids].sort(([a], [b]) => byBytes(a, b));
  const edits = inOrder.map(([path, cid]) => ({ path, written: cid.toString() }));
  await writeDurably(join(campaign.folder, "tree.yaml"), editTree("", edits));
}
