/**
 * The box's front door: REST, GraphQL, git and downloads at one loopback address, laid out as a GitHub Enterprise Server is.
 *
 * Every request is judged by GitHub's description before it is acted on, and every answer before it is sent. An answer
 * that GitHub would not give is a defect of the box: it becomes a 500 and is remembered, so that no test can pass on it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { closed, listening } from "../servers/loopback.ts";
import { type Answer, type Call, type Json, notFound, type Operation, Refusal } from "./call.ts";
import { askGit } from "./git-http.ts";
import { answerGraphql } from "./graphql.ts";
import { refsMoved } from "./moves.ts";
import type { Description } from "./openapi.ts";
import { operations } from "./operations/all.ts";
import { fullName, type Hub, type Repo } from "./state.ts";
import { authorize, type Caller, mayWrite } from "./tokens.ts";
import type { Trouble } from "./trouble.ts";

export interface FrontDoor {
  readonly origin: string;
  /** Answers of ours that GitHub would never give. */
  readonly defects: readonly string[];
  close(): Promise<void>;
}

/** Open a free port of the loopback and answer there for the hub, once it knows where it is. */
export async function openDoor(
  makeHub: (origin: string) => Hub,
  description: Description | undefined,
): Promise<{ door: FrontDoor; hub: Hub }> {
  const server = createServer();
  const origin = await listening(server);
  const hub = makeHub(origin);
  const defects: string[] = [];
  const box: Box = { hub, description, defects };
  server.on("request", (request, response) => {
    receive(box, request, response).catch((error: Error) => {
      defects.push(`${request.method} ${request.url}: ${error.stack}`);
      response.writeHead(500).end();
    });
  });
  return { hub, door: { origin, defects, close: () => closed(server) } };
}

interface Box {
  readonly hub: Hub;
  readonly description: Description | undefined;
  readonly defects: string[];
}

/** What a request turned out to be, for the journal and for whoever planned something at it. */
interface Exchange {
  readonly face: "git" | "graphql" | "rest";
  readonly route: string;
  readonly caller: Caller;
  readonly bytes: number;
  /** Do it; what comes back is sent afterwards. */
  act(): Promise<Answer | { send(response: ServerResponse): void }>;
}

async function receive(box: Box, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { hub } = box;
  const url = new URL(request.url!, hub.origin);
  const method = request.method!;
  const caller = callerOf(hub, request);
  if (caller === "unknown") return send(response, new Refusal(401, "Bad credentials").answer);
  const exchange = await exchangeFor(box, request, url, caller);
  if (!exchange) return send(response, url.pathname.startsWith("/_blobs/") ? blob(hub, url) : notFound().answer);
  const { face, route, bytes } = exchange;
  const { token } = caller;
  const note = (status: number) =>
    hub.journal.write({
      face,
      method,
      path: url.pathname,
      route,
      by: token?.user.login,
      token: token?.kind ?? "none",
      status,
      bytes,
    });
  const before = await hub.happenings.due(route, "before");
  if (before) return befall(before, request, response, note);
  if (method !== "GET") hub.clock.advance({ seconds: 1 });
  const answer = await exchange.act();
  const after = await hub.happenings.due(route, "after");
  if (after) return befall(after, request, response, note);
  if ("send" in answer) {
    note(200);
    return answer.send(response);
  }
  note(answer.status);
  send(response, answer);
}

async function exchangeFor(
  box: Box,
  request: IncomingMessage,
  url: URL,
  caller: Caller,
): Promise<Exchange | undefined> {
  const { pathname } = url;
  const git = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(pathname);
  if (git) return gitExchange(box, request, url, caller, git as unknown as [string, string, string, string]);
  if (pathname === "/api/graphql") return await graphqlExchange(box, request, caller);
  const path = /^\/api\/(?:v3|uploads)(\/.*)$/.exec(pathname)?.[1];
  return path === undefined ? undefined : await restExchange(box, request, url, caller, path);
}

