/** Runs the S3 gateway of a campaign until the caller aborts. */
import { join, resolve } from "node:path";
import { configIn } from "../../campaign/config.ts";
import { homeNode } from "../../campaign/parts/home.ts";
import { secretsIn } from "../../campaign/secrets.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import { releasesFrom } from "../../log/chain.ts";
import type { Account } from "../../s3/auth/signature.ts";
import { folds } from "../../s3/blocks/fold.ts";
import { writingNode } from "../../s3/blocks/writing-node.ts";
import { type Published, releaseBuckets } from "../../s3/releases.ts";
import { serveS3 } from "../../s3/server.ts";
import { openBuckets } from "../../s3/store/buckets.ts";
import { followLifecycles } from "../../s3/store/expiry.ts";
import { portIn } from "../serve-campaign.ts";
import { tlsIn } from "../serve-routing.ts";
import type { Call } from "../verb.ts";

export const folderOfS3 = (state: string): string => join(state, "s3");

export async function serveBuckets(call: Call): Promise<number> {
  const { flags, out, world, env, folder, cwd } = call;
  const port = portIn(String(flags.port));
  const pathOf = (flag: Call["flags"][string]) => (typeof flag === "string" ? resolve(cwd, flag) : undefined);
  const tls = await tlsIn(pathOf(flags.tlsCert), pathOf(flags.tlsKey));
  const { config, text } = await configIn(folder());
  const secret = secretsIn(text, env);
  const keys = config.s3?.keys ?? [];
  if (keys.length === 0)
    throw new Failure("input", "campaign.yaml names no one who may use the S3 gateway", {
      hint: "s3: { keys: [ { id: NAME, secret: ENVIRONMENT_VARIABLE } ] } lets NAME in",
    });
  const accounts = new Map(keys.map((key): [string, Account] => [key.id, { ...key, secret: secret(key.secret) }]));
  const campaign = await call.campaign();
  const home = writingNode(() => homeNode(config, campaign.state, secret));
  const buckets = await openBuckets(folderOfS3(campaign.state), "answering S3 requests");
  try {
    const { log } = campaign;
    const releases = async function* (asked: World): AsyncGenerator<Published> {
      for await (const { release } of releasesFrom(await log.head(asked), log, asked)) {
        const { number, root, portal, made } = release;
        yield { number, root, portal, created: Date.parse(made) };
      }
    };
    const s3 = {
      buckets,
      folds: folds(),
      home,
      accounts,
      region: config.s3?.region ?? "us-east-1",
      get: home.reading(campaign.get, world),
      releases: releaseBuckets({ releases }, campaign.get),
    };
    await home.recover(world);
    const domains = ["localhost", ...(Array.isArray(flags.domain) ? flags.domain : [])];
    const serving = { s3, host: String(flags.host), port, domains, ...(tls && { tls }) };
    const served = await serveS3(serving, world);
    try {
      const text = `S3 at ${served.url}, region ${s3.region}, for ${keys.map(({ id }) => id).join(", ")}`;
      out.result({ event: "serving", url: served.url, region: s3.region }, text);
      await followLifecycles(buckets, world);
    } finally {
      await served.close();
    }
  } finally {
    await buckets.close();
    await home.close();
  }
  return 0;
}
