/** Where people read what this very run of a workflow did. */
import type { Call } from "../command.ts";

export function runPage({ GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID }: Call["env"]): string | undefined {
  if (!GITHUB_REPOSITORY || !/^\d+$/.test(GITHUB_RUN_ID ?? "")) return undefined;
  return `${GITHUB_SERVER_URL || "https://github.com"}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
}
