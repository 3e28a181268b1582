/**
 * What is known, in the words GitHub answers with; here, where things are and what GraphQL calls them.
 *
 * Everything GitHub's description requires is there, so that a reader can't come to rest on less; what hangs on nothing
 * here (stars, milestones, pages) has the value of a repository that never used it.
 */
import { fullName, type Hub, type Repo } from "../state.ts";

export function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(`${kind}:${id}`).toString("base64url")}`;
}

export const apiOf = (hub: Hub, repo: Repo): string => `${hub.api}/repos/${fullName(repo)}`;
export const pageOf = (hub: Hub, repo: Repo): string => `${hub.origin}/${fullName(repo)}`;
