/**
 * What campaign.yaml says.
 *
 * Only `campaign` is required; everything else has a default. It holds no secrets, only the names of environment
 * variables that do. The schema here is the one source: `schemas/campaign.schema.json`, which editors use, is
 * generated from it. To add a key: a line in {@link campaignSchema}, its default in {@link settled}, and `npm test -- -u`
 * writes the JSON Schema again.
 *
 * ```ts
 * const { campaign, findings } = readCampaign("campaign: orcestra\n");
 * campaign?.node; // { kind: "embedded" }
 * ```
 */
import * as v from "valibot";
import { checkedYaml } from "./checked-yaml.ts";
import type { Finding } from "./finding.ts";

/** What campaign.yaml says that published files depend on. The same facts, the same items and views. */
export interface Facts {
  readonly campaign: string;
  readonly title: string;
  readonly domain?: string;
  /** Base URLs without trailing slash; the first is the one shown to people. */
  readonly gateways: readonly string[];
  /** Folders this many names deep become STAC collections. */
  readonly collectionDepth: number;
  readonly providers: readonly Provider[];
  /** What people write → what the campaign calls the project. */
  readonly projects: Readonly<Record<string, string>>;
}

export interface Provider {
  readonly name: string;
  readonly description?: string;
  readonly roles?: readonly ("licensor" | "producer" | "processor" | "host")[];
  readonly url?: string;
}

/** campaign.yaml with every default filled in. */
export interface CampaignConfig extends Facts {
  readonly node: NodeConfig;
  /** Globs over paths in the tree. Nothing in `only` means everything. */
  readonly scan: { readonly only: readonly string[]; readonly except: readonly string[] };
  /** Of assembled directories. */
  readonly profile: DirectoryProfile;
  /** Bytes that may be fetched from gateways in one run. */
  readonly limits: { readonly fetch: number };
}

export type NodeConfig =
  | { readonly kind: "embedded" }
  /** `token`: the name of the environment variable that holds it. */
  | { readonly kind: "kubo"; readonly api: string; readonly token?: string };

/** How directories become blocks; `dag/profile.ts` says what each name means. */
export const directoryProfiles = ["cid-v1", "unixfs-v1-2025", "unixfs-v0-2015", "v0-raw-leaves"] as const;
export type DirectoryProfile = (typeof directoryProfiles)[number];

const kuboApi = "http://127.0.0.1:5001";

/** A key that may be missing or left empty, as when everything below it is commented out. Editors show `says`. */
function optional<const Schema extends v.GenericSchema>(says: string, schema: Schema) {
  return v.pipe(v.nullish(schema), v.description(says));
}

const text = v.pipe(
  v.string("wants text"),
  v.regex(/\S/, "is blank"),
  v.maxLength(10_000, "is longer than 10000 characters"),
);

const url = String.raw`https?:\/\/(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/[^\s?#@]*)?`;
const httpUrl = v.pipe(
  v.string("wants the address of an HTTP server"),
  v.regex(new RegExp(`^${url}$`), "wants an address like https://example.org, without user, query or fragment"),
);

const globs = v.array(text, "wants a list of patterns");

const environmentVariable = v.pipe(
  v.string("wants the name of an environment variable"),
  v.regex(
    /^[A-Z][A-Z0-9_]{0,63}$/,
    "wants the NAME of an environment variable (capitals, digits, _), never the secret itself: this file is public",
  ),
);

const kubo = v.strictObject({
  kind: v.literal("kubo"),
  api: optional(`Address of the RPC API. Default: ${kuboApi}`, httpUrl),
  token: optional("Name of the environment variable that holds the token", environmentVariable),
});

const nodeWords = `wants embedded, kubo, the RPC address of a Kubo daemon (${kuboApi}), or {kind: kubo, api: …, token: …}`;
const node = v.union(
  [
    v.pipe(v.string(), v.regex(new RegExp(`^(?:embedded|kubo|${url})$`), nodeWords)),
    v.variant("kind", [v.strictObject({ kind: v.literal("embedded") }), kubo], "wants embedded or kubo"),
  ],
  nodeWords,
);

const roles = ["licensor", "producer", "processor", "host"] as const;
const provider = v.strictObject(
  {
    name: text,
    description: optional("What they did, in a sentence", text),
    roles: optional(
      roles.join(", "),
      v.array(v.picklist(roles, `wants one of ${roles.join(", ")}`), "wants a list of roles"),
    ),
    url: optional("Their home page", httpUrl),
  },
  "wants name:, and may have description:, roles: and url:",
);

const wholeNumber = v.pipe(
  v.number("wants a whole number"),
  v.integer("wants a whole number"),
  v.minValue(1, "wants 1 to 10"),
  v.maxValue(10, "wants 1 to 10"),
);

