import { expect, it } from "vitest";
import type { Parts } from "../../../pipeline/stages/parts.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { fakeHome } from "../../fakes/home.ts";
import { aDataset, someParts } from "../../fakes/parts.ts";
import { blockKey, type FakePins, fakePins } from "../../fakes/pin-service.ts";
import { testWorld } from "../../fakes/world.ts";

it("brings a service what it lost and says to have, which it would not fetch again", async () => {
  const mirror = fakePins("mirror");
  const parts = await fetchedFrom(mirror);
  const { cid } = await aDataset(parts.home, "Cloud camera");
  const tree = `camera: ${cid}\n`;
  await published(tree, parts);
  expect(mirror.held.has(blockKey(cid))).toBe(true);

  mirror.held.delete(blockKey(cid));
  await published(tree, parts);
  expect(mirror.held.has(blockKey(cid))).toBe(true);
});

/** A campaign from whose node `service` fetches. */
async function fetchedFrom(service: FakePins): Promise<Parts> {
  const home = fakeHome();
  const configured = { name: service.name, kind: "kubo", trusted: false, pinsEverything: true, accepts: () => true };
  const pinServices = [{ ...configured, open: () => service, retrieve: service.block }];
  const parts = await someParts({ home, pinServices, pins: { require: { atLeast: 1, of: [service.name] } } });
  return {
    ...parts,
    async origins() {
      for (const [key, bytes] of home.blocks) service.reachable.set(key, bytes);
      return ["/ip4/192.0.2.8/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"];
    },
  };
}

async function published(tree: string, parts: Parts): Promise<void> {
  for await (const _ of publish(new TextEncoder().encode(tree), parts, { strict: false }, testWorld()));
}
