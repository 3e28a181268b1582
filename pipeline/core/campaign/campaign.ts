/**
 * campaign.yaml: its schema, defaults and rules.
 *
 * Only `campaign` is required; everything else has a default. It contains no secrets, only the names of environment
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
import { type Dois, resolves } from "../datacite/dois.ts";
import type { Finding } from "../report/finding.ts";
import { checkedYaml } from "../yaml/validate.ts";
import { type DoiConfig, doiSchema, settledDoi } from "./doi.ts";
import { bytesIn, globs, httpUrl, optional, size, text, wholeNumber, withoutSlash } from "./fields.ts";
import { type Followers, followersSchema, settledFollowers } from "./followers.ts";
import { type LogConfig, logSchema, settledLog } from "./log.ts";
import { type Mirror, type MirrorConfig, mirrorsSchema, publishedMirrors, settledMirrors } from "./mirrors.ts";
import { type NameConfig, namesSchema, settledNames } from "./names.ts";
import { type NodeConfig, nodeSchema, settledNode } from "./node.ts";
import { type PinsConfig, pinsSchema, settledPins } from "./pins.ts";
import { type ReviewConfig, reviewSchema, settledReview } from "./review.ts";
import { type S3Config, s3Schema, settledS3 } from "./s3.ts";
import { type SisterConfig, settledSisters, sistersSchema } from "./sister-config.ts";
import type { Sister } from "./sisters.ts";

/** The keys of campaign.yaml that published files depend on: equal facts give equal items and views. */
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
  /** DOI of the campaign as a whole. */
  readonly doi?: string;
  /** By path, the DOI of a dataset that resolves, and the CID that it is for; absent where there are none. */
  readonly dois?: Readonly<Record<string, { readonly doi: string; readonly cid: string }>>;
  /** Absent where there are none. */
  readonly sisters?: readonly Sister[];
  /** Absent where there are none. */
  readonly mirrors?: readonly Mirror[];
  /** Absent where the Cluster has no followers. */
  readonly followers?: Followers;
}

export interface Provider {
  readonly name: string;
  readonly description?: string;
  readonly roles?: readonly ("licensor" | "producer" | "processor" | "host")[];
  readonly url?: string;
}

/** campaign.yaml with every default filled in. */
export interface CampaignConfig extends Omit<Facts, "doi" | "dois" | "sisters" | "mirrors"> {
  /** Names of remotes.json. */
  readonly sisters: readonly SisterConfig[];
  readonly mirrors: readonly MirrorConfig[];
  readonly node: NodeConfig;
  /** Globs over paths in the tree. Nothing in `only` means everything. */
  readonly scan: { readonly only: readonly string[]; readonly except: readonly string[] };
  /** Of assembled directories. */
  readonly profile: DirectoryProfile;
  /** Bytes that may be fetched from gateways in one run. */
  readonly limits: { readonly fetch: number };
  readonly pins: PinsConfig;
  readonly names: readonly NameConfig[];
  readonly log: LogConfig;
  /** Path of the file with views of the campaign's own. */
  readonly views?: string;
  /** Where DOIs are registered; absent where the campaign registers none. */
  readonly doi?: DoiConfig;
  /** Who may use the S3 gateway; absent where no one may. */
  readonly s3?: S3Config;
  /** Glob over paths → who reviews changes there: GitHub logins, or `org/team`. */
  readonly owners: Readonly<Record<string, readonly string[]>>;
  readonly review: ReviewConfig;
}

/** How directories become blocks; `dag/profile.ts` defines each name. */
export const directoryProfiles = ["cid-v1", "unixfs-v1-2025", "unixfs-v0-2015", "v0-raw-leaves"] as const;
export type DirectoryProfile = (typeof directoryProfiles)[number];

const roles = ["licensor", "producer", "processor", "host"] as const;
const provider = v.strictObject(
  {
    name: text,
    description: optional("What they did, in a sentence", text),
    roles: optional(
      roles.join(", "),
      v.array(v.picklist(roles, `must be one of ${roles.join(", ")}`), "must be a list of roles"),
    ),
    url: optional("Their home page", httpUrl),
  },
  "needs name:, and may have description:, roles: and url:",
);

