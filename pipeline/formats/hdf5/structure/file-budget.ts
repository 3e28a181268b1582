/**
 * What reading one file may cost in all, so that a small file which refers to the same structures again and again, or
 * claims that they are large, can't take minutes or gigabytes.
 *
 * Far more than real files need: one of 400 variables needs some 2000 structures and 1 MB of memory.
 */
import { Failure } from "../../../core/failure.ts";

export const mostOfFile = {
  /** Structures read: headers, nodes of trees, blocks of heaps. */
  structures: 1_000_000,
  /** Bytes of structures, each time they are read. */
  bytes: 2 ** 29,
  /** Names that soft links lead through. */
  steps: 100_000,
  /** Bytes of memory for headers, links and attributes, which stay there while the file is open. */
  memory: 2 ** 26,
} as const;

export type Resource = keyof typeof mostOfFile;

/** The cause of a failure that concerns the whole file, whichever part of it was being read. */
export class OverBudget extends Error {}

export const isOverBudget = (error: unknown): boolean => error instanceof Failure && error.cause instanceof OverBudget;

export interface FileBudget {
  /** @throws Failure `input`, with the cause {@link OverBudget}, where there is not as much left. */
  spend(resource: Resource, amount: number): void;
  /** What was spent and is no longer in use. */
  release(resource: Resource, amount: number): void;
}

const words: Readonly<Record<Resource, string>> = {
  structures: "structures",
  bytes: "bytes of structures",
  steps: "names in soft links",
  memory: "bytes of metadata",
};

export function fileBudget(): FileBudget {
  const left: Record<Resource, number> = { ...mostOfFile };
  return {
    spend(resource, amount) {
      if (!(amount <= left[resource])) {
        const what = `the HDF5 file has more than ${mostOfFile[resource]} ${words[resource]}, and is not read`;
        throw new Failure("input", what, { cause: new OverBudget(what) });
      }
      left[resource] -= amount;
    },
    release(resource, amount) {
      left[resource] += amount;
    },
  };
}

/** Bytes of memory that a small object takes in addition to its content, about. */
export const objectSize = 160;
