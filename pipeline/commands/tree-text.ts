/** The text of a tree that somebody named: a file, or `git:REF` for the campaign's tree.yaml at a commit. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure } from "../core/failure.ts";
import { fileAt } from "../disk/git.ts";
import type { Call } from "./command.ts";

/** Bytes of the campaign's own tree.yaml where nothing is named. Throws `input` where there is no such file or commit. */
export async function treeText(named: string | undefined, { cwd, folder, world }: Call): Promise<Uint8Array> {
  const ref = /^git:(.+)$/s.exec(named ?? "")?.[1];
  if (ref !== undefined) {
    const text = await fileAt(ref, join(folder(), "tree.yaml"), world);
    if (text) return text;
    throw new Failure("input", `git has no tree.yaml at ${ref}`, { hint: "git:REF takes a branch, a tag or a commit" });
  }
  const file = named === undefined ? join(folder(), "tree.yaml") : resolve(cwd, named);
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new Failure("input", `${named ?? file} can't be read: ${cause.code ?? cause.message}`, { cause });
  });
}
