/** A tree given on the command line: a file, or `git:REF` for the campaign's tree.yaml at a commit. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Finding } from "../../core/report/finding.ts";
import { readTree, type Tree } from "../../core/tree/tree.ts";
import { fileAt, mergeBase } from "../../disk/git.ts";
import type { Call } from "../verb.ts";

/** Printed for a tree without data. */
export const emptyTreeNote = "nothing in it yet; fieldtree add PATH --at products/NAME puts data there";

/** Returns bytes; those of the campaign's tree.yaml without an argument. Throws `input` where there is no such file or commit. */
export async function treeText(named: string | undefined, { cwd, folder, world }: Call): Promise<Uint8Array> {
  const ref = refIn(named);
  if (ref !== undefined) {
    const text = await fileAt(ref, join(folder(), "tree.yaml"), world);
    if (text) return text;
    throw new Failure("input", `git has no tree.yaml at ${ref}`, { hint: "git:REF takes a branch, a tag or a commit" });
  }
  const file = named === undefined ? join(folder(), "tree.yaml") : resolve(cwd, named);
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    if (named === undefined || cause.code !== "ENOENT")
      throw new Failure("input", `${named ?? file} can't be read: ${cause.code ?? cause.message}`, { cause });
    const hint = `git:${named} is tree.yaml as git has it at that branch, tag or commit`;
    throw new Failure("input", `there is no file ${named}`, { cause, hint });
  });
}

/** Returns the REF of `git:REF`; `undefined` for a file. */
export function refIn(named: string | undefined): string | undefined {
  return /^git:(.+)$/s.exec(named ?? "")?.[1];
}

/** Returns the given base of a proposal, and the merge base, as far as git knows it. */
export async function baseText(
  base: string,
  proposal: string | undefined,
  call: Call,
): Promise<{ readonly base: Uint8Array; readonly ancestor?: Uint8Array }> {
  const ref = refIn(base);
  const tree = join(call.folder(), "tree.yaml");
  const ancestor = ref === undefined ? undefined : await mergeBase(ref, refIn(proposal) ?? "HEAD", tree, call.world);
  return { base: await treeText(base, call), ...(ancestor && { ancestor }) };
}

/**
 * Returns the tree, for callers that act on leaves that are *not* in it: a leaf on an invalid line would count as removed.
 *
 * @throws Failure `findings` where it has errors; `input` as {@link treeText} does.
 */
export async function validTree(named: string | undefined, call: Call): Promise<Tree> {
  const { tree, findings } = readTree(await treeText(named, call));
  refuseErrors(findings, named);
  return tree;
}

/** Throws as {@link validTree} does, for a tree that is already parsed. `named`: the argument, if any. */
export function refuseErrors(findings: readonly Finding[], named?: string): void {
  const error = findings.find(({ level }) => level === "error");
  if (!error) return;
  const file = named ?? "tree.yaml";
  throw new Failure("findings", `${file}:${error.line}:${error.column}: ${error.says}`, {
    hint: named === undefined ? "fieldtree check shows all of them" : "fieldtree check FILE shows all of them",
  });
}
