/**
 * What GitHub is told once a release is live: a GitHub Release with what proves it, a deployment with its address, a line
 * below each pull request that is in it.
 *
 * The release log is the truth and none of this is asked for it again. Each part is looked for before it is made, so that
 * a run that was stopped anywhere is finished by the next, with nothing said twice.
 */
import { Failure, isFailure } from "../core/failure.ts";
import { countsOf } from "../core/report.ts";
import type { World } from "../core/world.ts";
import type { GitHub, Rest } from "./client.ts";
import { tell } from "./comment.ts";
import { addressOf, liveNote, markOf, notesOf, type Places, type Recorded, titleOf } from "./notes.ts";
import { once } from "./once.ts";

export interface RecordOptions extends Places {
  /** The commit of the default branch that was published. */
  readonly sha: string;
  /** Of the deployment: `production`. */
  readonly environment: string;
  /** Page of the run that does this, where there is one. */
  readonly run?: string;
  /** What hangs on the release. Made when it is needed. */
  readonly assets: readonly Asset[];
}

export interface Asset {
  readonly name: string;
  readonly type: string;
  readonly bytes: () => Promise<Uint8Array>;
}

export interface Record {
  /** Page of the GitHub Release. */
  readonly page: string;
  readonly deployment: number;
  /** Numbers of the pull requests that were told, now or before. */
  readonly told: readonly number[];
}

export async function record(release: Recorded, options: RecordOptions, github: GitHub, world: World): Promise<Record> {
  const page = await releasePage(release, options, github, world);
  const deployment = await deployed(release, options, github, world);
  // What is live again was told where it came from; what is no longer live is in the notes.
  const pulls = release.rollbackOf === undefined ? await pullsIn(release, options.sha, github, world) : [];
  for (const number of pulls) {
    const body = liveNote(release, page, options);
    await tell(number, { kind: "live", state: `release ${release.number}`, body }, github);
  }
  return { page, deployment, told: pulls };
}

type Release = Awaited<ReturnType<Rest["repos"]["getRelease"]>>["data"];

/** Releases looked through for a draft that a stopped run left. */
const mostReleases = 300;

/** A draft first, which nobody is told of, and public once everything hangs on it: releases may be set to be immutable. */
async function releasePage(release: Recorded, options: RecordOptions, github: GitHub, world: World): Promise<string> {
  const tag = tagOf(release.number);
  const known = await once(
    {
      find: async () =>
        (await github.find("reading the release", (rest, place) => rest.repos.getReleaseByTag({ ...place, tag }))) ??
        (
          await github.all<Release>("listing releases", (rest, at) => rest.repos.listReleases({ ...at }), mostReleases)
        ).find(({ tag_name, draft }) => tag_name === tag && draft),
      make: () =>
        github
          .ask("drafting the release", (rest, place) =>
            rest.repos.createRelease({
              ...place,
              tag_name: tag,
              target_commitish: options.sha,
              name: titleOf(release),
              body: notesOf(release, options),
              draft: true,
            }),
          )
          .catch((error: unknown) => {
            throw isFailure(error, "refused") ? notDrafted(error, tag, options.sha) : error;
          }),
    },
    world,
  );
  if (!known.body?.startsWith(markOf(release))) {
    throw new Failure("conflict", `${known.html_url} is not of release ${release.head}`, {
      hint: `who made it? Remove it and the tag ${tag}, and run this again`,
    });
  }
  for (const asset of options.assets) await attached(asset, known, github, world);
  if (!known.draft) return known.html_url;
  const published = await github.ask("publishing the release", (rest, place) =>
    rest.repos.updateRelease({ ...place, release_id: known.id, tag_name: tag, draft: false, make_latest: "true" }),
  );
  return published.html_url;
}

/** A job's own token may never tag a commit whose workflows are not those of the default branch; a person's may. */
function notDrafted(refused: Failure, tag: string, sha: string): Failure {
  const tagging = `git push origin ${sha}:refs/tags/${tag}`;
  return new Failure("refused", refused.message, {
    hint: `where workflows have changed since ${sha.slice(0, 7)}, somebody has to tag it: ${tagging}, then run this job again; else, ${refused.hint ?? "check the token"}`,
    cause: refused,
  });
}

const tagOf = (number: number): string => `release/${number}`;

async function attached({ name, type, bytes }: Asset, release: Release, github: GitHub, world: World): Promise<void> {
  const find = async () => {
    const all = await github.all(`listing the files of ${release.tag_name}`, (rest, at) =>
      rest.repos.listReleaseAssets({ ...at, release_id: release.id }),
    );
    const known = all.find((asset) => asset.name === name);
    if (!known || known.state === "uploaded") return known;
    // Of an upload that broke off, which takes the name.
    await github.ask(`removing half of ${name}`, (rest, place) =>
      rest.repos.deleteReleaseAsset({ ...place, asset_id: known.id }),
    );
    return undefined;
  };
  const make = async () => {
    const data = await bytes();
    return github.ask(`attaching ${name}`, (rest, place) =>
      rest.repos.uploadReleaseAsset({
        ...place,
        release_id: release.id,
        url: release.upload_url,
        name,
        // Typed as text, sent as it is.
        data: data as unknown as string,
        headers: { "content-type": type, "content-length": data.length },
      }),
    );
  };
  await once({ find, make }, world);
}

