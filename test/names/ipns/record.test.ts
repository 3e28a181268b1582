/**
 * Which records are believed. The judge is Kubo itself: `ipfs name inspect --verify` reads the same bytes.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyFromProtobuf } from "@libp2p/crypto/keys";
import { execa } from "execa";
import fc from "fast-check";
import { createIPNSRecordWithExpiration, type IPNSRecordV1V2, marshalIPNSRecord } from "ipns";
import { describe, expect, it, onTestFinished } from "vitest";
import { privateKeyOf, protobufOf, publicName } from "../../../pipeline/core/key.ts";
import { readRecord, signRecord } from "../../../pipeline/names/ipns/record.ts";
import { kuboBinary } from "../../servers/kubo.ts";

const key = await privateKeyOf(new Uint8Array(32).fill(11));
const name = publicName(key.publicKey);
const other = await privateKeyOf(new Uint8Array(32).fill(12));

const value = "/ipfs/bafkqaddwgevxmmraojswg33smq";
const fields = { value, sequence: 3n, ttl: 300, until: new Date(Date.UTC(2126, 10, 21)) };

const made = await createIPNSRecordWithExpiration(
  privateKeyFromProtobuf(protobufOf(key)),
  value,
  3,
  "2126-11-21T00:00:00Z",
);
const flipped = (signature: Uint8Array) => signature.with(0, signature[0]! ^ 1);
const without = (...names: (keyof IPNSRecordV1V2)[]) =>
  marshalIPNSRecord(
    Object.fromEntries(Object.entries(made).filter(([each]) => !names.includes(each as never))) as never,
  );

/** The cases of the specification's own vectors ("Test vectors" of the IPNS record specification), and some of ours. */
const records = {
  "of both versions": marshalIPNSRecord(made),
  "of version 2 alone": without("signatureV1"),
  "of version 1 alone": without("signatureV2", "data"),
  "whose version 1 says another value": marshalIPNSRecord({ ...made, value: "/ipfs/bafkqaaa" }),
  "whose version 1 says another sequence": marshalIPNSRecord({ ...made, sequence: 4n }),
  "whose version 2 is signed wrongly": marshalIPNSRecord({ ...made, signatureV2: flipped(made.signatureV2) }),
  "whose version 1 is signed wrongly": marshalIPNSRecord({ ...made, signatureV1: flipped(made.signatureV1) }),
  "of another key": (await signRecord(fields, other)).bytes,
  "of ours": (await signRecord(fields, key)).bytes,
  "that has ended": (await signRecord({ ...fields, until: new Date(Date.UTC(2001, 0, 1)) }, key)).bytes,
  "larger than 10 KiB": (await signRecord({ ...fields, value: `${value}/${"x".repeat(6000)}` }, key)).bytes,
};

const believed = ["of both versions", "of version 2 alone", "whose version 1 is signed wrongly", "of ours"];

describe("a record", () => {
  it.each(Object.entries(records))("%s is believed, or not, as the specification has it", async (which, bytes) => {
    const record = await readRecord(bytes, key.publicKey);
    // Time is judged by whoever asks: what has ended still tells how far the numbers went.
    if (believed.includes(which) || which === "that has ended") expect(record).toMatchObject({ value, sequence: 3n });
    else expect(record).toEqual(expect.any(String));
  });

  it("comes back as it was signed", async () => {
    const signed = await signRecord(fields, key);
    expect(await readRecord(signed.bytes, key.publicKey)).toEqual({ ...fields, bytes: signed.bytes });
  });

  it("says nothing else after any bit of it was turned", async () => {
    const { bytes } = await signRecord(fields, key);
    const anywhere = fc.record({ at: fc.nat(bytes.length - 1), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(anywhere, async ({ at, bit }) => {
        const turned = await readRecord(bytes.with(at, bytes[at]! ^ (1 << bit)), key.publicKey);
        if (typeof turned !== "string") expect(turned).toMatchObject(fields);
      }),
      { numRuns: 300 },
    );
  });

  it("never breaks on bytes from anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect(await readRecord(bytes, key.publicKey)).toEqual(expect.any(String));
      }),
    );
  });

  it.each([
    ["a value that is no path", { value: "/etc/passwd" }],
    ["a value that writes on the reader's terminal", { value: `${value}/\u001b[2J` }],
  ])("with %s is invalid, whoever signed it", async (_, part) => {
    const { bytes } = await signRecord({ ...fields, ...part }, key);
    expect(await readRecord(bytes, key.publicKey)).toBe("points to something that is no path");
  });
});

const binary = await kuboBinary();
describe.skipIf(!binary)("Kubo", () => {
  it.each(Object.entries(records))("judges a record %s as we do", async (which, bytes) => {
    const folder = await mkdtemp(join(tmpdir(), "fieldtree-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "record"), bytes);
    const args = ["name", "inspect", "--verify", name, "--enc=json", join(folder, "record")];
    const { stdout } = await execa(binary!, args, { env: { IPFS_PATH: folder, IPFS_TELEMETRY: "off" }, reject: false });
    const { Entry, Validation } = stdout === "" ? {} : JSON.parse(stdout);
    expect(Validation?.Valid ?? false).toBe(believed.includes(which));
    if (Validation?.Valid) expect(Entry).toMatchObject({ Value: value, Sequence: 3, ValidityType: 0 });
    if (which === "of ours") expect(Entry).toMatchObject({ Validity: "2126-11-21T00:00:00Z", TTL: 300_000_000_000 });
  });
});
