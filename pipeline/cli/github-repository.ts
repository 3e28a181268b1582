/** The GitHub repository for verbs on an operator's own machine. */
import { Failure } from "../core/failure.ts";
import { shown } from "../core/text/shown.ts";
import { remoteAddress } from "../disk/git.ts";
import type { Environment } from "../github/run/client.ts";
import type { Call } from "./verb.ts";

/**
 * Returns the environment, with GITHUB_REPOSITORY from `--repo` or from git's remote `origin`, unless it is set.
 *
 * @throws Failure `input` where none of them has it, or there is no token.
 */
export async function withRepository({ cwd, env, flags, world }: Call): Promise<Environment> {
  if (!env.GITHUB_TOKEN) {
    throw new Failure("input", "no token for GitHub: GITHUB_TOKEN is not set", {
      hint: "GITHUB_TOKEN=$(gh auth token) before the command, or a token from https://github.com/settings/tokens",
    });
  }
  const given = typeof flags.repo === "string" ? flags.repo : env.GITHUB_REPOSITORY;
  const named = nameIn(given ?? (await remoteAddress("origin", cwd, world)) ?? "");
  if (named) return { ...env, GITHUB_REPOSITORY: named };
  if (given) throw new Failure("input", `the repository on GitHub is OWNER/NAME, and not “${shown(given)}”`);
  throw new Failure("input", "which repository on GitHub? There is no remote origin here that names it", {
    hint: "--repo OWNER/NAME",
  });
}

/** `OWNER/NAME`, of that itself, https://github.com/OWNER/NAME.git or git@github.com:OWNER/NAME.git. */
function nameIn(address: string): string | undefined {
  return /(?:^|[/:])([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(address)?.[1];
}
