/** The files that make a folder a campaign. */
import type { InitOptions } from "./init-options.ts";

export function campaignYaml({ name, title, domain, node, actions, schemas }: InitOptions): string {
  const line = (key: string, value: string | undefined) =>
    value === undefined ? "" : `${key}: ${JSON.stringify(value)}\n`;
  return `${schemaLine("campaign", schemas)}campaign: ${JSON.stringify(name)}
${line("title", title)}${line("domain", domain)}${line("node", node)}${actions ? sharedYaml : ""}`;
}

/** The part of campaign.yaml for campaigns that are published from machines without a disk of their own. */
const sharedYaml = `
# Releases are logged on a branch of this repository: workflows and laptops never publish at once.
log: { kind: git, remote: origin, branch: campaign/state }

# Where blocks are fetched that a runner lacks, and checked before a merge. The first is the one shown to people.
gateways: ["https://ipfs.io"]

# Services that pin what is published. A runner's disk is gone after each run, so at least one is needed. Tokens are names of secrets of
# the environment \`production\`.
# pins:
#   require: all
#   services:
#     - { name: shop, kind: psa, endpoint: "https://shop.example/psa", token: SHOP_TOKEN, gateway: "https://shop.example" }

# What is announced where.
# names:
#   - { domain: latest.example.org, to: tree, provider: { kind: desec, token: DESEC_TOKEN } }

# Who is asked to review changes below which path.
# owners:
#   "products/HALO/**": [octocat]
`;

export function treeYaml({ schemas }: InitOptions): string {
  return `${schemaLine("tree", schemas)}# Which data is at which path. A leaf is the CID that \`fieldtree add\` prints; an empty value is an empty folder.
products:
`;
}

function schemaLine(file: string, schemas: string | undefined): string {
  return schemas === undefined ? "" : `# yaml-language-server: $schema=${schemas}/${file}.schema.json\n`;
}
