/** Whether pin services fetch from the campaign's own node over HTTP: for pinning, and for `status`. */
import { isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { FetchCheck } from "../../pin/http-origin.ts";
import type { PinService } from "../../pin/service.ts";
import type { HomeOrigin } from "../parts.ts";

/** ms in which a service fetches a block of some bytes, or can't. A Kubo takes one second for its first. */
const timeoutMs = 10_000;

/** Whether `service` fetches from `origin`; logged where it can't, because it is sent all blocks then. */
export async function fetchesHere(service: PinService, origin: HomeOrigin, world: World): Promise<boolean> {
  try {
    const check = await checkFetching(service, origin, timeoutMs, world);
    if (check?.fetches) {
      world.log(`${service.name} fetches from ${origin.url}: no blocks are sent to it`);
      return true;
    }
    if (check) world.log(`${service.name} is sent the blocks, because ${check.reason}; see fieldtree status`);
    return false;
  } catch (error) {
    // Pinning meets the same failure, and reports it.
    if (!isFailure(error) || world.signal.aborted) throw error;
    return false;
  }
}

/** `undefined` for services that can't be asked. @throws Failure where one could be, and did not answer. */
export async function checkFetching(
  service: PinService,
  origin: HomeOrigin,
  timeoutMs: number,
  world: World,
): Promise<FetchCheck | undefined> {
  if (!service.fetchesFrom) return undefined;
  const since = world.now().getTime();
  // One for each service: nodes may be connected with each other, and the second would fetch it from the first.
  const { cid, withdraw } = await origin.offerProbe();
  try {
    const check = await service.fetchesFrom(origin, { cid, timeoutMs }, world);
    if (check.fetches) return check;
    const refused = await origin.refusedSince(since);
    return refused === undefined ? check : { ...check, reason: `${check.reason}; ${refused}` };
  } finally {
    await withdraw();
  }
}
