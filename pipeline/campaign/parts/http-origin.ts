/**
 * The home node as others fetch from it over HTTP, where `serve --routing` runs on this machine.
 *
 * `serve` and the processes that pin share two things in the state folder: `serving.json`, which is there while `serve` runs, and
 * `probes/`, blocks that exist nowhere else, with which a process finds out whether a service fetches from here.
 */

import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { CID } from "multiformats/cid";
import * as v from "valibot";
import { jsonIn } from "../../core/json.ts";
import type { World } from "../../core/world.ts";
import { codecs } from "../../dag/block.ts";
import { cidOf } from "../../dag/hash.ts";
import { readIfThere } from "../../disk/read.ts";
import { writeDurably } from "../../disk/write.ts";
import type { HomeOrigin } from "../../stages/parts.ts";

const servingJson = v.object({
  /** Where other machines reach the gateway, as URL and as multiaddr. */
  url: v.string(),
  address: v.string(),
  peerId: v.string(),
  /** Where it listens on this machine. */
  host: v.string(),
  port: v.number(),
  /** The last client that refused its certificate. `at`: ms since 1970. */
  refusal: v.optional(v.object({ at: v.number(), by: v.string(), reason: v.string() })),
});

export type ServingRecord = v.InferOutput<typeof servingJson>;

const fileIn = (state: string) => join(state, "serving.json");
const probesIn = (state: string) => join(state, "probes");

/** Writes what {@link homeOriginIn} reads, until `end`. */
export async function recordServing(state: string, record: ServingRecord) {
  let written = record;
  const write = () => writeDurably(fileIn(state), `${JSON.stringify(written)}\n`);
  // Left by processes that were killed.
  await rm(probesIn(state), { recursive: true, force: true });
  await write();
  let writing = Promise.resolve();
  return {
    /** A client refused the certificate. */
    refused(by: string, reason: string, world: World): void {
      written = { ...written, refusal: { at: world.now().getTime(), by, reason } };
      writing = writing.then(write).catch((error: Error) => world.log(`warning: ${error.message}`));
    },
    async end(): Promise<void> {
      await writing;
      const now = await readServing(state);
      if (now?.port === record.port && now.host === record.host) await rm(fileIn(state), { force: true });
    },
  };
}

/** The block of a probe that a process offers now; `undefined` for all others. */
export async function probeBlock(state: string, cid: CID): Promise<Uint8Array | undefined> {
  if (cid.code !== codecs.raw) return undefined;
  const bytes = await readIfThere(join(probesIn(state), cid.toString()));
  return bytes && cidOf(codecs.raw, bytes).equals(cid) ? bytes : undefined;
}

/** The origin that `serve --routing` is; `undefined` where it does not run. */
export async function homeOriginIn(state: string): Promise<HomeOrigin | undefined> {
  const serving = await readServing(state);
  if (!serving || !(await listens(serving))) return undefined;
  return {
    url: serving.url,
    addresses: addressesOf(serving),
    async offerProbe() {
      const bytes = Buffer.from(`fieldtree probe ${randomBytes(16).toString("hex")}\n`);
      const cid = cidOf(codecs.raw, bytes);
      const file = join(probesIn(state), cid.toString());
      await mkdir(probesIn(state), { recursive: true });
      await writeDurably(file, bytes);
      return { cid, withdraw: () => rm(file, { force: true }) };
    },
    async refusedSince(time) {
      const refusal = (await readServing(state))?.refusal;
      if (!refusal || refusal.at < time) return undefined;
      return `${refusal.by} refused the certificate (${refusal.reason})`;
    },
  };
}

async function readServing(state: string): Promise<ServingRecord | undefined> {
  const text = (await readIfThere(fileIn(state)))?.toString();
  if (text === undefined) return undefined;
  const { success, output } = v.safeParse(servingJson, jsonIn(text));
  return success ? output : undefined;
}

/** ms */
const connecting = 1000;

/** Whether the port is open: a `serve` that was killed leaves its record. */
function listens({ host, port }: ServingRecord): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connecting });
    const settle = (is: boolean) => () => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", settle(true)).once("error", settle(false)).once("timeout", settle(false));
  });
}

/** As multiaddr, in both spellings that clients know: `/tls/http`, and the older `/https`. */
function addressesOf({ address, peerId }: ServingRecord): string[] {
  return [address, address.replace(/\/tls\/http$/, "/https")].map((each) => `${each}/p2p/${peerId}`);
}
