/** Suggested changes for the author, and review requests to the owners of changed folders. */
import { type Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Pull } from "../pull-request/pull.ts";
import type { GitHub } from "../run/client.ts";
import type { Suggestion } from "./suggestions.ts";

/** Most suggestions posted. For more, `fieldtree fmt` is quicker. */
const mostSuggestions = 10;
const mostComments = 300;

/** Posts the suggestions that are not on their lines yet. Where GitHub refuses them, the comment has the fix too. */
export async function postSuggestions(
  pull: Pull,
  suggestions: readonly Suggestion[],
  github: GitHub,
  world: World,
): Promise<void> {
  if (suggestions.length === 0) return;
  const known = await github.all(
    "reading the suggestions",
    (rest, page) => rest.pulls.listReviewComments({ ...page, pull_number: pull.number }),
    mostComments,
  );
  const posted = new Set(known.map(({ path, line, body }) => JSON.stringify([path, line, body])));
  const missing = suggestions.filter(({ path, line, body }) => !posted.has(JSON.stringify([path, line, body])));
  if (missing.length === 0) return;
  const comments = missing.slice(0, mostSuggestions).map((one) => ({ ...one, side: "RIGHT" }));
  await unlessRefused(world, () =>
    github.ask("suggesting fixes", (rest, place) =>
      rest.pulls.createReview({
        ...place,
        pull_number: pull.number,
        commit_id: pull.headSha,
        event: "COMMENT",
        comments,
      }),
    ),
  );
}

/** Requests reviews by the owners: never by the author, never twice by one person. @param owners logins, or `org/team`. */
export async function requestReviews(
  pull: Pull,
  owners: readonly string[],
  github: GitHub,
  world: World,
): Promise<void> {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  const [people, teams] = [lower(pull.asked.people), lower(pull.asked.teams)];
  const unasked = [...new Set(owners)].filter((owner) => {
    const [name, team] = owner.toLowerCase().split("/");
    return team === undefined ? name !== pull.author.toLowerCase() && !people.includes(name!) : !teams.includes(team);
  });
  if (unasked.length === 0) return;
  const reviews = await github.all("reading the reviews", (rest, page) =>
    rest.pulls.listReviews({ ...page, pull_number: pull.number }),
  );
  const reviewers = lower(reviews.flatMap(({ user }) => (user ? [user.login] : [])));
  const left = unasked.filter((owner) => !reviewers.includes(owner.toLowerCase()));
  const ask = (some: readonly string[]) =>
    github.ask("asking for reviews", (rest, place) =>
      rest.pulls.requestReviewers({
        ...place,
        pull_number: pull.number,
        reviewers: some.filter((owner) => !owner.includes("/")),
        team_reviewers: some.filter((owner) => owner.includes("/")).map((owner) => owner.slice(owner.indexOf("/") + 1)),
      }),
    );
  if (left.length === 0) return;
  // GitHub refuses the whole request for one login that may not review: request each alone.
  if ((await unlessRefused(world, () => ask(left))) || left.length === 1) return;
  for (const owner of left.slice(0, 5)) await unlessRefused(world, () => ask([owner]));
}

/** Optional work: GitHub's refusal is logged, so that the verdict is still posted. Resolves to whether it succeeded. */
async function unlessRefused(world: World, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!isFailure(error, "refused")) throw error;
    world.log((error as Failure).message);
    return false;
  }
}
