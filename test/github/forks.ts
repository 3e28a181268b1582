/** A copy of a repository in somebody else's hands. */

import { userAnswer } from "./answers/people.ts";
import { repoAnswer } from "./answers/repos.ts";
import { happened } from "./events.ts";
import type { Hub, Repo, User } from "./state.ts";

/** Make `user`'s fork; asked again, it is the one they have. */
export async function fork(hub: Hub, parent: Repo, user: User): Promise<Repo> {
  const known = [...hub.repos.values()].find((repo) => repo.parent === parent && repo.owner === user);
  if (known) return known;
  const { name, defaultBranch } = parent;
  const repo = await hub.newRepo({ owner: user, name, parent, defaultBranch, private: parent.private });
  const refs = [...(await parent.git.refs())].filter(([ref]) => /^refs\/(heads|tags)\//.test(ref));
  await repo.git.setRefs(new Map(refs));
  const payload = { forkee: repoAnswer(hub, repo), repository: repoAnswer(hub, parent), sender: userAnswer(hub, user) };
  happened(hub, { name: "fork", repo: parent, payload, startsWorkflows: true });
  return repo;
}