/** Characters that a deployment's description has. */
const longestDescription = 140;

async function deployed(release: Recorded, options: RecordOptions, github: GitHub, world: World): Promise<number> {
  const { sha, environment, run } = options;
  const { head, number, root, portal, changes } = release;
  const { id } = await once<{ readonly id: number }>(
    {
      find: async () => {
        const all = await github.all("listing deployments", (rest, at) =>
          rest.repos.listDeployments({ ...at, sha, environment }),
        );
        return all.find(({ payload }) => headIn(payload) === head);
      },
      make: async () => {
        const made = await github.ask<{ readonly id?: number; readonly message?: string }>(
          "making the deployment",
          (rest, place) =>
            rest.repos.createDeployment({
              ...place,
              ref: sha,
              environment,
              description: `release ${number}: ${countsOf({ changes })}`.slice(0, longestDescription),
              payload: { release: number, head, root, portal },
              auto_merge: false,
              // It is live already, whatever checks say by now.
              required_contexts: [],
              production_environment: true,
            }),
        );
        // 202 says that GitHub merged instead, which it was told not to.
        if (made.id !== undefined) return { id: made.id };
        throw new Failure("refused", `GitHub made no deployment of ${sha}: ${made.message ?? "it does not say why"}`);
      },
    },
    world,
  );
  const of = { deployment_id: id };
  const address = addressOf(portal, options);
  await once(
    {
      find: async () => {
        const all = await github.all("reading the deployment", (rest, at) =>
          rest.repos.listDeploymentStatuses({ ...at, ...of }),
        );
        return all.find(({ state }) => state === "success" || state === "inactive");
      },
      make: () =>
        github.ask("saying that it is live", (rest, place) =>
          rest.repos.createDeploymentStatus({
            ...place,
            ...of,
            state: "success",
            description: `release ${number} is live`,
            ...(address !== undefined && { environment_url: address }),
            ...(run !== undefined && { log_url: run }),
          }),
        ),
    },
    world,
  );
  return id;
}

/** Text or a value, depending on how it was sent. */
function headIn(payload: unknown): unknown {
  try {
    const value = typeof payload === "string" ? (JSON.parse(payload) as unknown) : payload;
    return (value as { readonly head?: unknown } | null)?.head;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Commits looked at, and merges among them that are looked up: the token of a job has 1 000 calls an hour. */
const mostCommits = 2000;
const mostMerges = 250;
const treeFiles = new Set(["tree.yaml", "campaign.yaml"]);

/** Merged pull requests that came in since the release recorded before, and changed what is published. */
async function pullsIn({ number }: Recorded, sha: string, github: GitHub, world: World): Promise<readonly number[]> {
  const found = new Set<number>();
  const merges = mainline(sha, await commitsSince(number, sha, github));
  if (merges.length > mostMerges)
    world.log(`${merges.length} merges since the last release: the newest ${mostMerges} are told`);
  for (const commit of merges.slice(0, mostMerges)) {
    const pulls = await github.all("finding the commit's pull request", (rest, at) =>
      rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha: commit }),
    );
    for (const { number, merged_at, base } of pulls) {
      // One that went to another branch, or is still open, is not live by this.
      if (merged_at && base.ref === base.repo.default_branch) found.add(number);
    }
  }
  const concerned: number[] = [];
  for (const number of [...found].sort((a, b) => a - b)) {
    const files = await github.all("listing the pull request's files", (rest, at) =>
      rest.pulls.listFiles({ ...at, pull_number: number }),
    );
    if (files.some(({ filename }) => treeFiles.has(filename))) concerned.push(number);
  }
  return concerned;
}

interface Commit {
  readonly sha: string;
  readonly parents: readonly { readonly sha?: string }[];
}

async function commitsSince(number: number, sha: string, github: GitHub): Promise<readonly Commit[]> {
  // All at once: this list has no pages.
  const tags = await github.ask("listing the tags of releases", (rest, place) =>
    rest.git.listMatchingRefs({ ...place, ref: "tags/release/" }),
  );
  const before = tags
    .map(({ ref, object }) => ({ number: Number(/^refs\/tags\/release\/(\d{1,9})$/.exec(ref)?.[1]), sha: object.sha }))
    .filter((tag) => tag.number < number)
    .sort((a, b) => b.number - a.number)[0];
  if (!before) {
    return github.ask("listing commits", (rest, place) => rest.repos.listCommits({ ...place, sha, per_page: 100 }));
  }
  const basehead = `${before.sha}...${sha}`;
  return github.all<Commit>(
    "comparing with the release before",
    async (rest, at) => {
      const { data, headers } = await rest.repos.compareCommitsWithBasehead({ ...at, basehead });
      return { data: data.commits, headers };
    },
    mostCommits,
  );
}

/** `sha` and its first parents, as far as they are in `commits`: what was merged, without what it was made of. */
function mainline(sha: string, commits: readonly Commit[]): string[] {
  const known = new Map(commits.map((commit) => [commit.sha, commit]));
  const line: string[] = [];
  for (let at = known.get(sha); at; at = known.get(at.parents[0]?.sha ?? "")) line.push(at.sha);
  return line;
}