async function restExchange(
  { hub, description, defects }: Box,
  request: IncomingMessage,
  url: URL,
  caller: Caller,
  path: string,
): Promise<Exchange> {
  const bytes = await bodyOf(request);
  const method = request.method!;
  const moved = redirected(hub, method, path, url);
  const match = matchRoute(method, byName(hub, path));
  const query = Object.fromEntries(url.searchParams);
  const act = async (): Promise<Answer> => {
    if (moved) return moved;
    if (!match) throw notFound();
    const { route, operation, params } = match;
    const repo = params.owner === undefined ? undefined : hub.repos.get(`${params.owner}/${params.repo}`.toLowerCase());
    if (params.owner !== undefined && !repo) throw notFound();
    if (repo) authorize(caller, repo, method, operation);
    // A file to keep is not read, whatever it says it is.
    const body = url.pathname.startsWith("/api/uploads/") ? undefined : jsonOf(request, bytes);
    const described = description?.knows(route) ? description : undefined;
    const fault = described?.requestFault(route, query, body);
    if (fault) throw new Refusal(422, `Invalid request.\n\n${fault}`);
    const call: Call = {
      hub,
      params,
      query,
      bytes,
      caller,
      url,
      body: (body as Json | undefined) ?? {},
      accept: request.headers.accept ?? "",
      contentType: request.headers["content-type"] ?? "application/octet-stream",
      get repo() {
        return repo!;
      },
    };
    const answer = await operation.answer(call);
    // What is not JSON has no schema to be held against.
    const wrong = answer.bytes ? undefined : described?.answerFault(route, answer.status, answer.body);
    if (!wrong) return answer;
    defects.push(wrong);
    return { status: 500, body: { message: `The box gave an answer that GitHub would not: ${wrong}` } };
  };
  return {
    face: "rest",
    route: match?.route ?? `${method} ${path}`,
    caller,
    bytes: bytes.length,
    act: () => orRefusal(act),
  };
}

async function graphqlExchange({ hub }: Box, request: IncomingMessage, caller: Caller): Promise<Exchange> {
  const bytes = await bodyOf(request);
  const act = async (): Promise<Answer> => {
    if (!caller.token) throw new Refusal(401, "This endpoint requires you to be authenticated.");
    return { status: 200, body: await answerGraphql(hub, caller, jsonOf(request, bytes) as { query?: string }) };
  };
  return { face: "graphql", route: "POST /graphql", caller, bytes: bytes.length, act: () => orRefusal(act) };
}

function gitExchange(
  { hub }: Box,
  request: IncomingMessage,
  url: URL,
  caller: Caller,
  match: [string, string, string, string],
): Exchange {
  const [, owner, name, path] = match;
  const route = path === "info/refs" ? `info/refs ${url.searchParams.get("service")}` : path;
  const pushing = route.endsWith("git-receive-pack");
  const act = async () => {
    const old = hub.moved.get(`${owner}/${name}`.toLowerCase());
    if (old) return { status: 301, headers: { location: `${hub.origin}/${fullName(old)}.git/${path}${url.search}` } };
    const repo = hub.repos.get(`${owner}/${name}`.toLowerCase());
    const who = { "www-authenticate": 'Basic realm="GitHub"' };
    if (!repo || (repo.private && !mayWrite(caller, repo, "contents:read"))) {
      return { status: caller.token ? 404 : 401, bytes: Buffer.from("Repository not found."), headers: who };
    }
    if (pushing && !caller.token) return { status: 401, bytes: Buffer.from("Authentication required"), headers: who };
    if (pushing && !mayWrite(caller, repo)) {
      const said = `Permission to ${fullName(repo)}.git denied to ${caller.token!.user.login}.`;
      return { status: 403, bytes: Buffer.from(said) };
    }
    const login = caller.token?.user.login;
    const before = pushing ? await repo.git.refs() : new Map<string, string>();
    const answer = await askGit(request, { repo, path, query: url.search.slice(1), login });
    if (pushing && request.method === "POST") {
      await refsMoved(hub, repo, before, { user: caller.token!.user, byWorkflow: caller.token!.kind === "workflow" });
    }
    return answer;
  };
  return { face: "git", route, caller, bytes: 0, act };
}

