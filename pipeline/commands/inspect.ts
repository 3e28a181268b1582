/** `inspect`: what the world would see of data on this machine, before it is added. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Added } from "../dag/add.ts";
import { blocksOf } from "../dag/files.ts";
import { localFolder } from "../disk/folder.ts";
import { type Found, findDatasets } from "../stages/find.ts";
import { entryOf } from "../stages/scan.ts";
import type { Verb } from "./command.ts";
import { lineOf } from "./scan.ts";

export const inspect: Verb = {
  args: "<path>",
  about:
    "Describes datasets on this machine as publishing would, with the CIDs that `fieldtree add` would give. Nothing is stored.",
  example: "fieldtree inspect ./radar.zarr",

  async run({ args, campaign: open, cwd, out, world }) {
    const { facts, readers } = await open();
    const path = resolve(cwd, args[0]!);
    const about = await stat(path).catch((cause: unknown) => {
      throw new Failure("input", `${args[0]} can't be read`, { cause });
    });
    const folder = about.isDirectory() ? await localFolder(path) : undefined;
    const found = folder ? await findDatasets(folder, 0, readers, world) : [];
    if (found.length === 0) {
      const { cid, bytes, tsize } = await hashed(path, world);
      out.result(
        ...lineOf({
          kind: "plain",
          path: "",
          cid,
          plain: folder ? { kind: "directory", size: tsize } : { kind: "file", size: bytes },
        }),
      );
    }
    let code = 0;
    for (const dataset of found) {
      const { cid, tsize } = await hashed(join(path, dataset.below), world);
      const entry = entryOf("", undefined, { ...dataset, cid, size: tsize } satisfies Found, facts);
      out.result(...lineOf(entry));
      if (entry.kind === "failed") code = 1;
    }
    return code;
  },
};

/** What adding `path` would give. Blocks are made and let go again. */
async function hashed(path: string, world: World): Promise<Omit<Added, "cid"> & { readonly cid: string }> {
  const blocks = blocksOf(path, { profile: "cid-v1", symlinks: "keep" }, world);
  for (let made = await blocks.next(); ; made = await blocks.next()) {
    if (made.done) return { ...made.value, cid: made.value.cid.toString() };
  }
}
