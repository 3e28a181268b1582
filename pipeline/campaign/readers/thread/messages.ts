/** Messages between the main thread and the thread that describes files: `second-thread.ts`, `describe-worker.ts`. */
import type { Description } from "../../../core/dataset/dataset.ts";
import { Failure, isFailure, type Kind } from "../../../core/failure.ts";

export type Order =
  /** `size`: of the file, bytes. */
  | { readonly kind: "describe"; readonly id: number; readonly reader: string; readonly size: number }
  | { readonly kind: "bytes"; readonly id: number; readonly read: number; readonly bytes: Uint8Array }
  /** Reading failed. The error itself stays in the main thread, under the number of the read. */
  | { readonly kind: "unread"; readonly id: number; readonly read: number; readonly error: PlainError }
  | { readonly kind: "abort"; readonly id: number };

export type Answer =
  | {
      readonly kind: "read";
      readonly id: number;
      readonly read: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly kind: "described"; readonly id: number; readonly description: Description }
  | { readonly kind: "failed"; readonly id: number; readonly error: PlainError };

/** An error as it is sent from one thread to another. */
export interface PlainError {
  readonly message: string;
  readonly kind?: Kind;
  readonly hint?: string;
  /** The read that failed with it, where it is that error. */
  readonly read?: number;
}

/** An error of reading in the other thread: that of the read with this number. */
const reads = new WeakMap<Error, number>();

export function errorOf({ message, kind, hint, read }: PlainError): Error {
  const error = kind ? new Failure(kind, message, hint === undefined ? {} : { hint }) : new Error(message);
  if (read !== undefined) reads.set(error, read);
  return error;
}

export function plainError(error: unknown): PlainError {
  const { message, stack } = error as Error;
  const read = reads.get(error as Error);
  if (!isFailure(error)) return { message: stack ?? message, ...(read !== undefined && { read }) };
  const { kind, hint } = error;
  return { message, kind, ...(hint !== undefined && { hint }), ...(read !== undefined && { read }) };
}
