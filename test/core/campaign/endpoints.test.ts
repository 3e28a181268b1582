/** Which changes of campaign.yaml send data, secrets or announcements elsewhere, and which only look like it. */
import { describe, expect, it } from "vitest";
import { readCampaign } from "../../../pipeline/core/campaign/campaign.ts";
import { endpointChanges } from "../../../pipeline/core/campaign/endpoints.ts";
import { publicName } from "../../../pipeline/core/key.ts";
import { v1 } from "../cids.ts";

const configIn = (text: string) => {
  const { campaign, findings } = readCampaign(text);
  expect(findings).toEqual([]);
  return campaign!;
};
const changes = (base: string, proposal: string) => endpointChanges(configIn(base), configIn(proposal));

const service = (name: string, rest = "api: https://a.example, token: KUBO_TOKEN") =>
  `    - { name: ${name}, kind: kubo, ${rest} }\n`;
const domain = (name: string, rest = "token: DNS_TOKEN") =>
  `  - { domain: ${name}, to: tree, provider: { kind: desec, ${rest} } }\n`;
const peers = [
  "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN",
  "12D3KooWBpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN",
];
const pins = (services: string, rest = "") => `campaign: sea\npins:\n  services:\n${services}${rest}`;
const base = "campaign: sea\n";

describe("nothing changes", () => {
  it.each([
    ["where only the title differs", base, `${base}title: Sea\nlimits: { fetch: 1 GiB }\nowners: { "**": [anna] }\n`],
    [
      "where gateways are in another order",
      `${base}gateways: [https://a.example, https://b.example]`,
      `gateways: [https://b.example/, https://a.example/]\n${base}`,
    ],
    ["where services are in another order", pins(service("a") + service("b")), pins(service("b") + service("a"))],
    [
      "where peers are in another order",
      pins(service("a"), `  peers: [${peers}]\n`),
      pins(service("a"), `  peers: [${peers.toReversed()}]\n`),
    ],
    [
      "where names are in another order",
      `${base}names:\n${domain("a.example")}${domain("b.example")}`,
      `${base}names:\n${domain("b.example")}${domain("a.example")}`,
    ],
    [
      "where defaults are written out",
      base,
      `${base}node: { kind: embedded }\nlog: { kind: local, signers: [] }\ngateways: []\npins: { sample: 8, services: [] }\nnames: []\n`,
    ],
  ])("%s", (_, before, after) => expect(changes(before, after)).toEqual([]));
});

describe("is a change, by its key, from what to what", () => {
  it.each([
    [
      "where DOIs are registered",
      `${base}doi: { prefix: "10.5072", repository: TIB.SEA, password: DATACITE_PASSWORD }`,
      `${base}doi: { prefix: "10.5072", repository: TIB.SEA, password: DATACITE_PASSWORD, endpoint: https://b.example }`,
      "doi.endpoint",
      "https://api.datacite.org",
      "https://b.example",
    ],
    [
      "which secret is sent there",
      `${base}doi: { prefix: "10.5072", repository: TIB.SEA, password: DATACITE_PASSWORD }`,
      `${base}doi: { prefix: "10.5072", repository: TIB.SEA, password: DNS_TOKEN }`,
      "doi.password",
      "DATACITE_PASSWORD",
      "DNS_TOKEN",
    ],
    [
      "another gateway",
      `${base}gateways: [https://a.example]`,
      `${base}gateways: [https://b.example]`,
      "gateways",
      "https://a.example",
      "https://b.example",
    ],
    [
      "one gateway more",
      `${base}gateways: [https://a.example]`,
      `${base}gateways: [https://evil.example, https://a.example]`,
      "gateways",
      null,
      "https://evil.example",
    ],
    ["one gateway less", `${base}gateways: [https://a.example]`, base, "gateways", "https://a.example", null],
    [
      "another token's variable for a node",
      `${base}node: { kind: kubo, token: A_TOKEN }`,
      `${base}node: { kind: kubo, token: B_TOKEN }`,
      "node.token",
      "A_TOKEN",
      "B_TOKEN",
    ],
    [
      "another address of a service",
      pins(service("a")),
      pins(service("a", "api: https://b.example, token: KUBO_TOKEN")),
      "pins.services.a.api",
      "https://a.example",
      "https://b.example",
    ],
    [
      "another secret of a service",
      pins(service("a")),
      pins(service("a", "api: https://a.example, token: DNS_TOKEN")),
      "pins.services.a.token",
      "KUBO_TOKEN",
      "DNS_TOKEN",
    ],
    ["one peer more", pins(service("a")), pins(service("a"), `  peers: [${peers[0]}]\n`), "pins.peers", null, peers[0]],
    [
      "another address of a DNS provider",
      `${base}names:\n${domain("a.example")}`,
      `${base}names:\n${domain("a.example", 'token: DNS_TOKEN, api: "https://evil.example"')}`,
      "names.a.example.provider.api",
      null,
      "https://evil.example",
    ],
    [
      "another remote of the log",
      `${base}log: { kind: git }`,
      `${base}log: { kind: git, remote: "https://evil.example/x" }`,
      "log.remote",
      "origin",
      "https://evil.example/x",
    ],
    ["another key to sign with", base, `${base}log: { kind: local, key: A_KEY }`, "log.key", null, "A_KEY"],
  ])("%s", (_, before, after, key, from, to) => expect(changes(before, after)).toEqual([{ key, from, to }]));

  it("a signer that no longer counts", () => {
    const signer = publicName(new Uint8Array(32).fill(1));
    const before = configIn(base);
    const after = { ...before, log: { ...before.log, signers: [signer] } };
    expect(endpointChanges(after, before)).toEqual([{ key: "log.signers", from: signer, to: null }]);
  });

  it("a service or a name that comes or goes: one change, its address and secret first", () => {
    const [added] = changes(pins(service("a")), pins(service("a") + service("b"))).filter(
      ({ key }) => key === "pins.services.b",
    );
    expect(added).toMatchObject({
      from: null,
      to: expect.stringContaining("api: https://a.example, token: KUBO_TOKEN"),
    });
    expect(changes(`${base}names:\n${domain("a.example")}`, base)).toEqual([
      { key: "names.a.example", from: expect.stringContaining("provider.token: DNS_TOKEN"), to: null },
    ]);
  });

  it("two tokens that change places", () => {
    const two = (a: string, b: string) =>
      pins(service("a", `api: https://a.example, token: ${a}`) + service("b", `api: https://b.example, token: ${b}`));
    expect(changes(two("X", "Y"), two("Y", "X"))).toEqual([
      { key: "pins.services.a.token", from: "X", to: "Y" },
      { key: "pins.services.b.token", from: "Y", to: "X" },
    ]);
  });

  it("a text of any length, of which so much is given as a person reads", () => {
    const extra = (name: string) => `${base}pins: { extra: [{ name: ${name}, cid: ${v1(1)} }] }`;
    expect(changes(base, extra("x".repeat(100)))[0]!.to).toContain(`cid: ${v1(1)}`);
    const long = `${base}gateways: ["https://a.example/${"x".repeat(5000)}"]`;
    for (const change of changes(base, long)) expect(change.to!.length).toBeLessThanOrEqual(501);
  });
});
