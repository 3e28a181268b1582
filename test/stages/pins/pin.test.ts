import { CID } from "multiformats/cid";
import { expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { HomeOrigin, Parts } from "../../../pipeline/stages/parts.ts";
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

it("sends no blocks to a service that fetches over HTTP from here, and sends them where that ends", async () => {
  const mirror = fakePins("mirror", { fetchesHttp: true });
  const { origins: _, ...fetched } = await fetchedFrom(mirror);
  const withdrawn: CID[] = [];
  const probe = CID.parse("bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
  const origin: HomeOrigin = {
    url: "https://gate.example.org",
    addresses: [
      "/dns/gate.example.org/tcp/443/tls/http/p2p/12D3Koo",
      "/dns/gate.example.org/tcp/443/https/p2p/12D3Koo",
    ],
    offerProbe: async () => ({ cid: probe, withdraw: async () => void withdrawn.push(probe) }),
    refusedSince: async () => undefined,
  };
  const home = fetched.home as ReturnType<typeof fakeHome>;
  const parts: Parts = { ...fetched, origins: async () => [], httpOrigin: async () => origin };
  const { cid } = await aDataset(home, "Cloud camera");
  const pin = mirror.pin;
  mirror.pin = async (pinRequest, world) => {
    expect(pinRequest).toMatchObject({ origins: origin.addresses, stallMs: 10_000 });
    for (const [key, bytes] of home.blocks) mirror.reachable.set(key, bytes);
    return pin(pinRequest, world);
  };
  await published(`camera: ${cid}\n`, parts);
  expect(mirror.held.has(blockKey(cid))).toBe(true);
  expect(mirror.brought).toEqual([]);
  expect(withdrawn).toEqual([probe]);

  const other = await aDataset(home, "Radar");
  mirror.pin = async (pinRequest, world) => {
    if (pinRequest.stallMs !== undefined) throw new Failure("unavailable", "mirror: nothing came for 10 s");
    return pin(pinRequest, world);
  };
  await published(`camera: ${cid}\nradar: ${other.cid}\n`, parts);
  expect(mirror.brought).toContain(blockKey(other.cid));
});

it("sends its blocks to a service that can't fetch over HTTP, and names the reason", async () => {
  const mirror = fakePins("mirror");
  const parts = await fetchedFrom(mirror);
  const origin: HomeOrigin = {
    url: "https://gate.example.org",
    addresses: [],
    offerProbe: async () => ({ cid: CID.parse("bafkqaaa"), withdraw: async () => {} }),
    refusedSince: async () => "192.0.2.1 refused the certificate (unknown ca)",
  };
  const { cid } = await aDataset(parts.home, "Cloud camera");
  const world = testWorld();
  const text = new TextEncoder().encode(`camera: ${cid}\n`);
  const sending: Parts = { ...parts, origins: async () => [], httpOrigin: async () => origin };
  for await (const _ of publish(text, sending, { strict: false }, world));
  expect(mirror.brought).toContain(blockKey(cid));
  expect(world.lines.join("\n")).toContain(
    "mirror is sent the blocks, because no router names it; 192.0.2.1 refused the certificate (unknown ca)",
  );
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
