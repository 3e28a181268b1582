/** Commits, trees, blobs and refs, one by one: how a program makes a commit without a clone. */
import { apiOf } from "../answers/addresses.ts";
import { gitCommitAnswer, refAnswer } from "../answers/commits.ts";
import { type Call, created, found, noContent, type Operations, ok, Refusal } from "../call.ts";
import { refsMoved } from "../moves.ts";
import { authorOf } from "../state.ts";
import { userOf } from "../tokens.ts";
import { changesNoWorkflow } from "./repos.ts";

export const gitData: Operations = {
  "GET /repos/{owner}/{repo}/git/ref/{ref}": {
    needs: ["contents:read"],
    async answer(call) {
      const ref = `refs/${call.params.ref}`;
      return ok(await refNow(call, ref, found(await call.repo.git.resolve(ref, "object"))));
    },
  },

  "GET /repos/{owner}/{repo}/git/matching-refs/{ref}": {
    needs: ["contents:read"],
    async answer(call) {
      const refs = await call.repo.git.refs(`refs/${call.params.ref}`);
      return ok(await Promise.all([...refs].map(([ref, sha]) => refNow(call, ref, sha))));
    },
  },

  "POST /repos/{owner}/{repo}/git/refs": {
    needs: ["contents:write"],
    async answer(call) {
      const ref = call.body.ref as string;
      const sha = call.body.sha as string;
      if (!/^refs\/[^/]+\/./.test(ref))
        throw new Refusal(422, "Reference name must start with 'refs/' and have at least two slashes.");
      if (ref.startsWith("refs/pull/")) throw new Refusal(422, `Reference update failed`);
      if (await call.repo.git.resolve(ref, "object")) throw new Refusal(422, "Reference already exists");
      await hold(call, sha);
      await changesNoWorkflow(call, sha);
      await change(call, () => call.repo.git.setRef(ref, sha));
      return created(await refNow(call, ref, sha));
    },
  },

  "PATCH /repos/{owner}/{repo}/git/refs/{ref}": {
    needs: ["contents:write"],
    async answer(call) {
      const ref = `refs/${call.params.ref}`;
      const sha = call.body.sha as string;
      const now = await call.repo.git.resolve(ref, "object");
      if (!now) throw new Refusal(422, "Reference does not exist");
      await hold(call, sha);
      if (!call.body.force && !(await call.repo.git.isAncestor(now, sha)))
        throw new Refusal(422, "Update is not a fast forward");
      if (call.repo.protection.has(ref.replace("refs/heads/", ""))) {
        throw new Refusal(422, "Repository rule violations found\n\nChanges must be made through a pull request.");
      }
      await change(call, () => call.repo.git.setRef(ref, sha));
      return ok(await refNow(call, ref, sha));
    },
  },

  "DELETE /repos/{owner}/{repo}/git/refs/{ref}": {
    needs: ["contents:write"],
    async answer(call) {
      const ref = `refs/${call.params.ref}`;
      if (!(await call.repo.git.resolve(ref, "object"))) throw new Refusal(422, "Reference does not exist");
      await change(call, () => call.repo.git.dropRef(ref));
      return noContent;
    },
  },

  "GET /repos/{owner}/{repo}/git/commits/{commit_sha}": {
    needs: ["contents:read"],
    async answer({ hub, repo, params }) {
      const sha = found(await repo.git.resolve(params.commit_sha!));
      return ok(gitCommitAnswer(hub, repo, await repo.git.commitAt(sha)));
    },
  },

  "POST /repos/{owner}/{repo}/git/commits": {
    needs: ["contents:write"],
    async answer(call) {
      const { hub, repo, body, caller } = call;
      const parents = (body.parents as string[] | undefined) ?? [];
      for (const object of [body.tree as string, ...parents]) await hold(call, object);
      const author = (body.author as { name: string; email: string } | undefined) ?? authorOf(userOf(caller));
      const sha = await repo.git.makeCommit({
        tree: body.tree as string,
        parents,
        message: body.message as string,
        author,
        at: hub.clock.seconds(),
      });
      return created(gitCommitAnswer(hub, repo, await repo.git.commitAt(sha)));
    },
  },

  "GET /repos/{owner}/{repo}/git/trees/{tree_sha}": {
    needs: ["contents:read"],
    async answer(call) {
      const sha = found(await call.repo.git.resolve(call.params.tree_sha!, "tree"));
      return ok(await treeNow(call, sha, call.query.recursive !== undefined));
    },
  },

  "POST /repos/{owner}/{repo}/git/trees": {
    needs: ["contents:write"],
    async answer(call) {
      const { repo, body } = call;
      const entries = body.tree as {
        path: string;
        mode: string;
        type: string;
        sha?: string | null;
        content?: string;
      }[];
      const index = { GIT_INDEX_FILE: `${repo.git.folder}/index-${call.hub.nextId()}` };
      if (body.base_tree) {
        const base = body.base_tree as string;
        if ((await repo.git.resolve(base, "tree")) !== base)
          throw new Refusal(422, "base_tree is not a valid tree oid");
        await repo.git.text(["read-tree", base], { env: index });
      }
      const lines: string[] = [];
      for (const { path, mode, sha, content } of entries) {
        const object =
          content === undefined ? sha : await repo.git.text(["hash-object", "-w", "--stdin"], { input: content });
        if (object) await hold(call, object);
        lines.push(object ? `${mode} ${object}\t${path}\0` : `0 ${"0".repeat(40)}\t${path}\0`);
      }
      await repo.git.text(["update-index", "-z", "--index-info"], { env: index, input: lines.join("") });
      return created(await treeNow(call, await repo.git.text(["write-tree"], { env: index }), false));
    },
  },

  "POST /repos/{owner}/{repo}/git/blobs": {
    needs: ["contents:write"],
    async answer({ hub, repo, body }) {
      const content = Buffer.from(body.content as string, body.encoding === "base64" ? "base64" : "utf8");
      const sha = await repo.git.text(["hash-object", "-w", "--stdin"], { input: content });
      return created({ sha, url: `${apiOf(hub, repo)}/git/blobs/${sha}` });
    },
  },

  "POST /repos/{owner}/{repo}/git/tags": {
    needs: ["contents:write"],
    async answer(call) {
      const { hub, repo, body, caller } = call;
      await hold(call, body.object as string);
      const { name, email } = authorOf(userOf(caller));
      const text = `object ${body.object}\ntype ${body.type}\ntag ${body.tag}\ntagger ${name} <${email}> ${hub.clock.seconds()} +0000\n\n${body.message}\n`;
      const sha = await repo.git.text(["mktag"], { input: text });
      return created({
        sha,
        node_id: `T_${sha}`,
        url: `${apiOf(hub, repo)}/git/tags/${sha}`,
        tag: body.tag,
        message: body.message,
        tagger: { name, email, date: hub.clock.now() },
        object: { sha: body.object, type: body.type, url: `${apiOf(hub, repo)}/git/commits/${body.object}` },
      });
    },
  },
};

async function refNow({ hub, repo }: Call, ref: string, sha: string) {
  return refAnswer(hub, repo, ref, sha, await repo.git.text(["cat-file", "-t", sha]));
}

async function treeNow({ hub, repo }: Call, sha: string, recursive: boolean) {
  const entries = await repo.git.list(sha, { recursive });
  const url = (kind: string, id: string) => `${apiOf(hub, repo)}/git/${kind}s/${id}`;
  const tree = entries.map((entry) => ({ ...entry, url: url(entry.type, entry.sha) }));
  return { sha, url: url("tree", sha), tree, truncated: false };
}

/** @throws Refusal unless the repository has this object. */
async function hold({ repo }: Call, object: string): Promise<void> {
  const known = /^[0-9a-f]{40}$/.test(object) && (await repo.git.resolve(object, "object"));
  if (!known) throw new Refusal(422, "Object does not exist");
}

async function change({ hub, repo, caller }: Call, work: () => Promise<void>): Promise<void> {
  const before = await repo.git.refs();
  await work();
  await refsMoved(hub, repo, before, { user: userOf(caller), byWorkflow: caller.token?.kind === "workflow" });
}
