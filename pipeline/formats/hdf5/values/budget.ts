/** Bytes of memory that one read may take: sizes in a file are only claims, so each is spent here before it is allocated. */
import { Failure } from "../../../core/failure.ts";

export interface Reserve {
  /** @throws Failure `input` where there is not as much left. */
  spend(bytes: number): void;
  /** What was spent and is no longer in use. */
  release(bytes: number): void;
}

export interface Budget extends Reserve {
  readonly left: number;
}

/** @param what in messages: "the values of /temperature". */
export function budgetOf(most: number, what: string): Budget {
  let left = most;
  return {
    get left() {
      return left;
    },
    spend(bytes) {
      if (!(bytes <= left)) throw new Failure("input", `${what} need more memory than the ${most} bytes allowed`);
      left -= bytes;
    },
    release(bytes) {
      left += bytes;
    },
  };
}