async function orRefusal(act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

/** GitHub answers for a repository's old name, and sends on to its number. */
function redirected(hub: Hub, method: string, path: string, url: URL): Answer | undefined {
  const [, owner, name, rest = ""] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  const repo = owner && hub.moved.get(`${owner}/${name}`.toLowerCase());
  if (!repo) return undefined;
  const location = `${hub.api}/repositories/${repo.id}${rest}${url.search}`;
  const body = {
    message: "Moved Permanently",
    url: location,
    documentation_url: "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
  };
  return { status: method === "GET" ? 301 : 307, body, headers: { location } };
}

function byName(hub: Hub, path: string): string {
  const [, id, rest = ""] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
  const repo = [...hub.repos.values()].find((one) => String(one.id) === id);
  return repo ? `/repos/${fullName(repo)}${rest}` : path;
}

interface Route {
  readonly route: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly operation: Operation;
}

/** A word beats a placeholder, and the longer path the shorter: `releases/latest` is not a release's number. */
const routes: readonly Route[] = Object.entries(operations)
  .map(([route, operation]) => {
    const [method, path] = route.split(" ") as [string, string];
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    // These alone may hold slashes.
    const source = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      /^(path|ref|basehead)$/.test(name) ? "(.*)" : "([^/]+)",
    );
    return { route, method, names, operation, pattern: new RegExp(`^${source}$`) };
  })
  .sort((a, b) => b.route.replace(/\{\w+\}/g, "").length - a.route.replace(/\{\w+\}/g, "").length);

function matchRoute(method: string, path: string) {
  for (const { route, method: wanted, pattern, names, operation } of routes) {
    const match = wanted === method && pattern.exec(path);
    if (!match) continue;
    const params = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1]!)]));
    return { route, operation, params: params as Record<string, string> };
  }
  return undefined;
}

function callerOf(hub: Hub, request: IncomingMessage): Caller | "unknown" {
  const header = request.headers.authorization;
  if (!header) return { token: undefined };
  const [scheme = "", value = ""] = header.split(" ");
  // git says who it is by Basic, with the token for a password.
  const secret =
    scheme.toLowerCase() === "basic" ? Buffer.from(value, "base64").toString().split(":").slice(1).join(":") : value;
  const token = hub.tokens.get(secret);
  return token ? { token } : "unknown";
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** @throws Refusal 400, in GitHub's words, for what is not JSON. */
function jsonOf(request: IncomingMessage, bytes: Buffer): unknown {
  const json = /json/.test(request.headers["content-type"] ?? "application/json");
  if (bytes.length === 0 || !json) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal(400, "Problems parsing JSON");
    throw error;
  }
}

function befall(
  trouble: Trouble,
  request: IncomingMessage,
  response: ServerResponse,
  note: (status: number) => void,
): void {
  switch (trouble.does) {
    case "answer":
      note(trouble.answer.status);
      send(response, trouble.answer);
      break;
    case "hang up":
      note(0);
      // A request that was read to its end is not what holds the connection.
      request.socket.destroy();
      break;
    case "silence":
      note(0);
  }
}

function send(response: ServerResponse, { status, body, bytes, headers }: Answer): void {
  const limits = {
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    "x-ratelimit-used": "1",
    "x-ratelimit-resource": "core",
  };
  const all = {
    "content-type": "application/json; charset=utf-8",
    "x-github-request-id": "BOX0:0:0:0",
    "x-github-api-version-selected": "2022-11-28",
    ...limits,
    "x-ratelimit-reset": String(Math.ceil(Date.now() / 1000) + 3600),
    ...headers,
  };
  response.writeHead(status, all).end(bytes ?? (body === undefined ? undefined : JSON.stringify(body)));
}

function blob(hub: Hub, url: URL): Answer {
  const [, repoId, artifactId] = /^\/_blobs\/artifacts\/(\d+)\/(\d+)\.zip$/.exec(url.pathname) ?? [];
  const repo: Repo | undefined = [...hub.repos.values()].find(({ id }) => String(id) === repoId);
  const artifact = repo?.artifacts.get(Number(artifactId));
  if (!artifact) return { status: 404, body: { message: "The specified blob does not exist." } };
  return { status: 200, bytes: artifact.bytes, headers: { "content-type": "application/zip" } };
}
