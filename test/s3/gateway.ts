/** A gateway over a real embedded node, as tests start it. */
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import { onTestFinished } from "vitest";
import { embedded } from "../../pipeline/ipfs/embedded/embedded.ts";
import { required } from "../../pipeline/ipfs/require-block.ts";
import { folds } from "../../pipeline/s3/blocks/fold.ts";
import { writingNode } from "../../pipeline/s3/blocks/writing-node.ts";
import { releaseBuckets } from "../../pipeline/s3/releases.ts";
import { serveS3 } from "../../pipeline/s3/server.ts";
import { openBuckets } from "../../pipeline/s3/store/buckets.ts";
import { aFolder } from "../commands/program.ts";
import { testWorld } from "../fakes/world.ts";
import { accessKey, type Sent, send } from "./client.ts";

export interface Gateway {
  readonly url: string;
  readonly put: (key: string, body: Uint8Array | string, more?: Sent) => Promise<Response>;
  readonly get: (key: string, more?: Sent) => Promise<Response>;
  readonly list: (query?: Readonly<Record<string, string>>) => Promise<string>;
  readonly ask: (path: string, query?: Readonly<Record<string, string>>, sent?: Sent) => Promise<Response>;
  readonly stop: () => Promise<void>;
}

export const reader = { id: "READER", secret: "other" };
/** May use buckets that begin with `guest` only. */
export const guest = { id: "GUEST", secret: "of a guest" };

/** A gateway on the state in `folder`, with the bucket `data`. */
export async function gateway(folder: string): Promise<Gateway> {
  const world = testWorld({ now: () => new Date() });
  const state = join(folder, ".fieldtree");
  const reading = embedded(state);
  const home = writingNode(async () => embedded(state));
  const get = home.reading((cid: CID) => required(cid, reading, world), world);
  const buckets = await openBuckets(join(state, "s3"), "testing");
  const account = (id: string, secret: string, access: "read" | "write", bucket = "*") => ({
    ...{ id, secret, access, owner: id, buckets: [bucket] },
  });
  const s3 = {
    ...{
      buckets,
      folds: folds(),
      home,
      get,
      region: "us-east-1",
      releases: releaseBuckets({ releases: async function* () {} }, get),
    },
    accounts: new Map([
      [accessKey.id, account(accessKey.id, accessKey.secret, "write")],
      [reader.id, account(reader.id, reader.secret, "read")],
      [guest.id, account(guest.id, guest.secret, "write", "guest*")],
    ]),
  };
  const served = await serveS3(
    { s3, host: "127.0.0.1", port: 0, domains: ["localhost", "s3.example.org", "example.org"] },
    world,
  );
  const ask: Gateway["ask"] = (path, query, sent) => send(served.url, path, query, sent);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= served
      .close()
      .then(() => buckets.close())
      .then(() => home.close())
      .then(() => reading.close());
    return stopped;
  };
  onTestFinished(stop);
  await ask("data", {}, { method: "PUT" });
  return {
    url: served.url,
    ask,
    put: (key, body, more) => ask(`data/${key}`, {}, { method: "PUT", body, ...more }),
    get: (key, more) => ask(`data/${key}`, {}, more),
    list: async (query = {}) => (await ask("data", { "list-type": "2", ...query })).text(),
    stop,
  };
}

export const fresh = async () => gateway(await aFolder());
