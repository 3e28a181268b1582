/**
 * What the second one is told who wants something that only one may have at a time: the lease to publish, the right to
 * write into the embedded node, a file being changed.
 *
 * Of several locks on the way to one release, any may be the one that stops the second publisher. So all of them say the
 * same things in the same order: who has it, and where, what for, since when; and the hint, what to do.
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

/** `todo`: what whoever is refused can do beside waiting. */
export function inUse({ holder, what, since, until }: User, todo: string): Failure {
  const end = until === undefined ? "" : `, until ${until} unless renewed`;
  return new Failure("refused", `${holder} is ${what}, and has been since ${since}${end}`, {
    hint: `wait until it is done, and run it again; ${todo}`,
  });
}

/** Of something that is in use by whoever left `where` without saying who they are. */
export function unknownUser(where: string): User {
  return { holder: `somebody (${where} doesn't say who)`, what: "working", since: "an unknown time" };
}
