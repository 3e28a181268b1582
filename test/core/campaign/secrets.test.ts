import { expect, it } from "vitest";
import { readCampaign } from "../../../pipeline/core/campaign/campaign.ts";
import { secretNames } from "../../../pipeline/core/campaign/secrets.ts";

const named = (text: string) => secretNames(readCampaign(`campaign: x\n${text}`).campaign!);

it("names every secret that publishing needs, wherever campaign.yaml names it", () => {
  const config = `node: { kind: kubo, api: "https://kubo.example", token: NODE_TOKEN }
pins:
  services:
    - { name: mirror, kind: kubo, api: "https://mirror.example", token: MIRROR_TOKEN }
    - { name: dkrz, kind: cluster, api: "https://dkrz.example", token: DKRZ_TOKEN, gateway: "https://dkrz.example" }
    - { name: shop, kind: psa, endpoint: "https://shop.example", token: SHOP_TOKEN, trust: word }
    - { name: pinata, kind: pinata, token: PINATA_JWT, trust: word }
names:
  - { domain: a.example.org, to: tree, provider: { kind: rfc2136, server: "192.0.2.1:53", key: DNS_KEY } }
  - { domain: b.example.org, to: tree, provider: { kind: powerdns, api: "https://dns.example", token: POWERDNS_KEY } }
  - { domain: c.example.org, to: tree, provider: { kind: desec, token: DESEC_TOKEN } }
  - { domain: d.example.org, to: tree, provider: { kind: manual } }
  - { ipns: IPNS_KEY, to: portal }
log: { kind: git, key: SIGNING_KEY }
`;
  expect(named(config)).toEqual([
    "NODE_TOKEN",
    "MIRROR_TOKEN",
    "DKRZ_TOKEN",
    "SHOP_TOKEN",
    "PINATA_JWT",
    "DNS_KEY",
    "POWERDNS_KEY",
    "DESEC_TOKEN",
    "IPNS_KEY",
    "SIGNING_KEY",
  ]);
});

it("names one that serves twice once, and none where there is none", () => {
  const twice = ["a", "b"].map(
    (name) => `  - { domain: ${name}.example.org, to: tree, provider: { kind: desec, token: DESEC_TOKEN } }\n`,
  );
  expect(named(`names:\n${twice.join("")}`)).toEqual(["DESEC_TOKEN"]);
  expect(named("")).toEqual([]);
});
