import { describe, expect, it } from "vitest";
import { aDataset, pinRequestFor, pinServiceContract, settled } from "../contracts/pin-service.ts";
import { calledPins, callsOutward } from "./calls.ts";
import { blockKey, type FakePins, type Faults, fakePins } from "./pin-service.ts";
import { testWorld } from "./world.ts";

const open = (faults: Partial<Faults> = {}) => {
  const service = fakePins("fake", faults);
  return async () => ({
    service,
    away: fakePins("fake", { away: true }),
    offer: async (blocks: Parameters<typeof offer>[1]) => offer(service, blocks),
    close: async () => {},
  });
};

function offer(service: FakePins, blocks: ReturnType<typeof aDataset>["blocks"]): string[] {
  for (const { cid, bytes } of blocks) service.reachable.set(blockKey(cid), bytes);
  return [];
}

pinServiceContract("a fake pin service", open());
pinServiceContract("a fake pin service that takes its time", open({ slow: 3 }));
pinServiceContract("a fake whose calls are counted", async () => {
  const service = fakePins();
  const calls = callsOutward({ now: () => new Date(), pass: () => {} });
  return {
    service: calledPins(service, calls),
    away: calledPins(fakePins("fake", { away: true }), calls),
    offer: async (blocks) => offer(service, blocks),
    close: async () => {},
  };
});

describe("a fake pin service", () => {
  const world = testWorld();

  it("that lies says pinned and holds nothing", async () => {
    const service = fakePins("liar", { lies: true });
    const { root, blocks } = aDataset();
    offer(service, blocks);
    expect(await service.pin(pinRequestFor(root), world)).toMatchObject({ state: "pinned" });
    expect(await settled(service, root)).toMatchObject({ state: "pinned" });
    expect(await service.block(root)).toBeUndefined();
  });

  it("that is slow without end is working all the time, and done once it is no longer", async () => {
    const service = fakePins("slow", { slow: Number.POSITIVE_INFINITY });
    const { root, blocks } = aDataset();
    offer(service, blocks);
    await service.pin(pinRequestFor(root), world);
    const look = async () => (await service.status([root], world)).get(`${root}`)?.state;
    expect([await look(), await look(), await look()]).toEqual(["queued", "pinning", "pinning"]);
    service.faults.slow = 0;
    expect(await look()).toBe("pinned");
  });

  it("names what it can't reach, and starts anew when it is asked again", async () => {
    const service = fakePins();
    const { root, blocks } = aDataset();
    offer(service, blocks.slice(1));
    await service.pin(pinRequestFor(root), world);
    expect(await settled(service, root)).toEqual({
      state: "failed",
      since: expect.any(String),
      message: `${blocks[0]!.cid} is out of reach`,
    });
    offer(service, blocks);
    await service.pin(pinRequestFor(root), world);
    expect(await settled(service, root)).toMatchObject({ state: "pinned" });
  });
});
