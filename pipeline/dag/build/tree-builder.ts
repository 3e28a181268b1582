/**
 * Folders out of the steps of a walk: what is open is in memory, what is finished is a link in the folder above it.
 *
 * The callers that hash files, in one thread or in several, pass the steps in order with the link of each file, and so
 * come to the same CIDs.
 */
import { CID } from "multiformats/cid";
import type { Block, Link } from "../block.ts";
import { makeSymlink } from "../directory.ts";
import type { Profile } from "../profile.ts";
import { type DirectoryBuilder, directoryBuilder } from "./directory-builder.ts";
import type { Step } from "./walk-disk.ts";

export interface TreeBuilder {
  /** A file, its CID as bytes, which are copied. */
  file(name: string, cid: Uint8Array, tsize: number): void;
  /** Any other step: the blocks that it completes, each to be taken before the next is made. */
  take(step: Exclude<Step, { kind: "file" }>): AsyncGenerator<Block, void>;
  /** What the steps came to. */
  readonly root: Link | undefined;
  /** Frees what folders that are not finished have. */
  close(): void;
}

/** Called with each entry of the folder that is built itself, its CID as bytes that are valid during the call; tsize in bytes. */
export type OnEntry = (name: string, cid: Uint8Array, tsize: number) => void;

/** `scratch`: the folder for files of the entries of very large folders. */
export function treeBuilder(
  profile: Profile,
  { scratch, onEntry }: { readonly scratch?: string; readonly onEntry?: OnEntry | undefined } = {},
): TreeBuilder {
  const open: { readonly name: string; readonly directory: DirectoryBuilder }[] = [];
  let root: Link | undefined;

  const place = (name: string, cid: Uint8Array, tsize: number): void => {
    if (open.length === 1) onEntry?.(name, cid, tsize);
    const folder = open.at(-1);
    if (folder) folder.directory.add(name, cid, tsize);
    else root = { cid: CID.decode(Uint8Array.from(cid)), tsize };
  };
  const placeLink = (name: string, { cid, tsize }: Link): void => place(name, cid.bytes, tsize);

  return {
    file: place,

    async *take(step) {
      switch (step.kind) {
        case "symlink": {
          const blocks: Block[] = [];
          placeLink(
            step.name,
            makeSymlink(step.target, profile, (block) => blocks.push(block)),
          );
          yield* blocks;
          return;
        }
        case "folder":
          open.push({ name: step.name, directory: directoryBuilder(profile, scratch) });
          return;
        case "end": {
          const { name, directory } = open.pop()!;
          placeLink(name, yield* directory.finish());
        }
      }
    },

    get root() {
      return root;
    },

    close() {
      for (const { directory } of open) directory.close();
    },
  };
}
