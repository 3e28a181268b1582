/** The result of one check of `verify`, and the verdict over all of them. */
import { Failure, type Kind } from "../../core/failure.ts";

export interface Check {
  readonly check: "log" | "signature" | "tree" | "index" | "portal" | "stac" | "node" | "pin" | "name" | "record";
  /** What was checked: `releases 1 to 12`, `dkrz: products/radar.zarr`, `latest.example.org at 192.0.2.1:53`. */
  readonly subject: string;
  readonly ok: boolean;
  readonly says: string;
  /** Why not ok. */
  readonly problem?: "corrupt" | "drift" | "unchecked";
  /** The fix: a command for drift, or how to make an unchecked subject checkable. */
  readonly mend?: string;
  /** For tables: the service or name that has several checks, and the path or server of this one. */
  readonly part?: { readonly of: string; readonly at: string };
}

/** Yields one check. `examine` returns the message of a passed check, or throws the failure. */
export async function* checked(
  check: Check["check"],
  subject: string,
  examine: () => Promise<string>,
): AsyncGenerator<Check> {
  try {
    yield { check, subject, ok: true, says: await examine() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield failed(check, subject, error);
  }
}

/** Returns a failed check. A subject that can't be reached is unchecked, neither corrupt nor drift. */
export function failed(check: Check["check"], subject: string, error: Failure): Check {
  const problems: Partial<Record<Kind, Check["problem"]>> = { corrupt: "corrupt", input: "corrupt", drift: "drift" };
  const problem = problems[error.kind] ?? "unchecked";
  const fix = problem === "unchecked" && error.hint !== undefined ? { mend: error.hint } : {};
  return { check, subject, ok: false, says: error.message, problem, ...fix };
}

/** Returns the outcome of a whole verification. */
export function verdict(checks: readonly Pick<Check, "ok" | "problem">[]): {
  readonly ok: boolean;
  readonly corrupt: number;
  readonly drift: number;
  readonly unchecked: number;
  /** The kind of failure with which `verify` ends. */
  readonly kind: Kind | undefined;
} {
  const count = (problem: Check["problem"]) => checks.filter((check) => check.problem === problem).length;
  const [corrupt, drift, unchecked] = [count("corrupt"), count("drift"), count("unchecked")];
  const kind = corrupt > 0 ? "corrupt" : drift > 0 ? "drift" : unchecked > 0 ? "unavailable" : undefined;
  return { ok: kind === undefined, corrupt, drift, unchecked, kind };
}
