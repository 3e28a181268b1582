import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  pemOf,
  privateKeyFrom,
  privateKeyOf,
  protobufOf,
  publicKeyOf,
  publicName,
  sign,
  verify,
} from "../../pipeline/core/key.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const base64 = (raw: Uint8Array) => Buffer.from(raw).toString("base64");

/** Made, exported and listed by Kubo 0.43 once; worth nothing. */
const kubos = {
  pem: "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAmU+8n9gLNHxM3qQ9lW45DCqr7AwotCqtICsYFWgjl5\n-----END PRIVATE KEY-----\n",
  names: [
    "k51qzi5uqu5dl9p5xuruiyqyj8uxgt9juq3b8scy8s8xtolgb1cyw2uaqq86xj",
    "12D3KooWPYzbfQYTBNvVC6xkAc8w9Uqagy1Gmdgqock6d8SjiDEE",
    "bafzaajaiaejcbtatqpqa7hnvfycszmokk2tavye5rpmeuteittxnlvpxumxpr5yx",
  ],
};

describe("a name", () => {
  it.each(kubos.names)("%s is understood, and written as k51…", async (name) => {
    const { publicKey } = await privateKeyFrom(kubos.pem);
    expect(publicKeyOf(name)).toEqual(publicKey);
    expect(publicName(publicKey)).toBe(kubos.names[0]);
  });

  it.each([
    ["an RSA key's", "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn"],
    ["a file's", "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"],
    ["a domain's", "latest.example.org"],
    ["one with a letter missing", kubos.names[0]!.slice(0, -1)],
    ["one that never ends", `k${"5".repeat(100_000)}`],
    ["none", ""],
  ])("%s is not taken for one of ours", (_, name) => {
    expect(publicKeyOf(name)).toBeUndefined();
  });
});

describe("a private key", () => {
  it.each([
    ["PEM", kubos.pem],
    ["PEM whose lines were joined", kubos.pem.replaceAll("\n", " ")],
    ["PEM whose line ends are written out", kubos.pem.replaceAll("\n", "\\n")],
    ["the bytes of a PEM", new TextEncoder().encode(kubos.pem)],
  ])("is read from %s", async (_, source) => {
    expect(publicName((await privateKeyFrom(source)).publicKey)).toBe(kubos.names[0]);
  });

  it("is read from what it is written as", async () => {
    const anySeed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(anySeed, async (seed) => {
        const key = await privateKeyOf(seed);
        for (const written of [protobufOf(key), base64(protobufOf(key)), pemOf(key)]) {
          expect(await privateKeyFrom(written)).toEqual(key);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("is written byte for byte as Kubo writes it", async () => {
    const key = await privateKeyFrom(kubos.pem);
    expect(pemOf(key)).toBe(kubos.pem);
    expect(Buffer.from(protobufOf(key)).toString("hex")).toMatch(/^08011240[0-9a-f]{128}$/);
  });

  it("is refused where its public half is another's", async () => {
    const mixed = protobufOf(await privateKeyFrom(kubos.pem));
    mixed.set((await privateKeyOf(new Uint8Array(32))).publicKey, 36);
    await expect(privateKeyFrom(base64(mixed), "CAMPAIGN_KEY")).rejects.toMatchObject({
      kind: "input",
      message: "CAMPAIGN_KEY is no private key that can be used: its public half belongs to another key",
    });
  });

  it.each([
    ["nothing", " \n", "it is empty"],
    ["a name", kubos.names[0]!, "neither a PEM of PKCS#8 nor libp2p's protobuf in base64"],
    ["half of it", kubos.pem.replace("MC4C", ""), "of another kind than ed25519, or damaged"],
    ["an RSA key", base64(bytes(`080012${"00".repeat(200)}`)), "of another kind than ed25519"],
    ["an encrypted one", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n", "it is encrypted"],
    ["a whole disk", "A".repeat(100_000), "longer than 4096 characters"],
  ])("is refused where there is %s, in words that quote nothing of it", async (_, source, says) => {
    const failure = await privateKeyFrom(source).catch((error: Error) => error);
    expect(failure).toMatchObject({ kind: "input", message: expect.stringContaining(says) });
    const secret = source.trim().slice(30, 60);
    if (secret !== "") expect(JSON.stringify(failure) + String(failure)).not.toContain(secret);
  });
});

describe("a signature", () => {
  // RFC 8032, section 7.1, TEST 3.
  const vector = {
    seed: bytes("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
    publicKey: bytes("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
    message: bytes("af82"),
    signature: bytes(
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
  };

  it("is the one of RFC 8032", async () => {
    const key = await privateKeyOf(vector.seed);
    expect(key.publicKey).toEqual(vector.publicKey);
    expect(await sign(vector.message, key)).toEqual(vector.signature);
    expect(await verify(vector.signature, vector.message, vector.publicKey)).toBe(true);
  });

  it("holds for these bytes, this key and itself whole, and for nothing else", async () => {
    const { publicKey, message, signature } = vector;
    const other = (await privateKeyOf(new Uint8Array(32))).publicKey;
    const flipped = signature.with(3, signature[3]! ^ 1);
    expect(await verify(signature, bytes("af83"), publicKey)).toBe(false);
    expect(await verify(signature, message, other)).toBe(false);
    expect(await verify(flipped, message, publicKey)).toBe(false);
    expect(await verify(signature.subarray(1), message, publicKey)).toBe(false);
    expect(await verify(signature, message, publicKey.subarray(1))).toBe(false);
  });
});
