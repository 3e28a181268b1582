/** The page of this workflow run. */
import type { GitHub } from "../../github/run/client.ts";
import type { Call } from "../verb.ts";

export function runPage({ GITHUB_RUN_ID }: Call["env"], { page }: GitHub): string | undefined {
  return /^\d+$/.test(GITHUB_RUN_ID ?? "") ? `${page}/actions/runs/${GITHUB_RUN_ID}` : undefined;
}
