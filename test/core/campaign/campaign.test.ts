import { toJsonSchema } from "@valibot/to-json-schema";
import { Ajv } from "ajv";
import { CORE_SCHEMA, load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { campaignSchema, directoryProfiles, facts, readCampaign } from "../../../pipeline/core/campaign/campaign.ts";

const says = (text: string) =>
  readCampaign(text).findings.map(({ line, column, rule, path, fix }) => [`${line}:${column}`, rule, path, fix]);

const full = `# yaml-language-server: $schema=../schemas/campaign.schema.json
campaign: orcestra
title: ORCESTRA field campaign
domain: orcestra-campaign.org
node: { kind: kubo, api: "http://127.0.0.1:5001/", token: KUBO_TOKEN }
gateways: [https://ipfs.io/, "http://127.0.0.1:8080"]
scan:
  only: [products/**]
  except:
    - "**/raw"
collections: { depth: 3 }
providers:
  - name: DLR
    description: German Aerospace Center
    roles: [producer, host]
    url: https://www.dlr.de
projects: { Percusion: PERCUSION, "1.10": one }
profile: unixfs-v0-2015
limits: { fetch: 1.5 GiB }
`;

describe("campaign.yaml", () => {
  it("needs only a name; everything else has a default", () => {
    expect(readCampaign("campaign: orcestra\n")).toEqual({
      campaign: {
        campaign: "orcestra",
        title: "orcestra",
        node: { kind: "embedded" },
        gateways: [],
        scan: { only: [], except: [] },
        collectionDepth: 2,
        providers: [],
        projects: {},
        sisters: [],
        mirrors: [],
        profile: "cid-v1",
        limits: { fetch: 10 * 1024 ** 3 },
        pins: {
          require: { atLeast: 0, of: [] },
          services: [],
          extra: [],
          keep: {},
          peers: [],
          sample: 8,
          deadline: 600_000,
        },
        names: [],
        log: { kind: "local", signers: [] },
        owners: {},
        review: { removals: 0.3, label: "allow-removals", reach: { bytes: 50_000_000, time: 60_000 } },
      },
      findings: [],
    });
  });

  it("says all it can say, with slashes trimmed and sizes in bytes", () => {
    const { campaign, findings } = readCampaign(full);
    expect(findings).toEqual([]);
    expect(campaign).toMatchObject({
      node: { kind: "kubo", api: "http://127.0.0.1:5001", token: "KUBO_TOKEN" },
      gateways: ["https://ipfs.io", "http://127.0.0.1:8080"],
      scan: { only: ["products/**"], except: ["**/raw"] },
      collectionDepth: 3,
      projects: { Percusion: "PERCUSION", "1.10": "one" },
      profile: "unixfs-v0-2015",
      limits: { fetch: 1.5 * 1024 ** 3 },
    });
  });

  it("gives facts that know nothing of where blocks are kept", () => {
    const published = facts(readCampaign(full).campaign!);
    expect(Object.keys(published).sort()).toEqual([
      "campaign",
      "collectionDepth",
      "domain",
      "gateways",
      "projects",
      "providers",
      "title",
    ]);
    const elsewhere = facts(
      readCampaign(full.replace(/^node:.*$/m, "node: embedded").replace("1.5 GiB", "1 GB")).campaign!,
    );
    expect(elsewhere).toEqual(published);
  });

  it.each([
    ["", { kind: "embedded" }],
    ["node: embedded", { kind: "embedded" }],
    ["node: { kind: embedded }", { kind: "embedded" }],
    ["node: kubo", { kind: "kubo", api: "http://127.0.0.1:5001" }],
    ["node: http://10.0.0.7:5001/", { kind: "kubo", api: "http://10.0.0.7:5001" }],
    ["node: { kind: kubo, api: 'http://[::1]:5001' }", { kind: "kubo", api: "http://[::1]:5001" }],
  ])("%j means the node %j", (line, node) => {
    expect(readCampaign(`campaign: a\n${line}\n`)).toMatchObject({ findings: [], campaign: { node } });
  });

  it.each([
    ["500 MB", 500e6],
    ["1GiB", 1024 ** 3],
    ["2 TB", 2e12],
    ["12 B", 12],
    ["3 kB", 3000],
  ])("%s are %d bytes", (size, bytes) => {
    expect(readCampaign(`campaign: a\nlimits: {fetch: ${size}}\n`).campaign?.limits.fetch).toBe(bytes);
  });

  it("takes a key whose lines are all commented out for one that is not there", () => {
    expect(readCampaign("campaign: a\ntitle:\ngateways:\n  # - https://ipfs.io\nscan:\n  only:\n")).toMatchObject({
      findings: [],
      campaign: { title: "a", gateways: [], scan: { only: [] } },
    });
  });
});

describe("what is wrong with it", () => {
  it.each([
    "pins: {deadline: 25 d}",
    "names: [{domain: a.org, to: tree, provider: {kind: manual}, deadline: 99999 d}]",
    "review: {reach: {time: 30 d}}",
  ])("%s is longer than a timer lasts, and would be over at once", (line) => {
    expect(readCampaign(`campaign: a\n${line}\n`).findings).toMatchObject([
      { line: 2, says: expect.stringContaining("at most 24 d") },
    ]);
    expect(readCampaign(`campaign: a\n${line.replace(/\d+ d/, "24 d")}\n`).findings).toEqual([]);
  });

  it("comes all at once, at its line and column, with what is allowed and what was probably meant", () => {
    const { campaign, findings } = readCampaign(
      "campaign: 2024\ntitel: X\nnode: embeded\nprofile: cidv1\ncollections:\n  depth: 0\n",
    );
    expect(campaign).toBeUndefined();
    expect(findings).toMatchObject([
      { line: 1, column: 11, rule: "bad-value", path: "campaign", fix: '"2024"' },
      { line: 2, column: 1, rule: "unknown-key", path: "titel", fix: "did you mean title?" },
      { line: 3, column: 7, rule: "bad-value", path: "node", fix: "did you mean embedded?" },
      { line: 4, column: 10, rule: "bad-value", path: "profile", fix: "did you mean cid-v1?" },
      { line: 6, column: 10, rule: "bad-value", path: "collections.depth" },
    ]);
    expect(findings[1]?.says).toContain("known are campaign, title, domain, node");
    expect(findings[3]?.says).toContain("must be one of cid-v1, unixfs-v1-2025, unixfs-v0-2015, v0-raw-leaves");
  });

  it("is found at any depth", () => {
    expect(
      says(
        "campaign: a\nnode:\n  kind: kubo\n  tokn: X\ngateways:\n  - https://ok.org\n  - ftp://no.org\nproviders:\n  - nam: DLR\n",
      ),
    ).toEqual([
      ["4:3", "unknown-key", "node.tokn", "did you mean token?"],
      ["7:5", "bad-value", "gateways.1", undefined],
      ["9:5", "missing-key", "providers.0.name", undefined],
      ["9:5", "unknown-key", "providers.0.nam", "did you mean name?"],
    ]);
  });

  it("is that of the alternative whose keys were written, and of no other", () => {
    const name = (text: string) => says(`campaign: a\nnames:\n  - ${text}\n`);
    const rfc2136 = '{ kind: rfc2136, server: "192.0.2.1:53" }';
    expect(name(`{ domain: a.org, too: tree, provider: ${rfc2136} }`)).toEqual([
      ["3:5", "missing-key", "names.0.to", undefined],
      ["3:22", "unknown-key", "names.0.too", "did you mean to?"],
      ["3:33", "missing-key", "names.0.provider.key", undefined],
    ]);
    expect(name("{ ipns: key, to: tree }")).toEqual([["3:13", "bad-value", "names.0.ipns", undefined]]);
    expect(says("campaign: a\nnode: { kind: kobu }\n")).toEqual([["2:15", "bad-value", "node.kind", undefined]]);
  });

  it.each([
    "names: [{ domain: a.org, to: tree, provider: { kind: desec } }]",
    "names: [{ domain: a.org, to: tree, provider: { kind: powerdns } }]",
    "names: [{ domain: a.org, to: tree, provider: { kind: rfc2136 } }]",
    ...["kubo", "cluster", "psa", "pinata"].map((kind) => `pins: { services: [{ kind: ${kind} }] }`),
  ])("says what is wanted where a key is missing: %s", (line) => {
    const { findings } = readCampaign(`campaign: a\n${line}\n`);
    expect(findings.length).toBeGreaterThan(0);
    for (const { rule, says } of findings) {
      expect(rule).toBe("missing-key");
      expect(says).toMatch(/^"\w+" is missing: this needs (?:\w+:, )*\w+: and \w+:$/);
    }
  });

  it.each([
    ["", "missing-key"],
    ["title: x\n", "missing-key"],
    ["campaign: a\ncampaign: b\n", "duplicate-key"],
    ["campaign: &x a\n", "anchor"],
    ["campaign: a\ntitle: !!str b\n", "tag"],
    ["- campaign\n", "not-a-mapping"],
    ["orcestra\n", "not-a-mapping"],
    ["campaign: a\n---\ncampaign: b\n", "multi-document"],
    ["campaign: a\n\ttitle: b\n", "tab"],
    ["campaign: a\n title: b\n", "syntax"],
    ["campaign: ../etc\n", "bad-value"],
    ["campaign: ..\n", "bad-value"],
    ["campaign: a/b\n", "bad-value"],
    ["campaign: a\n__proto__: x\n", "unknown-key"],
    ["campaign: a\nconstructor: x\n", "unknown-key"],
    ["campaign: a\nprojects: {__proto__: x}\n", "unknown-key"],
    ["campaign: a\n'': x\n", "unknown-key"],
  ])("%j is %s", (text, rule) => {
    expect(readCampaign(text)).toMatchObject({ campaign: undefined, findings: [{ level: "error", rule }] });
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("names the encoding and the place of bytes that are not UTF-8", () => {
    expect(readCampaign(Buffer.from("campaign: a\ntitle: K\u00f6ln\n", "latin1")).findings).toMatchObject([
      { rule: "not-utf-8", line: 2, column: 9 },
    ]);
  });
});

describe("secrets", () => {
  it.each([
    "title: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
    "node: {kind: kubo, token: ghp_0123456789abcdefghij0123}",
    "node: {kind: kubo, token: AKIAIOSFODNN7EXAMPLE}",
    "node: {kind: kubo, token: hunter2}",
    "node: http://admin:hunter2@example.org:5001",
  ])("%s is refused, and not repeated", (line) => {
    const { campaign, findings } = readCampaign(`campaign: a\n${line}\n`);
    expect(campaign).toBeUndefined();
    expect(findings).toMatchObject([{ level: "error", line: 2 }]);
    expect(JSON.stringify(findings)).not.toMatch(/hunter2|eyJ|ghp_|AKIA/);
  });
});

describe("schemas/campaign.schema.json", () => {
  const schema = {
    $id: "campaign.schema.json",
    title: "campaign.yaml of fieldtree",
    ...toJsonSchema(campaignSchema, { typeMode: "input", ignoreActions: ["check", "partial_check"] }),
  };

  it("is what the code says", async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot("../../../schemas/campaign.schema.json");
  });

  const accepts = new Ajv().compile(schema as object);
  it.each([
    full,
    "campaign: a",
    ...directoryProfiles.map((profile) => `campaign: a\nprofile: ${profile}`),
    ...["embedded", "kubo", "http://a.b:5001", "{kind: kubo, token: T}", "{kind: embedded}", ""].map(
      (node) => `campaign: a\nnode: ${node}`,
    ),
    "title: no name",
    "campaign: 7",
    "campaign: a b",
    "campaign: a\nnode: ipfs",
    "campaign: a\nnode: {kind: kubo, token: t}",
    "campaign: a\nnode: {kind: embedded, token: T}",
    "campaign: a\ngateways: https://ipfs.io",
    "campaign: a\ngateways: [https://ipfs.io?x]",
    "campaign: a\ncollections: {depth: 2.5}",
    "campaign: a\ncollections: {depth: 11}",
    "campaign: a\nproviders: [{roles: [host]}]",
    "campaign: a\nproviders: [{name: x, roles: [guest]}]",
    "campaign: a\ndomain: Example",
    "campaign: a\nlimits: {fetch: lots}",
    "campaign: a\nprofile: cid-v2",
    "campaign: a\npins: 3",
  ])("agrees with the code on %j", (text) => {
    const byCode = readCampaign(text).findings.length === 0;
    expect(accepts(load(text, { schema: CORE_SCHEMA }))).toBe(byCode);
  });
});

const outward = `campaign: orcestra
node: kubo
pins:
  require: 2 of [dkrz, mirror, pinata]
  services:
    - { name: mirror, kind: kubo, api: "http://127.0.0.1:5001", token: MIRROR_TOKEN }
    - { name: dkrz, kind: cluster, api: "http://127.0.0.1:9094", replicas: 2 }
    - { name: shop, kind: psa, endpoint: "https://example.org/psa", token: SHOP_TOKEN, gateway: "https://example.org", only: ["products/**"] }
    - { name: pinata, kind: pinata, token: PINATA_JWT, trust: word }
names:
  - { domain: latest.example.test, to: tree, provider: { kind: rfc2136, server: "127.0.0.1:5301", key: DNS_KEY }, authorities: ["127.0.0.1:5301", "127.0.0.1:5302"] }
  - { domain: example.test, to: portal, provider: { kind: ionos, token: IONOS_KEY }, ttl: 300 }
  - { ipns: CAMPAIGN_KEY, to: portal, routing: ["http://127.0.0.1:8190"] }
log: { kind: git, remote: origin, branch: campaign/state }
`;

describe("campaign.yaml, of what goes outward", () => {
  it("says who keeps what, what is announced where, and where the log lives", () => {
    const { campaign, findings } = readCampaign(outward);
    expect(findings).toEqual([]);
    expect(campaign).toMatchObject({
      pins: {
        require: { atLeast: 2, of: ["dkrz", "mirror", "pinata"] },
        services: [
          { name: "mirror", kind: "kubo", token: "MIRROR_TOKEN", only: [], trust: "seen" },
          { name: "dkrz", kind: "cluster", replicas: 2 },
          { name: "shop", kind: "psa", only: ["products/**"], gateway: "https://example.org" },
          { name: "pinata", kind: "pinata", trust: "word" },
        ],
      },
      names: [
        { domain: "latest.example.test", to: "tree", provider: { kind: "rfc2136", transport: "tcp" }, ttl: 300 },
        { domain: "example.test", to: "portal", provider: { kind: "ionos", token: "IONOS_KEY" } },
        { ipns: "CAMPAIGN_KEY", to: "portal", lifetime: 365 * 86_400_000, ttl: 300 },
      ],
      log: { kind: "git", remote: "origin", branch: "campaign/state" },
    });
  });

  it("takes peers for whatever Kubo there is, and none where there is none", () => {
    const peers = "  peers: [12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN]\n";
    const saidOf = (text: string) => readCampaign(text).findings.map(({ says }) => says);
    expect(saidOf(`campaign: a\nnode: kubo\npins:\n${peers}`)).toEqual([]);
    expect(saidOf(outward.replace("node: kubo", "node: embedded").replace("pins:\n", `pins:\n${peers}`))).toEqual([]);
    expect(saidOf(`campaign: a\npins:\n${peers}`)).toEqual([expect.stringContaining("no Kubo")]);
  });

  it.each([
    ["an unknown kind of service", "kind: psa", "kind: psi", 8, /kubo, cluster, psa or pinata/],
    ["a service without its address", 'endpoint: "https://example.org/psa", ', "", 8, /"endpoint" is missing/],
    ["a secret in place of its name", "SHOP_TOKEN", "s3cr3t", 8, /NAME of an environment variable/],
    ["a requirement that names nobody", "[dkrz, mirror, pinata]", "[dkrz, miror, pinata]", 4, /not in services/],
    ["more required than there are", "2 of [dkrz, mirror, pinata]", "3 of [mirror, pinata]", 4, /more services than/],
    [
      "a required service whose blocks can't be retrieved",
      "2 of [dkrz, mirror, pinata]",
      "2 of [dkrz, mirror]",
      4,
      /be retrieved/,
    ],
    ["two services of one name", "name: dkrz", "name: mirror", 6, /two services of one name/],
    ["an extra pin that is no CID", "pins:", "pins:\n  extra: [{ name: a, cid: foo }]", 4, /must be a CID/],
    ["an unknown provider", "kind: ionos", "kind: godaddy", 12, /ionos, cloudflare/],
    ["a name that points nowhere", "to: tree", "to: trees", 11, /portal\/PATH/],
    ["one name twice", "domain: example.test", "domain: latest.example.test", 11, /one name twice/],
    ["a log that is neither", "kind: git", "kind: svn", 14, /local or git/],
    ["a branch that is an option", "campaign/state", "--mirror", 14, /name of a branch/],
    ["only services that fetch, from a node without peers", "node: kubo", "node: embedded", undefined, /no peers/],
  ])("names %s at its line", (_, from, to, line, says) => {
    const text =
      line === undefined
        ? outward
            .replace(from, to)
            .replace(/^.*kind: (?:kubo|cluster).*\n/gm, "")
            .replace(/require.*/, "require: all")
        : outward.replace(from, to);
    const { campaign, findings } = readCampaign(text);
    expect(campaign).toBeUndefined();
    expect(findings.map((finding) => finding.says).join("\n")).toMatch(says);
    if (line !== undefined) expect(findings.map((finding) => finding.line)).toContain(line);
  });
});

describe("names of secrets", () => {
  it.each(["GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "NPM_TOKEN"])(
    "can't be %s, which a runner has for others",
    (name) => {
      const { findings } = readCampaign(
        `campaign: a\nnode: { kind: kubo, api: "http://127.0.0.1:5001", token: ${name} }\n`,
      );
      expect(findings.map(({ says }) => says).join()).toContain("GITHUB_TOKEN");
    },
  );
});
