import { describe, expect, it } from "vitest";
import { type PrivateKey, privateKeyOf, publicName } from "../../../pipeline/core/key.ts";
import type { Head } from "../../../pipeline/log/log.ts";
import { releaseBlock } from "../../../pipeline/log/release.ts";
import { signRelease } from "../../../pipeline/log/sign.ts";
import { checkSignatures } from "../../../pipeline/stages/verify/check-signatures.ts";
import { aRelease } from "../../fakes/release.ts";

const [a, b] = (await Promise.all([1, 2].map((byte) => privateKeyOf(new Uint8Array(32).fill(byte))))) as [
  PrivateKey,
  PrivateKey,
];
const [A, B] = [publicName(a.publicKey), publicName(b.publicKey)];

type Hand = "A" | "B" | "unsigned" | "forged";

/** A log whose releases bear, the first release first, what each of `hands` gave it. */
async function logBy(...hands: readonly Hand[]): Promise<Head[]> {
  const chain: Head[] = [];
  for (const [i, hand] of hands.entries()) {
    const plain = aRelease(i + 1, { previous: chain.at(-1)?.cid ?? null });
    const signed = hand === "unsigned" ? plain : await signRelease(plain, hand === "B" ? b : a);
    const release = hand === "forged" ? { ...signed, made: "2024-12-31T00:00:00Z" } : signed;
    chain.push({ cid: releaseBlock(release).cid, release });
  }
  return chain;
}

async function saysOf(hands: readonly Hand[], signers: readonly string[]): Promise<string> {
  const { ok, says, problem } = await checkSignatures(await logBy(...hands), "all", signers);
  expect(problem).toBe(ok ? undefined : "corrupt");
  return `${ok ? "good" : "bad"}: ${says}`;
}

describe("good is a log", () => {
  it.each<[what: string, hands: readonly Hand[], signers: readonly string[], says: string]>([
    [
      "of anybody, where no signers are named",
      ["unsigned", "B", "A"],
      [],
      `1 unsigned, 1 signed by ${B}, 1 signed by ${A}`,
    ],
    ["that one of the signers signed throughout", ["A", "B", "A"], [A, B], `2 signed by ${A}, 1 signed by ${B}`],
    [
      "that was unsigned before there was a key",
      ["unsigned", "unsigned", "A", "A"],
      [A],
      `2 signed by ${A}, 2 before release 3, which vouches for them`,
    ],
    [
      "that a former key signed before the one that counts now",
      ["unsigned", "B", "B", "A"],
      [A],
      `1 signed by ${A}, 3 before release 4, which vouches for them`,
    ],
    ["of no releases that could be read", [], [A], "none"],
  ])("%s", async (_, hands, signers, says) => {
    expect(await saysOf(hands, signers)).toBe(`good: ${says}`);
  });
});

describe("bad is a log", () => {
  const nobody = "none is signed by one of the campaign's signers; the first that is vouches for those before it; ";
  it.each<[what: string, hands: readonly Hand[], signers: readonly string[], says: string]>([
    ["whose newest release is unsigned", ["A", "unsigned"], [A], "release 2 is unsigned"],
    [
      "with one slipped in that was signed over later",
      ["unsigned", "A", "unsigned", "A"],
      [A],
      "release 3 is unsigned",
    ],
    [
      "with one slipped in that bears somebody's own signature",
      ["A", "B", "A"],
      [A],
      `release 2 is signed by ${B}, who is none of the campaign's signers`,
    ],
    ["that none of the signers signed", ["unsigned"], [A], `${nobody}release 1 is unsigned`],
    [
      "of another key, until the new one has signed",
      ["B"],
      [A],
      `${nobody}release 1 is signed by ${B}, who is none of the campaign's signers`,
    ],
    [
      "with a signature that isn't one, also before the first that counts",
      ["forged", "A"],
      [A],
      `release 1 claims to be signed by ${A}, and is not`,
    ],
    [
      "with a signature that isn't one, whoever counts",
      ["forged"],
      [],
      `release 1 claims to be signed by ${A}, and is not`,
    ],
  ])("%s", async (_, hands, signers, says) => {
    expect(await saysOf(hands, signers)).toBe(`bad: ${says}`);
  });

  it("and a thousand releases are not listed one by one", async () => {
    const says = await saysOf(["A", ...Array.from({ length: 30 }, () => "unsigned" as const)], [A]);
    expect(says).toMatch(/release 21 is unsigned; and 10 more$/);
  });
});
