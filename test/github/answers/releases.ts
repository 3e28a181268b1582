/** Releases and the files that are attached to them. */
import type { Json } from "../call.ts";
import { type Asset, fullName, type Hub, type Release, type Repo } from "../state.ts";
import { apiOf, nodeId, pageOf } from "./addresses.ts";
import { userAnswer } from "./people.ts";

export function releaseAnswer(hub: Hub, repo: Repo, release: Release): Json {
  const url = `${apiOf(hub, repo)}/releases/${release.id}`;
  return {
    id: release.id,
    node_id: nodeId("RE", release.id),
    url,
    html_url: `${pageOf(hub, repo)}/releases/tag/${release.tag}`,
    assets_url: `${url}/assets`,
    upload_url: `${hub.origin}/api/uploads/repos/${fullName(repo)}/releases/${release.id}/assets{?name,label}`,
    tarball_url: `${apiOf(hub, repo)}/tarball/${release.tag}`,
    zipball_url: `${apiOf(hub, repo)}/zipball/${release.tag}`,
    tag_name: release.tag,
    target_commitish: release.target,
    name: release.name,
    body: release.body,
    draft: release.draft,
    prerelease: release.prerelease,
    immutable: false,
    created_at: release.createdAt,
    published_at: release.publishedAt,
    author: userAnswer(hub, release.author),
    assets: [...release.assets.values()].map((asset) => assetAnswer(hub, repo, release, asset)),
  };
}

export function assetAnswer(hub: Hub, repo: Repo, release: Release, asset: Asset): Json {
  return {
    id: asset.id,
    node_id: nodeId("RA", asset.id),
    url: `${apiOf(hub, repo)}/releases/assets/${asset.id}`,
    browser_download_url: `${pageOf(hub, repo)}/releases/download/${release.tag}/${encodeURIComponent(asset.name)}`,
    name: asset.name,
    label: asset.label,
    state: "uploaded",
    content_type: asset.contentType,
    size: asset.bytes.length,
    digest: null,
    download_count: 0,
    created_at: asset.createdAt,
    updated_at: asset.createdAt,
    uploader: userAnswer(hub, asset.uploader),
  };
}
