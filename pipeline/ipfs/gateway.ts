/**
 * One trustless gateway: blocks over HTTP from a machine of another operator, one by one, or all below a root in one CAR.
 *
 * The gateway is not trusted: blocks are hashed, and their length, their speed and the targets of redirects are bounded. A
 * gateway that does not have a block answers 404; any other response that isn't the block is a failure that names the gateway.
 *
 * ```ts
 * await gateway("https://trustless-gateway.link").get(cid, world);
 * ```
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
import type { CID } from "multiformats/cid";
import { Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { isInline } from "../dag/block.ts";
import { largestBlock } from "../dag/car.ts";
import type { VerifiedBlock } from "../dag/verified-block.ts";
import { bodyOf, chunksOf, excerpt, kindOfStatus, readBody } from "../http/http.ts";
import { type Arrival, requestedBlocks } from "./gateways/car-answer.ts";
import { type Link, linkOf, usualLimits } from "./gateways/link.ts";
import { ask, baseOf, waitAsked } from "./gateways/request.ts";
import type { Node } from "./node.ts";
import { verified } from "./verify.ts";

export interface GatewayTimeouts {
  /** ms until the first byte of an answer. The gateway may search the network meanwhile. */
  readonly answer: number;
  /** ms in which a kilobyte must arrive after the first byte; longer on a link that is slower. */
  readonly stall: number;
  /** ms in all that the request for one block waits for a gateway that answers that it is busy. */
  readonly busy: number;
}

const usual: GatewayTimeouts = { answer: 15_000, stall: usualLimits.stall, busy: 10_000 };

/** Most bytes of an answer that is no block: the reason is in its first lines. */
const mostOfReason = 64_000;

export type Gateway = Node & Required<Pick<Node, "below">>;

/**
 * `url`: with its base path, without `/ipfs`. `link`: where others read what is measured.
 *
 * @throws Failure `input` where `url` is not http or https, or contains a password.
 */
export function gateway(url: string, timeouts: GatewayTimeouts = usual, link?: Link): Gateway {
  const base = baseOf(url);
  const to: To = {
    base,
    name: `gateway ${base}`,
    timeouts,
    link: link ?? linkOf({ ...usualLimits, stall: timeouts.stall }),
    busyUntil: 0,
    sendsCars: true,
  };
  return {
    name: to.name,

    async get(cid, world) {
      // The empty block is excepted: gateways are probed with it.
      if (isInline(cid) && cid.multihash.digest.length > 0) return cid.multihash.digest;
      return getBlock(to, cid, world);
    },

    below: (root, arrivalOf, world) => carBelow(to, root, arrivalOf, world),
  };
}

interface To {
  readonly base: string;
  readonly name: string;
  readonly timeouts: GatewayTimeouts;
  readonly link: Link;
  /** While the gateway is busy all requests wait, not only the one that it refused. On the monotonic clock. */
  busyUntil: number;
  /** False from the first answer on that is none, or not what was asked for. */
  sendsCars: boolean;
}

async function getBlock(to: To, cid: CID, world: World): Promise<Uint8Array | undefined> {
  const { base, name, timeouts, link } = to;
  const asking = {
    url: new URL(`${base}/ipfs/${cid.toV1()}?format=raw`),
    accept: "application/vnd.ipld.raw",
    timeoutMs: timeouts.answer,
  };
  for (let waited = 0; ; ) {
    const rest = to.busyUntil - performance.now();
    if (rest > 0) await world.sleep(rest);

    const response = await ask(base, asking, link, world);
    if (response.status === 200) return blockIn(to, response, cid, world);

    const limits = { atMost: mostOfReason, stallAfter: timeouts.stall, signal: world.signal };
    const body = await readBody(`${name}:`, response, limits).catch(() => none);
    world.signal.throwIfAborted();
    if (response.status === 404 || response.status === 410) return undefined;

    const wait = waitAsked(response) ?? 1000;
    if (response.status !== 429 || waited + wait > timeouts.busy) {
      const text = excerpt(new TextDecoder().decode(body));
      const waiting = waited > 0 ? ` after waiting ${waited / 1000} s` : "";
      throw new Failure(kindOfStatus(response.status), `${name} answered ${response.status}${waiting}: ${text}`);
    }
    waited += wait;
    to.busyUntil = Math.max(to.busyUntil, performance.now() + wait);
  }
}

const none = new Uint8Array(0);

async function blockIn({ name, link }: To, response: Response, cid: CID, world: World): Promise<Uint8Array> {
  const claims = Number(response.headers.get("content-length") ?? 0);
  if (claims > largestBlock) {
    await response.body?.cancel();
    throw new Failure("corrupt", `${name} answered ${claims} bytes for ${cid}, more than any block has`);
  }
  const { signal } = world;
  const bytes = await bodyOf(`${name}: ${cid}`, response, largestBlock, { transfer: link.transfer(), signal });
  const page = response.headers.get("content-type")?.startsWith("text/html");
  const block = await verified(cid, bytes, page ? `${name}, which answered a web page,` : name);
  link.completed();
  return block;
}

const car = "application/vnd.ipld.car";

/**
 * The blocks below `root` that are requested, from one CAR. Ends without a failure where the gateway answers with anything but a
 * CAR: a request for the block gives the reason, and it is asked for no CAR again unless it was only busy.
 *
 * @throws Failure `unavailable` where the answer stalls or breaks off.
 */
async function* carBelow(
  to: To,
  root: CID,
  arrivalOf: (cid: CID) => Arrival,
  world: World,
): AsyncGenerator<VerifiedBlock> {
  const { base, name, timeouts, link } = to;
  if (!to.sendsCars || to.busyUntil > performance.now()) return;
  const url = new URL(`${base}/ipfs/${root.toV1()}?format=car&dag-scope=all`);
  const accept = `${car}; version=1; order=dfs; dups=n`;
  const response = await ask(base, { url, accept, timeoutMs: timeouts.answer }, link, world);
  if (response.status !== 200 || !response.headers.get("content-type")?.startsWith(car)) {
    await response.body?.cancel();
    to.sendsCars = response.status === 404 || response.status === 429 || response.status >= 500;
    return;
  }
  try {
    const { signal } = world;
    yield* requestedBlocks(
      name,
      chunksOf(`${name}: CAR of ${root}`, response, { transfer: link.transfer(), signal }),
      arrivalOf,
    );
  } catch (error) {
    if (!isFailure(error, "corrupt")) throw error;
    to.sendsCars = false;
    world.log(`${error.message}; ${name} is asked for blocks one by one from now on`);
  }
}
