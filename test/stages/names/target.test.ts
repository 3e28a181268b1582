import { describe, expect, it } from "vitest";
import { parseNameTarget } from "../../../pipeline/core/campaign/name-target.ts";
import type { ReleaseLog } from "../../../pipeline/log/log.ts";
import { targetOf } from "../../../pipeline/stages/names/target.ts";
import { aChain } from "../../fakes/release.ts";
import { testWorld } from "../../fakes/world.ts";

const chain = aChain([[], [], []]);
const [first, second, third] = chain;

/** A log whose own head is still the second release, while the third is being made. */
const log = {
  head: async () => second,
  read: async (cid) => chain.find((each) => each.cid.equals(cid))!.release,
} as Partial<ReleaseLog> as ReleaseLog;

const target = (to: string) => targetOf(parseNameTarget(to), third!, log, testWorld());

describe("what a name should say", () => {
  it.each([
    ["tree", `/ipfs/${third!.release.root}`],
    ["portal", `/ipfs/${third!.release.portal}`],
    ["portal/stac/catalog.json", `/ipfs/${third!.release.portal}/stac/catalog.json`],
    ["tree@1", `/ipfs/${first!.release.root}`],
    ["portal@2", `/ipfs/${second!.release.portal}`],
    ["tree@3", `/ipfs/${third!.release.root}`],
  ])("is for %s what the release that is to be the head says", async (to, says) => {
    expect(await target(to)).toBe(says);
  });

  it("can't be a release that is yet to come", async () => {
    await expect(target("tree@4")).rejects.toMatchObject({ kind: "input", hint: expect.stringContaining("1 to 3") });
  });
});
