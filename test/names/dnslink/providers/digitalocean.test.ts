import { expect, it } from "vitest";
import { digitalocean } from "../../../../pipeline/names/dnslink/providers/digitalocean.ts";
import { digitaloceanVendor } from "../../../fakes/dns-vendors/digitalocean.ts";
import { testWorld } from "../../../fakes/world.ts";
import { name, one, other, overHttp, started } from "./over-http.ts";

const about = {
  vendor: digitaloceanVendor,
  provider: digitalocean,
  write: "PUT",
  refusal: "Unable to authenticate you (Unauthorized)",
  // Two quotes, a blank between the strings of 255, and an escape for each quote count.
  keeps: (value: string) => !value.includes("\\") && value.length < 500,
};

overHttp(about);

it("changes the dnslink record under its id, and leaves the others alone", async () => {
  const { fake, dns } = await started(about);
  fake.plant(name, ["a note", one], 3600);
  const held = { values: ["a note", one], ttl: 3600 };
  await dns.replace(name, { values: ["a note", other], ttl: 3600 }, held, testWorld());
  expect(fake.requests.filter((request) => !request.startsWith("GET"))).toEqual([
    expect.stringMatching(/^PUT \/v2\/domains\/data\.example\.test\/records\/\d+$/),
  ]);
});

it("computes the address of the next page, and never follows the one in the answer", async () => {
  const { fake, dns } = await started(about);
  const asked: string[] = [];
  const world = testWorld({
    fetch: (request) => {
      asked.push(new URL(request.url).host);
      return fetch(request);
    },
  });
  await dns.read(name, world);
  expect(new Set(asked)).toEqual(new Set([new URL(fake.api).host]));
  expect(fake.requests.filter((request) => request === "GET /v2/domains")).toHaveLength(2);
});
