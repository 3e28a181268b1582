/** Files at a ref, read and written over the API. */
import { apiOf, pageOf } from "../answers/addresses.ts";
import { gitCommitAnswer } from "../answers/commits.ts";
import { type Call, found, type Json, type Operations, ok, Refusal } from "../call.ts";
import type { TreeEntry } from "../git.ts";
import { refsMoved } from "../moves.ts";
import { authorOf } from "../state.ts";
import { userOf } from "../tokens.ts";
import { commitNamed } from "./repos.ts";

const inlineLimit = 1024 * 1024;
const rawLimit = 100 * 1024 * 1024;

export const contents: Operations = {
  "GET /repos/{owner}/{repo}/contents/{path}": {
    needs: ["contents:read"],
    async answer(call) {
      const { repo, params, query, accept } = call;
      const path = params.path!.replace(/\/+$/, "");
      const ref = query.ref ?? repo.defaultBranch;
      const commit = await commitNamed(repo, ref);
      if (!commit) throw new Refusal(404, `No commit found for the ref ${ref}`);
      if (path === "") return ok(await folder(call, commit, path, ref));
      let entry = found(await entryAt(call, commit, path));
      if (entry.type === "tree") return ok(await folder(call, commit, path, ref));
      // GitHub follows a link that leads to a file of the same repository, and says nothing about it.
      if (entry.mode === "120000") {
        const target = await repo.git.text(["cat-file", "blob", entry.sha]);
        const aim = await entryAt(call, commit, normal(path, target));
        if (aim?.type !== "blob" || aim.mode === "120000")
          return ok({ ...file(call, entry, path, ref), type: "symlink", target });
        entry = aim;
      }
      if (entry.type === "commit")
        return ok({ ...file(call, entry, path, ref), type: "submodule", submodule_git_url: "" });
      const size = entry.size!;
      if (size > rawLimit) throw new Refusal(403, "This API returns blobs up to 100 MB in size.");
      const bytes = () => repo.git.bytes(["cat-file", "blob", entry.sha]);
      if (/\braw\b/.test(accept))
        return {
          status: 200,
          bytes: await bytes(),
          headers: { "content-type": "application/vnd.github.raw+json; charset=utf-8" },
        };
      const inline = size <= inlineLimit;
      return ok({
        ...file(call, entry, path, ref),
        type: "file",
        encoding: inline ? "base64" : "none",
        content: inline ? inLines((await bytes()).toString("base64")) : "",
      });
    },
  },

  "PUT /repos/{owner}/{repo}/contents/{path}": {
    needs: ["contents:write"],
    async answer(call) {
      const { hub, repo, params, body, caller } = call;
      const path = params.path!;
      const branch = (body.branch as string | undefined) ?? repo.defaultBranch;
      const tip = found(await repo.git.resolve(`refs/heads/${branch}`));
      if (repo.protection.has(branch))
        throw new Refusal(409, "Repository rule violations found\n\nChanges must be made through a pull request.");
      const known = await entryAt(call, tip, path);
      if (known && body.sha === undefined) throw new Refusal(422, `Invalid request.\n\n"sha" wasn't supplied.`);
      if (known && body.sha !== known.sha) throw new Refusal(409, `${path} does not match ${body.sha}`);
      const before = await repo.git.refs();
      const user = userOf(caller);
      const sha = await repo.git.commit({
        branch,
        files: { [path]: Buffer.from(body.content as string, "base64") },
        message: body.message as string,
        author: authorOf(user),
        at: hub.clock.seconds(),
      });
      await refsMoved(hub, repo, before, { user, byWorkflow: caller.token?.kind === "workflow" });
      const entry = (await entryAt(call, sha, path))!;
      const content = { ...file(call, entry, path, branch), type: "file" };
      const commit = gitCommitAnswer(hub, repo, await repo.git.commitAt(sha));
      return { status: known ? 200 : 201, body: { content, commit } };
    },
  },
};

async function entryAt({ repo }: Call, commit: string, path: string): Promise<TreeEntry | undefined> {
  if (path === "" || path.startsWith("../")) return undefined;
  return (await repo.git.list(commit, { path })).find((entry) => entry.path === path);
}

async function folder(call: Call, commit: string, path: string, ref: string): Promise<Json[]> {
  const entries = await call.repo.git.list(path === "" ? commit : `${commit}:${path}`);
  return entries.map((entry) => {
    const type = { blob: "file", tree: "dir", commit: "submodule" }[entry.type];
    const full = path === "" ? entry.path : `${path}/${entry.path}`;
    return { ...file(call, entry, full, ref), type: entry.mode === "120000" ? "symlink" : type };
  });
}

function file({ hub, repo }: Call, entry: TreeEntry, path: string, ref: string): Json {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const url = `${apiOf(hub, repo)}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const html = `${pageOf(hub, repo)}/${entry.type === "tree" ? "tree" : "blob"}/${ref}/${encoded}`;
  const git = `${apiOf(hub, repo)}/git/${entry.type === "tree" ? "trees" : "blobs"}/${entry.sha}`;
  return {
    name: path.split("/").at(-1),
    path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    html_url: html,
    git_url: git,
    download_url: entry.type === "blob" ? `${pageOf(hub, repo)}/raw/${ref}/${encoded}` : null,
    _links: { self: url, git, html },
  };
}

/** Where a link at `path` leads; `../…` where it leads out of the repository. */
function normal(path: string, target: string): string {
  if (target.startsWith("/")) return "../";
  const steps = path.split("/").slice(0, -1);
  for (const step of target.split("/")) {
    if (step === "..") {
      if (steps.pop() === undefined) return "../";
    } else if (step !== "." && step !== "") steps.push(step);
  }
  return steps.join("/");
}

/** GitHub breaks base64 after 60 characters. */
function inLines(base64: string): string {
  return base64.replace(/.{1,60}/g, "$&\n");
}
