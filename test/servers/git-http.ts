/**
 * Bare git repositories over HTTP, as hosts serve them: `git http-backend` behind a small server, with faults on demand.
 *
 * ```ts
 * const host = await startGitHost({ user: "x-access-token", password: "secret" });
 * const address = await host.repository("org/campaign.git");
 * host.next("lost after"); // the next push takes effect, and its answer never arrives
 * await host.stop();
 * ```
 *
 * @see https://git-scm.com/docs/git-http-backend
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { execa } from "execa";
import { closed, listening } from "./loopback.ts";

/**
 * What befalls a push: it is lost `before` it took effect, or `after`; or nothing is answered until {@link GitHost.goOn}.
 * A status befalls a request of any kind.
 */
export type GitFault = "lost before" | "lost after" | "slow" | 401 | 403 | 429 | 500;

export interface GitHost {
  /** `http://127.0.0.1:PORT`, without credentials. */
  readonly address: string;
  /** Folder in which the repositories lie: `git -C` there looks behind the scenes. */
  readonly folder: string;
  /** One line a request that came: `GET /org/campaign.git/info/refs?service=git-upload-pack`. */
  readonly requests: string[];
  /** Bytes answered so far. */
  readonly answered: () => number;
  /** A new empty repository; resolves to its address. */
  repository(path: string): Promise<string>;
  /** What befalls those requests that come next and to which it can, one after another. */
  next(...faults: readonly GitFault[]): void;
  /** Resolves when something that is slow has taken effect, and waits to be answered. */
  held(): Promise<void>;
  /** Let what is slow go on. */
  goOn(): void;
  stop(): Promise<void>;
}

export interface GitHostOptions {
  /** Asked of everybody where given, by basic authentication. */
  readonly user?: string;
  readonly password?: string;
}

export async function startGitHost({ user, password }: GitHostOptions = {}): Promise<GitHost> {
  const folder = await mkdtemp(join(tmpdir(), "fieldtree-git-"));
  const expected = user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const requests: string[] = [];
  let answered = 0;
  let faults: GitFault[] = [];
  let waiting: (() => void)[] = [];
  let holding = Promise.withResolvers<void>();

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`);
    // A kept connection that ends early is tried again by curl, and a fault would befall nobody.
    response.shouldKeepAlive = false;
    if (expected !== undefined && request.headers.authorization?.replace(/^basic/i, "Basic") !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("who are you?");
      return;
    }
    const pushing = request.method === "POST" && request.url!.endsWith("/git-receive-pack");
    const befalls = pushing || typeof faults[0] === "number" ? faults.shift() : undefined;
    if (typeof befalls === "number") {
      const more = befalls === 401 ? { "www-authenticate": 'Basic realm="git"' } : {};
      response.writeHead(befalls, more).end("no");
      return;
    }
    if (befalls === "lost before") return void request.socket.destroy();
    const bytes = await backend(request, folder);
    if (befalls === "lost after") return void request.socket.destroy();
    if (befalls === "slow") {
      holding.resolve();
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    answered += bytes.length;
    send(response, bytes);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  const address = await listening(server);
  const goOn = () => {
    for (const go of waiting) go();
    waiting = [];
    holding = Promise.withResolvers();
  };

  return {
    address,
    folder,
    requests,
    answered: () => answered,
    async repository(path) {
      const bare = join(folder, path);
      await mkdir(bare, { recursive: true });
      await execa("git", ["init", "--quiet", "--bare", bare]);
      for (const [key, value] of [
        ["http.receivepack", "true"],
        ["uploadpack.allowFilter", "true"],
        ["uploadpack.allowAnySHA1InWant", "true"],
      ]) {
        await execa("git", ["-C", bare, "config", key!, value!]);
      }
      return `${address}/${path}`;
    },
    next: (...given) => {
      faults = [...given];
    },
    held: () => holding.promise,
    goOn,
    async stop() {
      goOn();
      await closed(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What `git http-backend` answers: CGI, a head and a body. */
async function backend(request: IncomingMessage, folder: string): Promise<Buffer> {
  const { pathname, search } = new URL(request.url!, "http://localhost");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REQUEST_METHOD: request.method!,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      REMOTE_USER: "somebody",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.on("error", () => {}); // It need not read all of what it is sent.
  const body = request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request;
  body.pipe(child.stdin);
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part);
  return Buffer.concat(parts);
}

function send(response: ServerResponse, cgi: Buffer): void {
  const end = cgi.indexOf("\r\n\r\n");
  let status = 200;
  for (const line of cgi.toString("latin1", 0, end).split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else if (colon > 0) response.setHeader(name, value);
  }
  response.writeHead(status).end(cgi.subarray(end + 4));
}
