/**
 * Fetch and push over HTTP, by git's own `http-backend`, as the repository's people see it.
 *
 * @see https://git-scm.com/docs/git-http-backend
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import type { Repo } from "./state.ts";

export interface GitRequest {
  readonly repo: Repo;
  /** What comes after the repository: `info/refs`, `git-upload-pack`, `git-receive-pack`. */
  readonly path: string;
  readonly query: string;
  /** Who pushes; `undefined` for whoever only reads. */
  readonly login: string | undefined;
}

/** An answer of git's, whole, not yet sent: so that what a push changed can be taken in before anyone hears of it. */
export interface GitAnswer {
  send(response: ServerResponse): void;
}

export async function askGit(request: IncomingMessage, { repo, path, query, login }: GitRequest): Promise<GitAnswer> {
  const { folder } = repo.git;
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_PROJECT_ROOT: dirname(folder),
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REQUEST_METHOD: request.method!,
      PATH_INFO: `/${folder.slice(dirname(folder).length + 1)}/${path}`,
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      REMOTE_ADDR: "127.0.0.1",
      ...(login !== undefined && { REMOTE_USER: login }),
      BOX_PROTECTED: [...repo.protection.keys()].map((branch) => `refs/heads/${branch}`).join("\n"),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  // It need not read all of what it is sent.
  child.stdin.on("error", () => {});
  const body = request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request;
  body.pipe(child.stdin);
  const ended = once(child, "close");
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part);
  await ended;
  const said = Buffer.concat(parts);
  const end = said.indexOf("\r\n\r\n");
  const lines = said.toString("latin1", 0, end).split("\r\n");
  const headers = lines.map(
    (line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()] as const,
  );
  return {
    send(response) {
      const status = headers.find(([name]) => name.toLowerCase() === "status");
      for (const [name, value] of headers) if (name && name.toLowerCase() !== "status") response.setHeader(name, value);
      response.writeHead(status ? Number.parseInt(status[1], 10) : 200).end(said.subarray(end + 4));
    },
  };
}

/** Let a protected branch refuse a push in GitHub's words. */
export async function installHook(folder: string): Promise<void> {
  const hook = join(folder, "hooks", "pre-receive");
  await mkdir(dirname(hook), { recursive: true });
  await writeFile(hook, refusing, { mode: 0o755 });
}

const refusing = `#!/bin/sh
while read -r before after ref; do
  if printf '%s\\n' "$BOX_PROTECTED" | grep -qxF "$ref"; then
    echo "error: GH006: Protected branch update failed for $ref." >&2
    echo "error: Changes must be made through a pull request." >&2
    exit 1
  fi
done
`;
