/**
 * The blocks of a CAR that a gateway sends, as far as they were asked for.
 *
 * A gateway is not trusted, and a CAR has no end of its own. So a block is passed on only where the caller requested it: linked from
 * a block that it has, and not received yet. What else comes is counted, and little of it ends the answer.
 */
import type { CID } from "multiformats/cid";
import { Failure } from "../../core/failure.ts";
import { readCar } from "../../dag/car.ts";
import type { VerifiedBlock } from "../../dag/verified-block.ts";

/**
 * What a block is to the caller: `requested`; `known`, where it has it or gets it elsewhere; or `unrequested`, where nothing that it
 * has links to it.
 */
export type Arrival = "requested" | "known" | "unrequested";

/** Bytes of known blocks in one answer. A block that is linked to twice may come twice. */
const mostKnown = 1024 * 1024;

/** Blocks without bytes, or nearly, cost time all the same. */
const leastCounted = 64;

/**
 * Blocks that are wanted when they arrive.
 *
 * @throws Failure `corrupt` where the gateway sends something else than was asked for, in whatever way; what `chunks` throws.
 */
export async function* requestedBlocks(
  name: string,
  chunks: AsyncGenerator<Uint8Array>,
  arrivalOf: (cid: CID) => Arrival,
): AsyncGenerator<VerifiedBlock> {
  let known = 0;
  try {
    const { blocks } = await readCar(chunks);
    for await (const block of blocks) {
      switch (arrivalOf(block.cid)) {
        case "requested":
          yield block;
          break;
        case "known":
          known += Math.max(leastCounted, block.bytes.length);
          if (known > mostKnown) throw new Failure("corrupt", `${name} sends blocks again and again`);
          break;
        case "unrequested":
          throw new Failure("corrupt", `${name} sends ${block.cid}, which nothing that it sent before links to`);
      }
    }
  } finally {
    // A caller that stops early ends the answer, too.
    await chunks.return(undefined);
  }
}
