/**
 * Records a live release on GitHub: a GitHub Release with its proof, a deployment with its address, a comment on each pull
 * request that it contains.
 *
 * The release log is the authority: nothing is read back from GitHub into it. Each part is created only if it is absent, so
 * that the next run finishes an interrupted one, and nothing is posted twice.
 */
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { postComment } from "../report/comment.ts";
import type { GitHub, Rest } from "../run/client.ts";
import { createIfAbsent } from "../run/create-if-absent.ts";
import { type LiveOptions, recordDeployment } from "./deployment.ts";
import { mergedPulls } from "./merged-pulls.ts";
import { liveNote, markOf, notesOf, type ReleaseFacts, type ReleaseLinks, titleOf } from "./notes.ts";

export interface RecordOptions extends ReleaseLinks, LiveOptions {
  /** Files attached to the release. Computed only when needed. */
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
  /** Numbers of the pull requests with the comment, from this run or an earlier one. */
  readonly told: readonly number[];
}

export async function record(
  release: ReleaseFacts,
  options: RecordOptions,
  github: GitHub,
  world: World,
): Promise<Record> {
  const page = await releasePage(release, options, github, world);
  const deployment = await recordDeployment(release, options, github, world);
  // A rollback contains no new pull requests; its notes list what is no longer live.
  const pulls = release.rollbackOf === undefined ? await mergedPulls(release, options.sha, github, world) : [];
  for (const number of pulls) {
    const body = liveNote(release, page, options);
    await postComment(number, { kind: "live", state: `release ${release.number}`, body }, github);
  }
  return { page, deployment, told: pulls };
}

type Release = Awaited<ReturnType<Rest["repos"]["getRelease"]>>["data"];

/** Most releases searched for a draft that an interrupted run left. */
const mostReleases = 300;

/** Creates a draft, which notifies no subscriber, and publishes it with all assets: published releases may be immutable. */
async function releasePage(
  release: ReleaseFacts,
  options: RecordOptions,
  github: GitHub,
  world: World,
): Promise<string> {
  const tag = tagOf(release.number);
  const known = await createIfAbsent(
    {
      find: async () =>
        (await github.find("reading the release", (rest, place) => rest.repos.getReleaseByTag({ ...place, tag }))) ??
        (
          await github.all<Release>("listing releases", (rest, at) => rest.repos.listReleases({ ...at }), mostReleases)
        ).find(({ tag_name, draft }) => tag_name === tag && draft),
      create: () =>
        tagging(tag, options.sha, () =>
          github.ask("drafting the release", (rest, place) =>
            rest.repos.createRelease({
              ...place,
              tag_name: tag,
              target_commitish: options.sha,
              name: titleOf(release),
              body: notesOf(release, options),
              draft: true,
            }),
          ),
        ),
    },
    world,
  );
  if (!known.body?.startsWith(markOf(release))) {
    throw new Failure("conflict", `${known.html_url} is not of release ${release.head}`, {
      hint: `who created it? Remove it and the tag ${tag}, and run this again`,
    });
  }
  for (const asset of options.assets) await attached(asset, known, github, world);
  if (!known.draft) return known.html_url;
  const published = await tagging(tag, options.sha, () =>
    github.ask("publishing the release", (rest, place) =>
      rest.repos.updateRelease({ ...place, release_id: known.id, tag_name: tag, draft: false, make_latest: "true" }),
    ),
  );
  return published.html_url;
}

/**
 * A job's token may not tag a commit whose workflows differ from those on the default branch now; a person's token may.
 *
 * @see https://docs.github.com/rest/releases/releases#create-a-release
 */
async function tagging<T>(tag: string, sha: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFailure(error, "refused")) throw error;
    const byHand = `git push origin ${sha}:refs/tags/${tag}`;
    const hint = `where workflows have changed since ${sha.slice(0, 7)}, a person has to tag it: ${byHand}, then run this job again`;
    throw new Failure("refused", error.message, {
      hint: [hint, error.hint].filter(Boolean).join("; else, "),
      cause: error,
    });
  }
}

const tagOf = (number: number): string => `release/${number}`;

async function attached({ name, type, bytes }: Asset, release: Release, github: GitHub, world: World): Promise<void> {
  const find = async () => {
    const all = await github.all(`listing the files of ${release.tag_name}`, (rest, at) =>
      rest.repos.listReleaseAssets({ ...at, release_id: release.id }),
    );
    const known = all.find((asset) => asset.name === name);
    if (!known || known.state === "uploaded") return known;
    // An asset of an interrupted upload must be deleted, because it occupies the name.
    await github.ask(`removing half of ${name}`, (rest, place) =>
      rest.repos.deleteReleaseAsset({ ...place, asset_id: known.id }),
    );
    return undefined;
  };
  const create = async () => {
    const data = await bytes();
    return github.ask(`attaching ${name}`, (rest, place) =>
      rest.repos.uploadReleaseAsset({
        ...place,
        release_id: release.id,
        url: release.upload_url,
        name,
        // Octokit types it as text, and sends bytes unchanged.
        data: data as unknown as string,
        headers: { "content-type": type, "content-length": data.length },
      }),
    );
  };
  await createIfAbsent({ find, create }, world);
}
