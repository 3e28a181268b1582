/** Where the campaign is that a command is about. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Failure } from "../core/failure.ts";

/** The folder that `--campaign` names, or the nearest ancestor of `cwd` with a tree.yaml. @throws Failure `input` where the flag names none. */
export function campaignAround(given: string | undefined, cwd: string): string | undefined {
  if (given !== undefined) {
    // Either of its files names the folder as well.
    const isFile =
      /^(tree|campaign)\.yaml$/.test(basename(given)) && !existsSync(join(resolve(cwd, given), "tree.yaml"));
    const named = isFile ? dirname(given) : given;
    const folder = resolve(cwd, named);
    if (existsSync(join(folder, "tree.yaml"))) return folder;
    throw new Failure("input", `${named} has no tree.yaml`, {
      hint: `fieldtree init ${named} starts a campaign there`,
    });
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "tree.yaml"))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** @throws Failure `input`, always. */
export function noCampaign(cwd: string): never {
  throw new Failure("input", `no tree.yaml in ${cwd} or any folder above it`, {
    hint: "name the campaign's folder with --campaign DIR, or start one with `fieldtree init`",
  });
}
