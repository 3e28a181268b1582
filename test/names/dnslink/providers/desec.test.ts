import { expect, it } from "vitest";
import { desec } from "../../../../pipeline/names/dnslink/providers/desec.ts";
import { desecVendor } from "../../../fakes/dns-vendors/desec.ts";
import { testWorld } from "../../../fakes/world.ts";
import { name, one, overHttp, started } from "./over-http.ts";

const about = { vendor: desecVendor, provider: desec, write: "PUT", refusal: "answered 401: Invalid token." };

overHttp(about);

it("takes the shorter TTL that a domain was granted", async () => {
  const granted: typeof desecVendor = {
    ...desecVendor,
    answer(ask, state) {
      const sent = ask.body as { ttl: number }[] | undefined;
      if (sent) return { status: 400, body: [{ ttl: [`${sent[0]!.ttl} was sent.`] }] };
      const { body, ...said } = desecVendor.answer(ask, state);
      return { ...said, body: Array.isArray(body) ? body.map((domain) => ({ ...domain, minimum_ttl: 60 })) : body };
    },
  };
  const { dns } = await started({ ...about, vendor: granted });
  await expect(dns.replace(name, { values: [one], ttl: 300 }, undefined, testWorld())).rejects.toMatchObject({
    message: expect.stringContaining("ttl: 300 was sent."),
  });
});

it("says which field of an RRset is refused", async () => {
  const { dns } = await started(about);
  await expect(dns.replace(name, { values: [one], ttl: 90_000 }, undefined, testWorld())).rejects.toMatchObject({
    kind: "refused",
    message: expect.stringContaining("answered 400: ttl: Ensure this value is less than or equal to 86400."),
  });
});
