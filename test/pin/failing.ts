/** What a pin service that fails says, whatever it is asked, and what it never says. */
import { inspect } from "node:util";
import type { CID } from "multiformats/cid";
import { expect } from "vitest";
import type { PinService } from "../../pipeline/pin/service.ts";
import { pinRequestFor } from "../contracts/pin-service.ts";
import { testWorld } from "../fakes/world.ts";

/** Asked for `cid`'s status, to pin it and to let go of it, the service fails like `failure`; no error holds `secret`. */
export async function expectFailing(service: PinService, cid: CID, failure: object, secret: string): Promise<void> {
  const world = testWorld();
  for (const call of [
    () => service.status([cid], world),
    () => service.pin(pinRequestFor(cid), world),
    () => service.unpin!(cid, world),
  ]) {
    const error = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject(failure);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(secret);
  }
}
