/** A gateway on a free port over blocks in memory, asked by a client that shows what really went over the wire. */
import { once } from "node:events";
import { request } from "node:http";
import type { CID } from "multiformats/cid";
import { onTestFinished } from "vitest";
import type { Put } from "../../pipeline/dag/block.ts";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { blocksOf } from "../../pipeline/dag/build/files.ts";
import { makeDirectory } from "../../pipeline/dag/directory.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import type { Node } from "../../pipeline/ipfs/node.ts";
import { type Serving, serve } from "../../pipeline/serve/serve.ts";
import { testWorld } from "../fakes/world.ts";

export const profile = profiles["cid-v1"];

/** What people make of names and bytes: a folder is a record, a file text or bytes. */
export type Content = string | Uint8Array | { readonly [name: string]: Content };

export function memory() {
  const blocks = new Map<string, Uint8Array>();
  const keyOf = (cid: CID) => Buffer.from(cid.multihash.bytes).toString("hex");
  const put: Put = ({ cid, bytes }) => void blocks.set(keyOf(cid), bytes);
  const link = (content: Content): { cid: CID; tsize: number } => {
    if (typeof content === "string") return fileOf(Buffer.from(content), profile, put);
    if (content instanceof Uint8Array) return fileOf(content, profile, put);
    const entries = Object.entries(content).map(([name, below]) => ({ name, ...link(below) }));
    return makeDirectory(entries, profile, put);
  };
  const asked: string[] = [];
  const node: Node = {
    name: "memory",
    async get(cid) {
      asked.push(cid.toString());
      return blocks.get(keyOf(cid));
    },
  };
  return {
    node,
    put,
    /** CIDs that were asked for, in order. */
    asked,
    add: (content: Content): CID => link(content).cid,
    lose: (cid: CID) => void blocks.delete(keyOf(cid)),
    async addFiles(path: string): Promise<CID> {
      const made = blocksOf(path, { profile: "cid-v1", symlinks: "refuse" }, testWorld());
      for (let next = await made.next(); ; next = await made.next()) {
        if (next.done) return next.value.cid;
        put(next.value);
      }
    },
  };
}

export async function gateway(node: Node, options: Partial<Serving> = {}) {
  const world = testWorld();
  const served = await serve({ node, resolve: async () => undefined, campaign: "test", ...options }, world);
  onTestFinished(() => served.close());
  return { ...served, world, ask: (path: string, asking: Asking = {}) => ask(served.url, path, asking) };
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly text: string;
  /** Whether the body came to its proper end. */
  readonly whole: boolean;
}

/** Unlike `fetch` this changes neither path nor headers, follows nothing, and hands out what came before a break. */
export async function ask(url: string, path: string, { method = "GET", headers = {} }: Asking = {}): Promise<Answered> {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname: hostname.replace(/^\[|\]$/g, ""), port, path, method, headers, agent: false }).end();
  const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
  const chunks: Buffer[] = [];
  response.on("error", () => {});
  response.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(response, "close").catch(() => {});
  const body = Buffer.concat(chunks);
  return {
    status: response.statusCode!,
    headers: response.headers as Record<string, string | undefined>,
    body,
    text: body.toString(),
    whole: response.complete,
  };
}
