/** CARs: the blocks of the path, then the requested part of the DAG, sent as fast as the client reads. */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { type Block, codecs, type Get, isInline, keyOf } from "../../dag/block.ts";
import { carOf } from "../../dag/car.ts";
import { linksBelow } from "../../dag/codec/decode.ts";
import { pause } from "../../dag/event-loop.ts";
import { statOf, walk } from "../../dag/read/read.ts";
import { disposition } from "../headers.ts";
import { Refusal } from "../refusal.ts";
import { entityRange, type Form } from "../request.ts";
import { type Answer, type Asking, fresh, type Place } from "../response.ts";

/** Most links queued for a CAR with repeats. */
const mostWaiting = 300_000;

export function car(place: Place, form: Extract<Form, { kind: "car" }>, asking: Asking, get: Get): Answer {
  const { root, cid, block, passed, address } = place;
  const stat = cid.code === codecs.raw || cid.code === codecs.dagPb ? statOf(cid, block) : undefined;
  const range = form.entityBytes && stat?.type === "file" ? entityRange(form.entityBytes, stat.size) : undefined;
  if (form.entityBytes && stat?.type === "file" && !range && form.entityBytes.from >= stat.size && stat.size > 0) {
    throw new Refusal(400, `entity-bytes=${address.query.get("entity-bytes")} is outside of ${stat.size} bytes`);
  }
  const scope = form.entityBytes && stat?.type === "file" && !range ? "block" : form.scope;
  const isDecoded = (Object.values(codecs) as readonly number[]).includes(cid.code);

  const whole = scope === "all" || (scope === "entity" && stat?.type === "file" && !range);
  const repeats = form.repeats && whole;

  const blocks = async function* (): AsyncGenerator<Block> {
    const sent = new Set<string>();
    for (const each of passed) {
      sent.add(keyOf(each));
      if (!isInline(each)) yield { cid: each, bytes: await get(each) };
    }
    const from: Get = (each) => (each.equals(cid) ? Promise.resolve(block) : get(each));
    if (repeats && cid.code === codecs.dagPb) return yield* withRepeats(cid, from);
    const below = isDecoded ? walk(cid, from, range ? { scope, range } : { scope }) : [{ cid, bytes: block }];
    for await (const each of below) if (!sent.has(keyOf(each.cid))) yield each;
  };
  const part = form.entityBytes ? `.${form.entityBytes.from}-${form.entityBytes.to ?? "*"}` : "";
  const etag = `W/"${root}.${cid}.car.${form.scope}${part}.${repeats ? "y" : "n"}"`;
  return fresh(place, asking, etag, {
    status: 200,
    headers: {
      "content-type": `application/vnd.ipld.car; version=1; order=dfs; dups=${repeats ? "y" : "n"}`,
      "content-disposition": disposition(address, true, `${cid}.car`),
      "accept-ranges": "none",
    },
    body: carOf([cid], bounded(blocks())),
  });
}

/** Most blocks of one CAR. As chunks of 256 KiB they are 4 TB. */
const mostBlocks = 16_000_000;

async function* bounded(blocks: AsyncIterable<Block>): AsyncGenerator<Block> {
  let count = 0;
  for await (const block of blocks) {
    if (++count > mostBlocks) throw new Failure("refused", `more than ${mostBlocks} blocks are not given as one CAR`);
    yield block;
  }
}

/**
 * Every block as often as it is linked to, for readers that store none. A few blocks can give an endless CAR this way, so
 * its length is bounded, and it is sent at the reader's speed.
 */
async function* withRepeats(root: CID, get: Get): AsyncGenerator<Block> {
  const stack = [root];
  for (let cid = stack.pop(); cid; cid = stack.pop()) {
    await pause();
    const bytes = isInline(cid) ? cid.multihash.digest : await get(cid);
    if (!isInline(cid)) yield { cid, bytes };
    for (const link of linksBelow(cid, bytes).reverse()) stack.push(link);
    if (stack.length > mostWaiting) throw new Failure("refused", `more than ${mostWaiting} links wait to be followed`);
  }
}
