/** Releases and the files that hang on them. */
import { assetAnswer, releaseAnswer } from "../answers/releases.ts";
import { atMost, type Call, created, found, noContent, type Operations, ok, page, Refusal } from "../call.ts";
import { happened } from "../events.ts";
import { refsMoved } from "../moves.ts";
import type { Asset, Release, Repo } from "../state.ts";
import { mayWrite, userOf } from "../tokens.ts";
import { changesNoWorkflow, commitNamed } from "./repos.ts";

const bodyLimit = 125_000;

export const releases: Operations = {
  "GET /repos/{owner}/{repo}/releases": {
    needs: ["contents:read"],
    answer(call) {
      const shown = [...call.repo.releases.values()].filter((one) => !one.draft || mayWrite(call.caller, call.repo));
      return page(
        call,
        shown.reverse().map((one) => releaseAnswer(call.hub, call.repo, one)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/releases": {
    needs: ["contents:write"],
    async answer(call) {
      const { hub, repo, body, caller } = call;
      const tag = String(body.tag_name);
      const target = (body.target_commitish as string | undefined) ?? repo.defaultBranch;
      atMost(bodyLimit, body.body, "Release", "body");
      if (byTag(repo, tag))
        throw new Refusal(422, "Validation Failed", {
          errors: [{ resource: "Release", code: "already_exists", field: "tag_name" }],
        });
      if (!(await repo.git.resolve(`refs/tags/${tag}`))) await changesNoWorkflow(call, target);
      const now = hub.clock.now();
      const draft = body.draft === true;
      const release: Release = {
        id: hub.nextId(),
        author: userOf(caller),
        tag,
        target,
        name: (body.name as string | undefined) ?? null,
        body: (body.body as string | undefined) ?? null,
        draft,
        prerelease: body.prerelease === true,
        createdAt: now,
        publishedAt: draft ? null : now,
        assets: new Map(),
      };
      if (!draft) await publish(call, release);
      repo.releases.set(release.id, release);
      return created(releaseAnswer(hub, repo, release));
    },
  },

  "GET /repos/{owner}/{repo}/releases/{release_id}": {
    needs: ["contents:read"],
    answer: (call) => ok(releaseAnswer(call.hub, call.repo, releaseOf(call))),
  },

  "PATCH /repos/{owner}/{repo}/releases/{release_id}": {
    needs: ["contents:write"],
    async answer(call) {
      const { hub, repo, body } = call;
      const release = releaseOf(call);
      atMost(bodyLimit, body.body, "Release", "body");
      if (typeof body.tag_name === "string") release.tag = body.tag_name;
      if (typeof body.target_commitish === "string") release.target = body.target_commitish;
      if (typeof body.name === "string") release.name = body.name;
      if (typeof body.body === "string") release.body = body.body;
      if (typeof body.prerelease === "boolean") release.prerelease = body.prerelease;
      if (body.draft === false && release.draft) {
        await publish(call, release);
        release.draft = false;
        release.publishedAt = hub.clock.now();
      }
      return ok(releaseAnswer(hub, repo, release));
    },
  },

  "GET /repos/{owner}/{repo}/releases/latest": {
    needs: ["contents:read"],
    answer({ hub, repo }) {
      const full = [...repo.releases.values()].filter(({ draft, prerelease }) => !draft && !prerelease);
      return ok(releaseAnswer(hub, repo, found(full.at(-1))));
    },
  },

  "GET /repos/{owner}/{repo}/releases/tags/{tag}": {
    needs: ["contents:read"],
    answer: ({ hub, repo, params }) => ok(releaseAnswer(hub, repo, found(byTag(repo, params.tag!)))),
  },

  "POST /repos/{owner}/{repo}/releases/generate-notes": {
    needs: ["contents:write"],
    answer: ({ body }) => ok({ name: String(body.tag_name), body: `**Full Changelog**: ${body.tag_name}` }),
  },

  "GET /repos/{owner}/{repo}/releases/{release_id}/assets": {
    needs: ["contents:read"],
    answer(call) {
      const release = releaseOf(call);
      return page(
        call,
        [...release.assets.values()].map((asset) => assetAnswer(call.hub, call.repo, release, asset)),
      );
    },
  },

  "POST /repos/{owner}/{repo}/releases/{release_id}/assets": {
    needs: ["contents:write"],
    answer(call) {
      const { hub, repo, query, bytes, contentType, caller } = call;
      const release = releaseOf(call);
      const name = query.name!;
      const twin = [...release.assets.values()].some((asset) => asset.name === name);
      if (twin)
        throw new Refusal(422, "Validation Failed", {
          errors: [{ resource: "ReleaseAsset", code: "already_exists", field: "name" }],
        });
      if (bytes.length === 0) throw new Refusal(400, "Bad Content-Length: 0");
      const asset: Asset = {
        id: hub.nextId(),
        name,
        label: query.label ?? null,
        contentType,
        bytes,
        uploader: userOf(caller),
        createdAt: hub.clock.now(),
      };
      release.assets.set(asset.id, asset);
      return created(assetAnswer(hub, repo, release, asset));
    },
  },

  "GET /repos/{owner}/{repo}/releases/assets/{asset_id}": {
    needs: ["contents:read"],
    answer(call) {
      const { release, asset } = assetOf(call);
      if (!call.accept.includes("octet-stream")) return ok(assetAnswer(call.hub, call.repo, release, asset));
      return { status: 200, bytes: asset.bytes, headers: { "content-type": "application/octet-stream" } };
    },
  },

  "PATCH /repos/{owner}/{repo}/releases/assets/{asset_id}": {
    needs: ["contents:write"],
    answer(call) {
      const { release, asset } = assetOf(call);
      if (typeof call.body.name === "string") asset.name = call.body.name;
      if (typeof call.body.label === "string") asset.label = call.body.label;
      return ok(assetAnswer(call.hub, call.repo, release, asset));
    },
  },

  "DELETE /repos/{owner}/{repo}/releases/assets/{asset_id}": {
    needs: ["contents:write"],
    answer(call) {
      const { release, asset } = assetOf(call);
      release.assets.delete(asset.id);
      return noContent;
    },
  },
};

const releaseOf = ({ repo, params }: Call): Release => found(repo.releases.get(Number(params.release_id)));

const byTag = (repo: Repo, tag: string): Release | undefined =>
  [...repo.releases.values()].find((release) => release.tag === tag && !release.draft);

function assetOf({ repo, params }: Call): { release: Release; asset: Asset } {
  const id = Number(params.asset_id);
  const release = found([...repo.releases.values()].find(({ assets }) => assets.has(id)));
  return { release, asset: release.assets.get(id)! };
}

/** A release that is out has its tag; GitHub makes it where it isn't there. */
async function publish({ hub, repo, caller }: Call, release: Release): Promise<void> {
  const user = userOf(caller);
  const byWorkflow = caller.token?.kind === "workflow";
  if (!(await repo.git.resolve(`refs/tags/${release.tag}`))) {
    const sha = await commitNamed(repo, release.target);
    if (!sha)
      throw new Refusal(422, "Validation Failed", {
        errors: [{ resource: "Release", code: "invalid", field: "target_commitish" }],
      });
    const before = await repo.git.refs();
    await repo.git.setRef(`refs/tags/${release.tag}`, sha);
    await refsMoved(hub, repo, before, { user, byWorkflow });
  }
  const payload = { action: "published", release: releaseAnswer(hub, repo, release) };
  happened(hub, { name: "release", repo, payload, startsWorkflows: !byWorkflow });
}
