/** Keys that can't be used are told before anything starts, at the line that names them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { base36 } from "multiformats/bases/base36";
import { base58btc } from "multiformats/bases/base58";
import { CID } from "multiformats/cid";
import { describe, expect, it } from "vitest";
import { privateKeyOf, protobufOf, publicName } from "../../pipeline/core/key.ts";
import { aCampaign, fieldtree } from "../commands/program.ts";

/** `12D3Koo…` */
const peerIdOf = (name: string) => base58btc.encode(CID.parse(name, base36).multihash.bytes).slice(1);

const [ours, another] = await Promise.all(
  [1, 2].map(async (byte) => {
    const key = await privateKeyOf(new Uint8Array(32).fill(byte));
    return { name: publicName(key.publicKey), secret: Buffer.from(protobufOf(key)).toString("base64") };
  }),
);

const signed = `campaign: a
log:
  kind: local
  key: LOG_KEY
  signers: [${ours!.name}]
`;
const announced = `campaign: a
names:
  - to: tree
    ipns: CAMPAIGN_KEY
    key: ${ours!.name}
    routing: ["http://127.0.0.1:1"]
`;

describe.each([
  ["log", signed, "LOG_KEY"],
  ["name", announced, "CAMPAIGN_KEY"],
])("the key of a %s", (_, config, variable) => {
  const damaged = Buffer.from("no key, but nobody's business either").toString("base64");

  it.each([
    ["is not set", undefined, /takes a secret from the environment variable \w+, which is not set/],
    ["is damaged", damaged, /is no private key that can be used: it is neither/],
    ["is another's", another!.secret, new RegExp(`is the key of ${another!.name}, (who|and)`)],
  ])("is reported with its line where it %s, and nothing is done", async (_, secret, says) => {
    const cwd = await aCampaign({ "campaign.yaml": config });
    const { code, stderr } = await fieldtree(["publish"], {
      cwd,
      env: secret === undefined ? {} : { [variable]: secret },
    });
    expect(code).toBe(2);
    expect(stderr).toContain("campaign.yaml:4: ");
    expect(stderr).toMatch(says);
    expect(existsSync(join(cwd, ".fieldtree", "packs"))).toBe(false);
    if (secret !== undefined) expect(stderr).not.toContain(secret);
  });
});

it("is missed where signers are named and none is", async () => {
  const cwd = await aCampaign({ "campaign.yaml": signed.replace("  key: LOG_KEY\n", "") });
  const { code, stderr } = await fieldtree(["publish"], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain("campaign.yaml:4: names signers:, and no key: to sign with");
  expect((await fieldtree(["verify"], { cwd })).stderr).toContain("nothing has been published yet");
});

it.each([
  ["as fieldtree spells it", ours!.name],
  ["as libp2p does", peerIdOf(ours!.name)],
])("signs where its key is one of the signers, spelled %s", async (_, name) => {
  const cwd = await aCampaign({ "campaign.yaml": signed.replace(ours!.name, name) });
  const env = { LOG_KEY: ours!.secret };
  expect((await fieldtree(["publish"], { cwd, env })).code).toBe(0);
  expect((await fieldtree(["verify"], { cwd })).stdout).toContain(`1 signed by ${ours!.name}`);
});
