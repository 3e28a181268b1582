/**
 * Who asks, and what they may.
 *
 * Four kinds, as on GitHub: a workflow's `GITHUB_TOKEN` (a bot, one repository, exactly the permissions the job names), a
 * fine-grained personal token, a classic personal token (everything the person may), and nobody at all.
 */

import type { Operation } from "./call.ts";
import { notFound, Refusal } from "./call.ts";
import { actionsBot, type Hub, type Repo, type User } from "./state.ts";

export type Permission =
  | "actions"
  | "administration"
  | "checks"
  | "contents"
  | "deployments"
  | "environments"
  | "issues"
  | "metadata"
  | "pull-requests"
  | "secrets"
  | "statuses"
  | "workflows";

/** As under `permissions:` in a workflow: what is not named is not granted. */
export type Grants = { readonly [P in Permission]?: "read" | "write" };

export type Need = `${Permission}:${"read" | "write"}`;

export type TokenKind = "workflow" | "fine-grained" | "classic";

export interface Token {
  readonly secret: string;
  readonly kind: TokenKind;
  readonly user: User;
  /** The one repository that `grants` are for. */
  readonly repo?: Repo;
  readonly grants: Grants;
}

/** A request's token, or nobody. */
export interface Caller {
  readonly token: Token | undefined;
}

const prefixes = { classic: "ghp_", "fine-grained": "github_pat_", workflow: "ghs_" } as const;

/**
 * Hand out a token; resolves to its secret.
 *
 * They look like GitHub's of 2026: an installation's has some 520 characters, and nothing may count on 40.
 */
export function newToken(hub: Hub, token: Omit<Token, "secret">): string {
  const secret = prefixes[token.kind] + String(hub.nextId()).padStart(token.kind === "workflow" ? 516 : 36, "0");
  hub.tokens.set(secret, { ...token, secret });
  return secret;
}

/** The `GITHUB_TOKEN` of one job. */
export function jobToken(hub: Hub, repo: Repo, grants: Grants): string {
  return newToken(hub, { kind: "workflow", user: hub.user(actionsBot), repo, grants });
}

/** What a job on a fork's pull request really gets: GitHub turns every `write` into `read`. */
export function readOnly(grants: Grants): Grants {
  return Object.fromEntries(Object.keys(grants).map((permission) => [permission, "read" as const]));
}

/** The person or bot that asks. @throws Refusal 401 for nobody. */
export function userOf({ token }: Caller): User {
  if (!token) throw new Refusal(401, "Requires authentication");
  return token.user;
}

/** Whether this caller may push: what a person's role or a token's `contents: write` gives. */
export function mayWrite({ token }: Caller, repo: Repo, need: Need = "contents:write"): boolean {
  if (!token) return false;
  if (token.kind === "classic") return roleOf(token.user, repo) !== "none";
  return token.repo === repo && grantsAny(token.grants, [need]);
}

/** @throws Refusal in GitHub's words where `operation` is not this caller's to ask for. */
export function authorize(caller: Caller, repo: Repo, method: string, operation: Operation): void {
  const { token } = caller;
  const reading = method === "GET";
  const open = reading && !repo.private && !operation.evenPublic;
  if (!token) {
    if (open) return;
    throw repo.private ? notFound() : new Refusal(401, "Requires authentication");
  }
  if (token.kind === "classic") {
    const role = roleOf(token.user, repo);
    if (repo.private && role === "none") throw notFound();
    const administering = operation.needs.some((need) => /^(administration|environments|secrets)/.test(need));
    if (administering && !operation.anyone && role !== "admin")
      throw new Refusal(403, "Must have admin rights to Repository.");
    if (reading || operation.anyone || role !== "none") return;
    throw notFound();
  }
  if (open || operation.needs.length === 0) return;
  if (token.repo === repo && grantsAny(token.grants, operation.needs)) return;
  const words = token.kind === "workflow" ? "integration" : "personal access token";
  const accepted = operation.needs.map((need) => need.replace(":", "=").replaceAll("-", "_")).join("; ");
  throw new Refusal(403, `Resource not accessible by ${words}`, {}, { "x-accepted-github-permissions": accepted });
}

export function roleOf(user: User, repo: Repo): "admin" | "write" | "none" {
  if (repo.owner === user) return "admin";
  return repo.collaborators.get(user.login) ?? "none";
}

function grantsAny(grants: Grants, needs: readonly Need[]): boolean {
  return needs.some((need) => {
    const [permission, level] = need.split(":") as [Permission, "read" | "write"];
    // Every token may read that a repository exists.
    const granted = grants[permission] ?? (permission === "metadata" ? "read" : undefined);
    return granted === "write" || granted === level;
  });
}