const size = v.pipe(
  v.string("wants a size like 10 GiB"),
  v.regex(/^\d{1,6}(?:\.\d{1,3})? ?(?:[kKMGT]i?)?B$/, "wants a size like 10 GiB or 500 MB"),
);

/** campaign.yaml as people write it. */
export const campaignSchema = v.strictObject(
  {
    campaign: v.pipe(
      v.string("wants a short name"),
      v.regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
        "wants at most 63 letters, digits, dots, - and _, beginning with a letter or digit",
      ),
      v.description("Short name, part of addresses: letters, digits, dots, - and _"),
    ),
    title: optional("What people call the campaign. Default: its short name", text),
    domain: optional(
      "DNS name the campaign is announced under",
      v.pipe(
        v.string("wants a DNS name"),
        v.regex(
          /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
          "wants a DNS name in lower case, like example.org",
        ),
      ),
    ),
    node: optional("What keeps the blocks: embedded (default, nothing to install) or a Kubo daemon", node),
    gateways: optional(
      "IPFS gateways that missing blocks are read from; users are shown the first. Default: none",
      v.pipe(v.array(httpUrl, "wants a list of addresses"), v.maxLength(20, "has more than 20 entries")),
    ),
    scan: optional(
      "Where datasets are looked for, as patterns over paths: products/**, **/raw",
      v.strictObject(
        { only: optional("Nowhere else. Default: everywhere", globs), except: optional("Not there", globs) },
        "wants only: and except:",
      ),
    ),
    collections: optional(
      "Which folders become STAC collections",
      v.strictObject({ depth: optional("Names in their paths. Default: 2", wholeNumber) }, "wants depth:"),
    ),
    providers: optional(
      "Organisations behind the data, as in STAC",
      v.array(provider, "wants a list of organisations"),
    ),
    projects: optional(
      "What people write in their metadata → what the campaign calls the project",
      v.record(v.string(), text, "wants alias: name lines"),
    ),
    profile: optional(
      "How directories become blocks; unixfs-v0-2015 reproduces roots made by older tools. Default: cid-v1",
      v.picklist(directoryProfiles, `wants one of ${directoryProfiles.join(", ")}`),
    ),
    limits: optional(
      "Bounds on what one run may do",
      v.strictObject({ fetch: optional("Fetched from gateways. Default: 10 GiB", size) }, "wants fetch:"),
    ),
  },
  "wants `campaign: NAME` and what else there is to say",
);

/**
 * Read campaign.yaml. Findings come in the order of the lines; the campaign is there where none of them is an error.
 */
export function readCampaign(source: string | Uint8Array): {
  campaign: CampaignConfig | undefined;
  findings: Finding[];
} {
  const { value, findings } = checkedYaml(source, campaignSchema);
  return { campaign: value && settled(value), findings };
}

/** What published files depend on, and nothing of where blocks are kept. */
export function facts({
  campaign,
  title,
  domain,
  gateways,
  collectionDepth,
  providers,
  projects,
}: CampaignConfig): Facts {
  return { campaign, title, ...(domain && { domain }), gateways, collectionDepth, providers, projects };
}

function settled(config: v.InferOutput<typeof campaignSchema>): CampaignConfig {
  const { campaign, title, domain, node, gateways, scan, collections, providers, projects, profile, limits } = config;
  return {
    campaign,
    title: title ?? campaign,
    ...(domain && { domain }),
    node: nodeOf(node),
    gateways: (gateways ?? []).map(withoutSlash),
    scan: { only: scan?.only ?? [], except: scan?.except ?? [] },
    collectionDepth: collections?.depth ?? 2,
    providers: (providers ?? []).map(({ name, description, roles, url }) => ({
      name,
      ...(description && { description }),
      ...(roles && { roles }),
      ...(url && { url }),
    })),
    projects: projects ?? {},
    profile: profile ?? "cid-v1",
    limits: { fetch: bytesIn(limits?.fetch ?? "10 GiB") },
  };
}

function nodeOf(node: v.InferOutput<typeof campaignSchema>["node"]): NodeConfig {
  if (!node || node === "embedded") return { kind: "embedded" };
  if (node === "kubo") return { kind: "kubo", api: kuboApi };
  if (typeof node === "string") return { kind: "kubo", api: withoutSlash(node) };
  if (node.kind === "embedded") return { kind: "embedded" };
  return { kind: "kubo", api: withoutSlash(node.api ?? kuboApi), ...(node.token && { token: node.token }) };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}

/** `10 GiB` is 10 × 1024³, `10 GB` 10 × 1000³. */
function bytesIn(size: string): number {
  const [, amount, prefix, binary] = /^([\d.]+) ?(?:([kKMGT])(i?))?B$/.exec(size)!;
  return Math.round(Number(amount) * (binary ? 1024 : 1000) ** " KMGT".indexOf(prefix?.toUpperCase() ?? " "));
}
