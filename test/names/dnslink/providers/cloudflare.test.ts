import { expect, it } from "vitest";
import { cloudflare } from "../../../../pipeline/names/dnslink/providers/cloudflare.ts";
import { cloudflareVendor } from "../../../fakes/dns-vendors/cloudflare.ts";
import { testWorld } from "../../../fakes/world.ts";
import { name, one, other, overHttp, started } from "./over-http.ts";

const about = {
  vendor: cloudflareVendor,
  provider: cloudflare,
  write: "PATCH",
  refusal: "Invalid access token (9109)",
};

overHttp(about);

it("changes the dnslink record under its id, and leaves the ids of the others alone", async () => {
  const { fake, dns } = await started(about);
  fake.plant(name, ["a note", one], 3600);
  const ids = () => {
    const zone = fake.state.zones.find(({ name }) => name === "data.example.test")!;
    return zone.records
      .filter((record) => record.name === name && record.type === "TXT")
      .map(({ id }) => id)
      .sort();
  };
  const before = ids();
  const held = { values: ["a note", one], ttl: 3600 };
  await dns.replace(name, { values: ["a note", other], ttl: 3600 }, held, testWorld());
  expect(ids()).toEqual(before);
  expect(fake.requests.filter((request) => !request.startsWith("GET"))).toHaveLength(1);
});

it("takes an automatic TTL for the 300 s that it is", async () => {
  const { fake, dns } = await started(about);
  fake.plant(name, [one], 1);
  expect(await dns.read(name, testWorld())).toEqual({ values: [one], ttl: 300 });
});

it("reads values that were put there without quotes", async () => {
  const { fake, dns } = await started({
    ...about,
    vendor: {
      ...cloudflareVendor,
      answer(ask, state) {
        const said = cloudflareVendor.answer(ask, state);
        return { ...said, body: JSON.parse(JSON.stringify(said.body).replaceAll('"\\"', '"').replaceAll('\\""', '"')) };
      },
    },
  });
  fake.plant(name, [one], 3600);
  expect(await dns.read(name, testWorld())).toEqual({ values: [one], ttl: 3600 });
});

it("refuses a change of two records at once, and writes nothing", async () => {
  const { fake, dns } = await started(about);
  const both = { values: [one, "a note"], ttl: 3600 };
  await expect(dns.replace(name, both, undefined, testWorld())).rejects.toMatchObject({
    kind: "input",
    message: expect.stringContaining("one record at a time, and 2 at _dnslink.latest.data.example.test"),
  });
  expect(fake.journal).toEqual([]);
});
