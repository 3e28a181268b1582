/** What one look of `verify` came to, and what all of them amount to. */
import { Failure, type Kind } from "../../core/failure.ts";

export interface Check {
  readonly check: "log" | "signature" | "tree" | "index" | "portal" | "stac" | "node" | "pin" | "name" | "record";
  /** What was checked: `releases 1 to 12`, `dkrz: products/radar.zarr`, `latest.example.org at 192.0.2.1:53`. */
  readonly subject: string;
  readonly ok: boolean;
  readonly says: string;
  /** Why not ok. */
  readonly problem?: "corrupt" | "drift" | "unchecked";
  /** What sets it right: of drift a command; what makes known what could not be checked. */
  readonly mend?: string;
  /** For a table: of which service or name it is one check of several, and which one: a path, a server. */
  readonly part?: { readonly of: string; readonly at: string };
}

/** One check, made by `look`, which says what it found, or throws why it is not so. */
export async function* checked(
  check: Check["check"],
  subject: string,
  look: () => Promise<string>,
): AsyncGenerator<Check> {
  try {
    yield { check, subject, ok: true, says: await look() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield failed(check, subject, error);
  }
}

/** What can't be looked at is neither corrupt nor drift. */
export function failed(check: Check["check"], subject: string, error: Failure): Check {
  const problems: Partial<Record<Kind, Check["problem"]>> = { corrupt: "corrupt", input: "corrupt", drift: "drift" };
  const problem = problems[error.kind] ?? "unchecked";
  const mend = problem === "unchecked" && error.hint !== undefined ? { mend: error.hint } : {};
  return { check, subject, ok: false, says: error.message, problem, ...mend };
}

/** How a whole verification ends. */
export function verdict(checks: readonly Pick<Check, "ok" | "problem">[]): {
  readonly ok: boolean;
  readonly corrupt: number;
  readonly drift: number;
  readonly unchecked: number;
  /** Of the failure it amounts to. */
  readonly kind: Kind | undefined;
} {
  const count = (problem: Check["problem"]) => checks.filter((check) => check.problem === problem).length;
  const [corrupt, drift, unchecked] = [count("corrupt"), count("drift"), count("unchecked")];
  const kind = corrupt > 0 ? "corrupt" : drift > 0 ? "drift" : unchecked > 0 ? "unavailable" : undefined;
  return { ok: kind === undefined, corrupt, drift, unchecked, kind };
}
