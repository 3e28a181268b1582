import { expect, it } from "vitest";
import { gandi } from "../../../../pipeline/names/dnslink/providers/gandi.ts";
import { gandiVendor } from "../../../fakes/dns-vendors/gandi.ts";
import { testWorld } from "../../../fakes/world.ts";
import { name, one, overHttp, started } from "./over-http.ts";

const about = {
  vendor: gandiVendor,
  provider: gandi,
  write: "PUT",
  refusal: "answered 403: Access was denied to this resource.",
};

overHttp(about);

it("says which field of an RRset is refused", async () => {
  const { dns } = await started(about);
  await expect(dns.replace(name, { values: [one], ttl: 9_999_999 }, undefined, testWorld())).rejects.toMatchObject({
    kind: "refused",
    message: expect.stringContaining("rrset_ttl: 9999999 is greater than maximum value 2592000"),
  });
});
