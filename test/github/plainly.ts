/**
 * The API as our code sees it, without the pauses of Octokit's throttling: a write a second, a comment every three. For
 * tests that run the same thing dozens of times.
 */
import { Octokit } from "@octokit/rest";
import { fetching, type GitHub, gitHubOver } from "../../pipeline/github/run/client.ts";
import { testWorld } from "../fakes/world.ts";
import type { Box } from "./box.ts";
import type { Repository } from "./repository.ts";
import type { Grants } from "./tokens.ts";

const nothing = () => {};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** @param who a job with these permissions, or whose token it is. */
export function plainly(github: Box, repo: Repository, who: Grants | string, world = testWorld()): GitHub {
  const [owner, name] = repo.fullName.split("/") as [string, string];
  const token = typeof who === "string" ? who : repo.token(who);
  const request = { fetch: fetching(github.api, world) };
  const octokit = new Octokit({ auth: token, baseUrl: github.api, request, log });
  const page = `${github.origin}/${repo.fullName}`;
  return gitHubOver(octokit, { place: { owner, repo: name }, page, token }, world);
}
