import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { homeOrGateways } from "../../../pipeline/campaign/parts/home.ts";
import { secretsIn } from "../../../pipeline/campaign/secrets.ts";
import { readCampaign } from "../../../pipeline/core/campaign/campaign.ts";
import { testWorld } from "../../fakes/world.ts";

const text = 'campaign: test\nnode: { kind: kubo, api: "http://127.0.0.1:1", token: KUBO_TOKEN }\n';
const cid = CID.parse("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy");
const home = () => homeOrGateways(readCampaign(text).campaign!, "/nowhere", secretsIn(text, {}));

describe("a node whose token is not set", () => {
  it("leaves looking to the gateways, without being asked itself", async () => {
    const world = testWorld({ fetch: () => Promise.reject(new Error("somebody was asked")) });
    expect(await (await home()).get(cid, world)).toBeUndefined();
    expect((await home()).closed).toContain("KUBO_TOKEN");
  });

  it("names the variable that is missing, with its line, in every write", async () => {
    const { put, pin, unpin, pins } = await home();
    const world = testWorld();
    const said = { kind: "input", message: expect.stringMatching(/^campaign\.yaml:2: .*KUBO_TOKEN, which is not set/) };
    for (const writing of [put([], world), pin(cid, "a", world), unpin("a", world), pins(world)])
      await expect(writing).rejects.toMatchObject(said);
  });
});
