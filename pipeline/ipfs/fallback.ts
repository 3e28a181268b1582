/** Several sources of blocks, requested one after another; a source that fails repeatedly is no longer requested. */
import type { CID } from "multiformats/cid";
import { atMost } from "../core/concurrency.ts";
import { type Failure, isFailure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import type { Node } from "./node.ts";

export type Source = Pick<Node, "name" | "get" | "below">;

/** Failures of one source in a row after which it is no longer requested: each may take as long as the timeout. */
const mostFailures = 3;

/** The block of the first source that has it, in order. @throws the first failure where no source has it and one failed. */
export function anyOf(sources: readonly Source[]): Source["get"] {
  return async (cid: CID, world: World) => {
    let failure: Failure | undefined;
    for (const { get } of sources) {
      try {
        const bytes = await get(cid, world);
        if (bytes) return bytes;
      } catch (error) {
        if (!isFailure(error)) throw error;
        failure ??= error;
      }
    }
    if (failure) throw failure;
    return undefined;
  };
}

/** As {@link anyOf}; a source that gave what those before it lacked is asked first from then on. */
export function inOrder(sources: readonly Source[]): Source {
  const order = sources.map((source): Source => {
    const moving: Source = {
      ...source,
      async get(cid, world) {
        const bytes = await source.get(cid, world);
        const at = order.indexOf(moving);
        if (bytes && at > 0) order.unshift(...order.splice(at, 1));
        return bytes;
      },
    };
    return moving;
  });
  return {
    name: sources.map(({ name }) => name).join(", "),
    // A copy: other requests may change the order meanwhile.
    get: (cid, world) => anyOf([...order])(cid, world),
    ...belowAny(order),
  };
}

/** `below` of the first source that has it and sends anything; absent where none has it. */
export function belowAny(sources: readonly Source[]): Pick<Source, "below"> {
  if (!sources.some(({ below }) => below)) return {};
  return {
    async *below(root, arrivalOf, world) {
      for (const { below } of [...sources]) {
        let came = false;
        for await (const block of below?.(root, arrivalOf, world) ?? []) {
          came = true;
          yield block;
        }
        if (came) return;
      }
    },
  };
}

/** The same source with at most `requests` at once, and none after repeated failures. */
export function withCircuitBreaker<S extends Source>({ get, ...source }: S, requests: number): S {
  const inTurn = atMost(requests);
  let failures = 0;
  let gone: Failure | undefined;
  const careful: Source["get"] = (cid, world) =>
    inTurn(async () => {
      if (gone) throw gone;
      try {
        const bytes = await get(cid, world);
        failures = 0;
        return bytes;
      } catch (error) {
        if (isFailure(error) && ++failures >= mostFailures) gone = error;
        throw error;
      }
    });
  return { ...source, get: careful } as S;
}
