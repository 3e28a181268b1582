/**
 * The error for a resource that only one process may use at a time and another process uses: the lease to publish, the
 * right to write into the embedded node, a file being changed.
 *
 * Several locks lie on the way to one release, and any of them may stop the second publisher. So all of them report the
 * same facts in the same order: which process has it, where, for what, since when; and the hint, what to do.
 */
import { Failure } from "./failure.ts";

export interface User {
  /** Who and where: `process 4711 on ship (fieldtree publish)`, `anna@laptop`, `github.com/org/repo run 17`. */
  readonly holder: string;
  /** A participle: `publishing`, `writing blocks into /data/.fieldtree/packs`. */
  readonly what: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** ISO 8601, UTC. Absent where it ends with the process that has it. */
  readonly until?: string;
}

/** `todo`: what the refused caller can do other than wait. */
export function inUse({ holder, what, since, until }: User, todo: string): Failure {
  const end = until === undefined ? "" : `, until ${until} unless renewed`;
  return new Failure("refused", `${holder} is ${what}, and has been since ${since}${end}`, {
    hint: `wait until it is done, and run it again; ${todo}`,
  });
}

/** Of a lock at `where` whose file doesn't name the process that has it. */
export function unknownUser(where: string): User {
  return { holder: `another process (${where} doesn't name it)`, what: "working", since: "an unknown time" };
}
