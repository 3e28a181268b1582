/** Who somebody is, and what they may in a repository. */
import { profileAnswer, userAnswer } from "../answers/people.ts";
import { found, type Operations, ok, Refusal } from "../call.ts";
import { roleOf, userOf } from "../tokens.ts";

export const people: Operations = {
  "GET /user": {
    needs: [],
    answer({ hub, caller }) {
      // An installation's token is no person's.
      if (caller.token?.kind === "workflow") throw new Refusal(403, "Resource not accessible by integration");
      return ok(profileAnswer(hub, userOf(caller)));
    },
  },

  "GET /users/{username}": {
    needs: [],
    answer: ({ hub, params }) => ok(profileAnswer(hub, found(hub.users.get(params.username!.toLowerCase())))),
  },

  "GET /repos/{owner}/{repo}/collaborators/{username}/permission": {
    needs: ["metadata:read"],
    evenPublic: true,
    answer({ hub, repo, params }) {
      const user = found(hub.users.get(params.username!.toLowerCase()));
      const role = roleOf(user, repo);
      // In a public repository everybody may read.
      const permission = role === "none" && !repo.private ? "read" : role;
      return ok({ permission, role_name: permission, user: userAnswer(hub, user) });
    },
  },

  "GET /rate_limit": {
    needs: [],
    answer() {
      const rate = { limit: 5000, used: 0, remaining: 5000, reset: Math.ceil(Date.now() / 1000) + 3600 };
      return ok({ resources: { core: rate, search: rate, graphql: rate }, rate });
    },
  },
};
