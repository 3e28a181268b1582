import { describe, expect, it } from "vitest";
import { privateKeyOf, publicName } from "../../pipeline/core/key.ts";
import { type Release, readRelease, releaseBlock } from "../../pipeline/log/release.ts";
import { signerOf, signRelease } from "../../pipeline/log/sign.ts";
import { aCid, aRelease } from "../fakes/release.ts";

const ours = await privateKeyOf(new Uint8Array(32).fill(1));
const theirs = await privateKeyOf(new Uint8Array(32).fill(2));

describe("a signed release", () => {
  it("says by whom, after it was stored and read", async () => {
    const signed = await signRelease(aRelease(1), ours);
    expect(await signerOf(readRelease(releaseBlock(signed)))).toEqual({ by: publicName(ours.publicKey) });
  });

  it("is the same release each time it is signed", async () => {
    const [once, again] = [await signRelease(aRelease(1), ours), await signRelease(aRelease(1), ours)];
    expect(`${releaseBlock(once).cid}`).toBe(`${releaseBlock(again).cid}`);
  });

  it("bears one signature, the last", async () => {
    const signed = await signRelease(await signRelease(aRelease(1), theirs), ours);
    expect(await signerOf(signed)).toEqual({ by: publicName(ours.publicKey) });
  });

  const changed: Partial<Record<keyof Release | "more", unknown>> = {
    campaign: "another",
    number: 2,
    previous: aCid("another"),
    root: aCid("another"),
    portal: aCid("another"),
    tree: aCid("another"),
    made: "2024-08-02T12:00:00Z",
    changes: [{ op: "add", path: "a", cid: "bafk" }],
    before: { root: aCid("a"), portal: aCid("b") },
    madeWith: { readers: {}, views: {}, campaign: "bafk" },
    rollbackOf: 1,
    why: "because",
    more: "a field of a later version",
  };
  it.each(Object.entries(changed))("is exposed when its %s was changed", async (name, value) => {
    const signed = await signRelease(aRelease(1), ours);
    expect(await signerOf({ ...signed, [name]: value })).toEqual({ bad: publicName(ours.publicKey) });
  });

  it("is exposed when it claims another's key", async () => {
    const signed = await signRelease(aRelease(1), ours);
    const claimed = { ...signed, signed: { ...signed.signed!, by: theirs.publicKey } };
    expect(await signerOf(claimed)).toEqual({ bad: publicName(theirs.publicKey) });
  });
});

it("an unsigned release has no signer", async () => {
  expect(await signerOf(aRelease(1))).toBeUndefined();
});
