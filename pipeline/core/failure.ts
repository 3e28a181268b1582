/**
 * Every way the pipeline can stop.
 *
 * A failure is for the person or the workflow that has to act on it, so each
 * kind answers two questions: what exit code do we leave with, and can the same
 * call, repeated, succeed? Wrappers that retry read `again`; `cli.ts` reads
 * `exit`; nothing else branches on them.
 *
 * Problems in `tree.yaml` are not failures but {@link Finding}s: all of
 * them at once, each with its line. Only what can't go on with them fails.
 */

export const kinds = {
  /** tree.yaml has errors, or datasets can't be described, and what was asked for doesn't go on with such. */
  findings: { exit: 1, again: false },
  /** Something a person wrote can't be used: a flag, campaign.yaml, a path that isn't there. */
  input: { exit: 2, again: false },
  /** A service or this machine rejected the request: bad token, quota, disk full, a lock of another process. */
  refused: { exit: 3, again: false },
  /** Something did not answer, or data is out of reach. */
  unavailable: { exit: 4, again: true },
  /** The head moved, or the root is not the expected one. Start over from the new state. */
  conflict: { exit: 5, again: false },
  /** Bytes do not match their CID, or a release does not follow its predecessor. Publish nothing. */
  corrupt: { exit: 6, again: false },
  /** What is announced or pinned differs from the log: a name edited by hand, a pin that was removed. */
  drift: { exit: 7, again: false },
} as const;

export type Kind = keyof typeof kinds;

export class Failure extends Error {
  override readonly name = "Failure";
  readonly kind: Kind;
  /** What the reader should do next, when we know. */
  readonly hint: string | undefined;
  /** ms after which the service asks to be called again, where it sent `Retry-After`. */
  readonly wait: number | undefined;

  constructor(kind: Kind, message: string, options: { hint?: string; wait?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.hint = options.hint;
    this.wait = options.wait;
  }
}

/** Narrow a caught value to a {@link Failure}, optionally of the given kinds. */
export function isFailure(error: unknown, ...only: Kind[]): error is Failure {
  return error instanceof Failure && (only.length === 0 || only.includes(error.kind));
}
