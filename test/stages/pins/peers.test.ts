import { expect, it } from "vitest";
import { Failure } from "../../../pipeline/core/failure.ts";
import type { Peering } from "../../../pipeline/stages/parts.ts";
import { connectPeers, observePeers } from "../../../pipeline/stages/pins/peers.ts";
import { publish } from "../../../pipeline/stages/publish/publish.ts";
import { someParts } from "../../fakes/parts.ts";
import { testWorld } from "../../fakes/world.ts";

const peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN";
const failing = (node: string, failure: Error): Peering => ({
  node,
  missing: () => Promise.reject(failure),
  connect: () => Promise.reject(failure),
});
const refused = new Failure("refused", "config is not allowed (403)");

it("is a warning, and stops nothing, where a Kubo refuses to list or add peers", async () => {
  const world = testWorld();
  const lacking: Peering = { node: "mirror", missing: async () => [peer], connect: () => Promise.reject(refused) };
  const parts = await someParts({ peering: [failing("the node", refused), lacking] });
  const events = [];
  for await (const event of publish(new Uint8Array(), parts, { strict: false }, world)) events.push(event);
  expect(events[0]).toEqual({ event: "step", step: { do: "peer", node: "mirror", peers: [peer] } });
  expect(events.at(-1)).toMatchObject({ event: "published", release: 1 });
  expect(world.lines.filter((line) => line.startsWith("warning"))).toEqual([
    `warning: peers of the node: ${refused.message}`,
    `warning: peers of mirror: ${refused.message}`,
  ]);
});

it("is left to others to say where a secret is not set", async () => {
  const world = testWorld();
  const unset = failing("mirror", new Failure("input", "campaign.yaml:5: MIRROR_TOKEN is not set"));
  expect(await observePeers({ peering: [unset] }, 1000, world)).toMatchObject([
    { peering: { node: "mirror" }, missing: [] },
  ]);
  expect(world.lines).toEqual([]);
});

it("is waited for no longer than the timeout", async () => {
  const world = testWorld();
  const silent: Peering = {
    node: "mirror",
    missing: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    connect: async () => {},
  };
  expect(await observePeers({ peering: [silent] }, 20, world)).toMatchObject([
    { peering: { node: "mirror" }, missing: [] },
  ]);
  expect(world.lines).toEqual(["warning: peers of mirror: no answer in time"]);
});

it("passes on what is no failure of a Kubo's", async () => {
  await expect(connectPeers([failing("mirror", new TypeError("a bug"))], testWorld())).rejects.toThrow("a bug");
});