/** campaign.yaml as people write it. */
export const campaignSchema = v.pipe(
  v.strictObject(
    {
      campaign: v.pipe(
        v.string("must be a short name"),
        v.regex(
          /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
          "must be at most 63 letters, digits, dots, - and _, beginning with a letter or digit",
        ),
        v.description("Short name, part of addresses: letters, digits, dots, - and _"),
      ),
      title: optional("What people call the campaign. Default: its short name", text),
      domain: optional(
        "DNS name the campaign is announced under",
        v.pipe(
          v.string("must be a DNS name"),
          v.regex(
            /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
            "must be a DNS name in lower case, like example.org",
          ),
        ),
      ),
      node: optional(
        "The node that stores the blocks: embedded (default, nothing to install) or a Kubo daemon",
        nodeSchema,
      ),
      gateways: optional(
        "IPFS gateways that missing blocks are read from; users are shown the first. Default: none",
        v.pipe(v.array(httpUrl, "must be a list of addresses"), v.maxLength(20, "has more than 20 entries")),
      ),
      scan: optional(
        "Where datasets are searched for, as patterns over paths: products/**, **/raw",
        v.strictObject(
          { only: optional("Nowhere else. Default: everywhere", globs), except: optional("Not there", globs) },
          "takes only: and except:",
        ),
      ),
      collections: optional(
        "Which folders become STAC collections",
        v.strictObject({ depth: optional("Names in their paths. Default: 2", wholeNumber(1, 10)) }, "takes depth:"),
      ),
      providers: optional(
        "Organisations behind the data, as in STAC",
        v.array(provider, "must be a list of organisations"),
      ),
      projects: optional(
        "What people write in their metadata → what the campaign calls the project",
        v.record(v.string(), text, "must be alias: name lines"),
      ),
      profile: optional(
        "How directories become blocks; unixfs-v0-2015 reproduces roots of older tools. Default: cid-v1",
        v.picklist(directoryProfiles, `must be one of ${directoryProfiles.join(", ")}`),
      ),
      limits: optional(
        "Bounds on what one run may do",
        v.strictObject({ fetch: optional("Fetched from gateways. Default: 10 GiB", size) }, "takes fetch:"),
      ),
      pins: optional("Pin services. Default: none but the campaign's node", pinsSchema),
      names: optional("What is announced where. Default: nothing", namesSchema),
      owners: optional(
        "Pattern over paths → who reviews changes there: GitHub logins, or org/team",
        v.record(
          v.string(),
          v.array(
            v.pipe(
              v.string("must be a GitHub login"),
              v.regex(
                /^@?[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\/[A-Za-z0-9._-]{1,100})?$/,
                "must be GitHub logins, or org/team",
              ),
            ),
            "must be a list of GitHub logins",
          ),
          "must be pattern: [login] lines",
        ),
      ),
      review: optional("How a pull request is checked", reviewSchema),
      log: optional("Where the log of releases lives. Default: on this machine", logSchema),
      views: optional(
        "File of this repository with views of your own; `fieldtree views --run-code` alone runs it. Default: none",
        v.pipe(
          v.string("must be a file of this repository"),
          v.regex(
            /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w.-]+(?:\/[\w.-]+){0,10}\.m?js$/,
            "must be a file of this repository, like views.mjs or code/views.mjs",
          ),
        ),
      ),
      doi: optional("Where DOIs of datasets are registered. Default: nowhere", doiSchema),
      sisters: optional(
        "Campaigns that were pulled, by name, whose data is found with this one's. Default: none",
        sistersSchema,
      ),
      followers: optional("An IPFS Cluster that others can follow. Default: none", followersSchema),
      mirrors: optional("Mirrors that publish what they have. Default: none", mirrorsSchema),
      s3: optional("Who may use the S3 gateway. Default: no account", s3Schema),
    },
    "must be `campaign: NAME` and other keys",
  ),
  v.forward(
    v.check(
      ({ node, pins }) => settledNode(node).kind !== "embedded" || !(pins?.services ?? []).length || bringable(pins),
      "has only services that fetch, and the embedded node has no peers they could fetch from: add a Kubo or a Cluster, or set node: to a Kubo",
    ),
    ["pins"],
  ),
  v.forward(
    v.check(
      ({ node, pins }) => !pins?.peers?.length || settledNode(node).kind === "kubo" || kubosIn(pins) > 0,
      "names peers:, and no Kubo that could stay connected with them: neither node: is one, nor one of services:",
    ),
    ["pins"],
  ),
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

/** What published files depend on; where blocks are stored is not part of it. `dois`: of dois.yaml. */
export function facts(
  { campaign, title, domain, gateways, collectionDepth, providers, projects, doi, mirrors, followers }: CampaignConfig,
  dois: Dois = new Map(),
  sisters: readonly Sister[] = [],
): Facts {
  const resolving = [...dois].filter(([, entry]) => resolves(entry));
  return {
    campaign,
    title,
    ...(domain && { domain }),
    gateways,
    collectionDepth,
    providers,
    projects,
    ...(doi?.campaign && { doi: doi.campaign }),
    ...(sisters.length > 0 && { sisters }),
    ...(mirrors.length > 0 && { mirrors: publishedMirrors(mirrors) }),
    ...(followers && { followers }),
    ...(resolving.length > 0 && {
      dois: Object.fromEntries(resolving.map(([path, { doi, cid }]) => [path, { doi, cid }])),
    }),
  };
}

function settled(config: v.InferOutput<typeof campaignSchema>): CampaignConfig {
  const {
    campaign,
    title,
    domain,
    node,
    gateways,
    scan,
    collections,
    providers,
    projects,
    profile,
    limits,
    pins,
    names,
    log,
  } = config;
  const doi = settledDoi(config.doi);
  const s3 = settledS3(config.s3);
  const { owners, review } = config;
  return {
    campaign,
    title: title ?? campaign,
    ...(domain && { domain }),
    node: settledNode(node),
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
    sisters: settledSisters(config.sisters),
    mirrors: settledMirrors(config.mirrors),
    ...(config.followers && { followers: settledFollowers(config.followers) }),
    profile: profile ?? "cid-v1",
    limits: { fetch: bytesIn(limits?.fetch ?? "10 GiB") },
    pins: settledPins(pins),
    names: settledNames(names),
    log: settledLog(log),
    ...(doi && { doi }),
    ...(config.views && { views: config.views }),
    ...(s3 && { s3 }),
    owners: Object.fromEntries(
      Object.entries(owners ?? {}).map(([pattern, logins]) => [
        pattern,
        logins.map((login) => login.replace(/^@/, "")),
      ]),
    ),
    review: settledReview(review),
  };
}

/** Whether one of the services takes blocks that are brought. */
function bringable(pins: v.InferOutput<typeof pinsSchema> | null | undefined): boolean {
  return (pins?.services ?? []).some(({ kind }) => kind === "kubo" || kind === "cluster");
}

function kubosIn({ services }: NonNullable<v.InferOutput<typeof pinsSchema>>): number {
  return services?.filter(({ kind }) => kind === "kubo").length ?? 0;
}
