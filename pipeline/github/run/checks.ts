/** A commit's check run, with annotations, and its commit status. */
import { type GitHub, repeatable } from "./client.ts";

export interface CheckRun {
  readonly name: string;
  readonly sha: string;
  readonly conclusion: "failure" | "neutral" | "success";
  /** One line. */
  readonly title: string;
  /** Markdown by fieldtree's own renderers. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  /** URL of a page with more details. */
  readonly page?: string;
}

export interface Annotation {
  readonly path: string;
  readonly line: number;
  readonly column?: number;
  readonly level: "failure" | "notice" | "warning";
  readonly title: string;
  readonly message: string;
}

export interface Status {
  readonly context: string;
  readonly sha: string;
  readonly state: "failure" | "pending" | "success";
  readonly description: string;
  readonly page?: string;
}

/** GitHub's limits: annotations in one call, characters of a summary, a title and a status. */
const limits = { annotations: 50, summary: 65_535, title: 255, description: 140 };
/** Most annotations of a check: each 50 take a call. */
const mostAnnotations = 2000;

/** Resolves to the check run's page. */
export async function postCheck(check: CheckRun, github: GitHub): Promise<string | undefined> {
  const { name, sha, page } = check;
  const shown = check.annotations.slice(0, mostAnnotations);
  const pages = Math.max(1, Math.ceil(shown.length / limits.annotations));
  const part = (at: number) => ({
    output: {
      title: cut(check.title, limits.title),
      summary: cut(check.summary, limits.summary),
      annotations: shown.slice(at * limits.annotations, (at + 1) * limits.annotations).map(asGitHubHasIt),
    },
    // No conclusion before the last call, so that no merge is allowed on part of the findings.
    ...(at === pages - 1
      ? { status: "completed" as const, conclusion: check.conclusion }
      : { status: "in_progress" as const }),
  });
  const { id, html_url } = await github.ask("posting the check", (rest, place) =>
    rest.checks.create({
      ...place,
      name,
      head_sha: sha,
      ...(page && { details_url: page }),
      ...part(0),
      ...repeatable,
    }),
  );
  for (let at = 1; at < pages; at++) {
    await github.ask("adding to the check", (rest, place) =>
      rest.checks.update({ ...place, check_run_id: id, ...part(at) }),
    );
  }
  return html_url ?? undefined;
}

export async function postStatus({ context, sha, state, description, page }: Status, github: GitHub): Promise<void> {
  const commitStatus = {
    context,
    state,
    description: cut(description, limits.description),
    ...(page && { target_url: page }),
  };
  await github.ask("setting the status", (rest, place) =>
    rest.repos.createCommitStatus({ ...place, sha, ...commitStatus, ...repeatable }),
  );
}

function asGitHubHasIt({ path, line, column, level, title, message }: Annotation) {
  return {
    path,
    start_line: line,
    end_line: line,
    // GitHub accepts columns only where start and end line are equal, which they are.
    ...(column !== undefined && { start_column: column, end_column: column }),
    annotation_level: level,
    title: cut(title, limits.title),
    message: cut(message, limits.summary),
  };
}

/** Cuts text by UTF-16 code units, which are never fewer than the characters that GitHub counts. */
const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
