import { expect, it } from "vitest";
import { ionos } from "../../../../pipeline/names/dnslink/providers/ionos.ts";
import { ionosVendor } from "../../../fakes/dns-vendors/ionos.ts";
import { testWorld } from "../../../fakes/world.ts";
import { name, one, other, overHttp, started } from "./over-http.ts";

const about = {
  vendor: ionosVendor,
  provider: ionos,
  write: "PATCH",
  refusal: "The customer is not authorized to do this operation. (UNAUTHORIZED)",
};

overHttp(about);

it("keeps records that are switched off as they are", async () => {
  const { fake, dns } = await started(about);
  fake.plant(name, [one], 3600);
  const zone = fake.state.zones.find(({ name }) => name === "data.example.test")!;
  zone.records = [...zone.records, { id: 7, name, type: "TXT", value: "asleep", ttl: 600, disabled: true }];
  expect(await dns.read(name, testWorld())).toEqual({ values: [one], ttl: 3600 });
  await dns.replace(name, { values: [other], ttl: 3600 }, { values: [one], ttl: 3600 }, testWorld());
  expect(zone.records.filter((record) => record.name === name && record.disabled)).toMatchObject([
    { value: "asleep", ttl: 600 },
  ]);
});

it("says which field of a record is refused", async () => {
  const { dns } = await started(about);
  const tooLong = { values: [one], ttl: 99_999_999 };
  await expect(dns.replace(name, tooLong, undefined, testWorld())).rejects.toMatchObject({
    kind: "refused",
    message: expect.stringMatching(/ionos: replacing _dnslink\S+ answered 400: Record is invalid\. \(INVALID_RECORD\)/),
  });
});
