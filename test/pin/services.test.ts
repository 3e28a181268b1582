import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ServiceConfig } from "../../pipeline/core/campaign/pins.ts";
import { Failure } from "../../pipeline/core/failure.ts";
import { carOf } from "../../pipeline/dag/car.ts";
import { pinService } from "../../pipeline/pin/services.ts";
import { aDataset, pinRequestFor } from "../contracts/pin-service.ts";
import { testWorld } from "../fakes/world.ts";
import { kuboBinary, startKubo } from "../servers/kubo.ts";
import { type PsaServer, startPsa } from "../servers/psa.ts";

const basics = { only: [], trust: "seen" } as const;
const nowhere = "http://127.0.0.1:1";
const { root } = aDataset();

let psa: PsaServer;
beforeAll(async () => {
  psa = await startPsa();
});
afterAll(() => psa.stop());

const every: readonly ServiceConfig[] = [
  { ...basics, name: "mirror", kind: "kubo", api: nowhere, token: "MIRROR_TOKEN" },
  { ...basics, name: "dkrz", kind: "cluster", api: nowhere, token: "DKRZ_TOKEN", replicas: 2 },
  { ...basics, name: "shop", kind: "psa", endpoint: nowhere, token: "SHOP_TOKEN" },
  { ...basics, name: "pinata", kind: "pinata", endpoint: nowhere, token: "PINATA_JWT" },
];

describe.each(every)("a service of kind $kind", (config) => {
  it("goes by its name in campaign.yaml and asks for the one secret that is named there", () => {
    const asked: string[] = [];
    const service = pinService(config, "halo", (variable) => {
      asked.push(variable);
      return "secret-word";
    });
    expect([service.name, asked]).toEqual([config.name, [config.token]]);
  });

  it("is not made without its secret", () => {
    const missing = new Failure("input", "not set");
    const secret = () => {
      throw missing;
    };
    expect(() => pinService(config, "halo", secret)).toThrow(missing);
  });

  it("is asked four times before it counts as gone, waiting longer each time", async () => {
    const waits: number[] = [];
    const world = testWorld({ sleep: async (ms) => void waits.push(ms) });
    const service = pinService(config, "halo", () => "secret-word");
    await expect(service.status([root], world)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringMatching(new RegExp(`^${config.name}\\b`)),
    });
    expect(waits).toEqual([500, 1000, 2000]);
    service.close?.();
  });
});

it("asks a service that refused once", async () => {
  const config: ServiceConfig = { ...basics, name: "shop", kind: "psa", endpoint: psa.endpoint, token: "SHOP_TOKEN" };
  const service = pinService(config, "halo", () => "a wrong token");
  const before = psa.requests.length;
  await expect(service.pin(pinRequestFor(root), testWorld())).rejects.toMatchObject({
    kind: "refused",
    hint: "check SHOP_TOKEN",
  });
  expect(psa.requests.length).toBe(before + 1);
});

it("asks Pinata for no more than thirty lists a minute, by either of its doors", async () => {
  const pinata: ServiceConfig = { ...basics, name: "pinata", kind: "pinata", token: "PINATA_JWT" };
  const psaDoor: ServiceConfig = {
    ...basics,
    name: "shop",
    kind: "psa",
    endpoint: "https://api.pinata.cloud/psa",
    token: "T",
  };
  for (const config of [pinata, psaDoor]) {
    let waited = 0;
    let lists = 0;
    const world = testWorld({
      sleep: async (ms) => {
        waited += ms;
      },
      fetch: async () => {
        if (waited === 0) lists++;
        return Response.json({ count: 0, rows: [], results: [] });
      },
    });
    const service = pinService(config, "halo", () => "secret-word");
    for (let call = 0; call < 31; call++) await service.status([root], world);
    expect(lists).toBe(30);
    expect(waited).toBeGreaterThan(50_000);
  }
});

describe.skipIf(!(await kuboBinary()))("one Kubo for two campaigns", () => {
  it("lets go for each what that campaign pinned, and nothing of the other's", async () => {
    const kubo = await startKubo();
    onTestFinished(() => kubo.stop());
    const config: ServiceConfig = { ...basics, name: "mirror", kind: "kubo", api: kubo.api };
    const both = ["halo", "eurec4a"].map((campaign) => {
      const service = pinService(config, campaign, () => "");
      onTestFinished(() => service.close?.());
      return { service, label: `${campaign}/tree@1`, data: aDataset() };
    });
    const world = testWorld();
    for (const { service, label, data } of both) {
      await service.take!(data.root, carOf([data.root], data.blocks), world);
      await service.pin(pinRequestFor(data.root, { label }), world);
    }
    const [halo, eurec4a] = both as [(typeof both)[0], (typeof both)[0]];
    const kept = async () =>
      [...(await halo.service.status([halo.data.root, eurec4a.data.root], world)).values()].map(({ state }) => state);
    await halo.service.unpin!(eurec4a.data.root, world);
    expect(await kept()).toEqual(["pinned", "pinned"]);
    await halo.service.unpin!(halo.data.root, world);
    expect(await kept()).toEqual(["absent", "pinned"]);
  });
});
