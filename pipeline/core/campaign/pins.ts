/**
 * `pins:` in campaign.yaml: the services that pin what is published, in addition to the campaign's own node.
 *
 * To add a kind of service: its keys in {@link service}, and they are in {@link ServiceConfig} too.
 */
import * as v from "valibot";
import { isObjection, readCid } from "../cid.ts";
import {
  bytesIn,
  environmentVariable,
  globs,
  httpUrl,
  msIn,
  optional,
  serviceName,
  size,
  text,
  wait,
  wholeNumber,
  withoutSlash,
} from "./fields.ts";

export interface PinsConfig {
  /** How many of which services must pin everything before a release is created. Empty where there are no services. */
  readonly require: { readonly atLeast: number; readonly of: readonly string[] };
  readonly services: readonly ServiceConfig[];
  /** Pinned by every service that pins everything, though no tree contains it. */
  readonly extra: readonly { readonly name: string; readonly cid: string }[];
  /** Which old releases stay pinned: the newest so many, those younger than so many ms; all where neither is set. */
  readonly keep: { readonly releases?: number; readonly younger?: number };
  /** Multiaddrs, each with `/p2p/ID` or nothing but that, that the campaign's Kubo stays connected with. */
  readonly peers: readonly string[];
  /** Blocks retrieved below each root before a service's report counts. */
  readonly sample: number;
  /** ms that a publish waits for required services to have fetched everything. */
  readonly deadline: number;
}

export type ServiceConfig = ServiceBasics &
  (
    | { readonly kind: "kubo"; readonly api: string; readonly token?: string }
    /** `token`: of `user:password`, or of a bearer token. */
    | { readonly kind: "cluster"; readonly api: string; readonly token?: string; readonly replicas?: number }
    | { readonly kind: "psa"; readonly endpoint: string; readonly token: string }
    | { readonly kind: "pinata"; readonly endpoint?: string; readonly token: string }
  );

/** What all kinds have in common. Tokens are names of environment variables. */
export interface ServiceBasics {
  readonly name: string;
  /** Globs over paths: the service pins these leaves and nothing else. Empty: everything. */
  readonly only: readonly string[];
  /** Bytes: the service pins no leaf larger than this, and then not the tree either. */
  readonly largest?: number;
  /** `word`: the service's report counts without its blocks having been retrieved. */
  readonly trust: "seen" | "word";
  /** Where blocks can be asked from this very service. */
  readonly gateway?: string;
}

const basics = {
  name: v.pipe(serviceName, v.description("Short name, for require: and for messages")),
  only: optional("Pins only these, as patterns over paths. Default: everything", globs),
  largest: optional("Pins nothing larger than this. Default: no limit", size),
  trust: optional(
    "word: its report counts though its blocks can't be retrieved. Default: seen",
    v.picklist(["seen", "word"], "must be seen or word"),
  ),
  gateway: optional("This service's own gateway, where its blocks can be retrieved", httpUrl),
};

const service = v.variant(
  "kind",
  [
    v.strictObject(
      {
        ...basics,
        kind: v.literal("kubo"),
        api: v.pipe(httpUrl, v.description("Address of its RPC")),
        token: optional("Name of the environment variable with the RPC's token", environmentVariable),
      },
      "needs name:, kind: and api:",
    ),
    v.strictObject(
      {
        ...basics,
        kind: v.literal("cluster"),
        api: v.pipe(httpUrl, v.description("Address of its REST API, usually port 9094")),
        token: optional("Name of the environment variable with user:password, or a token", environmentVariable),
        replicas: optional("Peers that must have each pin. Default: the Cluster's own setting", wholeNumber(1, 100)),
      },
      "needs name:, kind: and api:",
    ),
    v.strictObject(
      {
        ...basics,
        kind: v.literal("psa"),
        endpoint: v.pipe(httpUrl, v.description("Address of its Pinning Service API")),
        token: v.pipe(environmentVariable, v.description("Name of the environment variable with its token")),
      },
      "needs name:, kind:, endpoint: and token:",
    ),
    v.strictObject(
      {
        ...basics,
        kind: v.literal("pinata"),
        endpoint: optional("Default: https://api.pinata.cloud", httpUrl),
        token: v.pipe(environmentVariable, v.description("Name of the environment variable with its JWT")),
      },
      "needs name:, kind: and token:",
    ),
  ],
  "needs kind: kubo, cluster, psa or pinata",
);

const requirement = v.pipe(
  v.string("must be all, or 2 of [name, name]"),
  v.regex(/^(?:all|\d{1,2} of \[ ?[a-z0-9-]+(?: ?, ?[a-z0-9-]+)* ?\])$/, "must be all, or 2 of [name, name]"),
);

/** `/ip4/192.0.2.1/tcp/4001/p2p/12D3…`, `/p2p/12D3…` or `12D3…`; a slash at its end is tolerated. */
const peer = v.pipe(
  v.string("must be the address of a peer"),
  v.regex(
    /^(?:\/[a-z0-9-]+\/[^\s/]+)*\/?(?:\/p2p\/)?[1-9A-HJ-NP-Za-km-z]{40,80}\/?$/,
    "must be the address of a peer, like /dns4/ipfs.example.org/tcp/4001/p2p/12D3Koo…",
  ),
);

const pinnable = v.pipe(
  text,
  v.check((cid) => !isObjection(readCid(cid)), "must be a CID"),
);

const writtenPins = v.strictObject(
  {
    require: optional(
      "all, or 2 of [name, name]: which services must pin everything before a release is created",
      requirement,
    ),
    services: optional("Services that pin it", v.array(service, "must be a list of services")),
    extra: optional(
      "Pinned though no tree contains it",
      v.array(v.strictObject({ name: text, cid: pinnable }, "needs name: and cid:"), "must be a list of {name, cid}"),
    ),
    keep: optional(
      "Which old releases stay pinned: all (default), 10 releases, or those of 90 d",
      v.pipe(
        v.string("must be all, 10 releases or 90 d"),
        v.regex(/^(?:all|\d{1,4} releases?|\d{1,5} ?d)$/, "must be all, 10 releases or 90 d"),
      ),
    ),
    peers: optional("Peers that the campaign's Kubo stays connected with", v.array(peer, "must be a list of peers")),
    sample: optional("Blocks retrieved below each root. Default: 8", wholeNumber(1, 1000)),
    deadline: optional("How long a publish waits for services that fetch. Default: 10 min", wait),
  },
  "needs services:, and may have require:, extra:, keep:, peers:, sample: and deadline:",
);

export const pinsSchema = v.pipe(
  writtenPins,
  v.forward(
    v.check(
      ({ services }) => new Set(services?.map(({ name }) => name)).size === (services?.length ?? 0),
      "has two services of one name",
    ),
    ["services"],
  ),
  forRequire(
    ({ of }, services) => of.every((name) => services.some((service) => service.name === name)),
    "names a service that is not in services:",
  ),
  forRequire(
    ({ atLeast }, services) => atLeast <= services.filter(({ only, largest }) => !only?.length && !largest).length,
    "is more services than there are that pin everything (those without only: and largest:)",
  ),
  forRequire(
    ({ atLeast }, services) => atLeast <= services.filter(canCount).length,
    "counts on a service whose blocks can't be retrieved: give it a gateway:, or trust: word",
  ),
);

type WrittenPins = v.InferOutput<typeof writtenPins>;
type WrittenService = v.InferOutput<typeof service>;

/** A rule on the services that `require` names. With all, services that pin a part must pin only that part. */
function forRequire(
  isMet: (demand: PinsConfig["require"], services: readonly WrittenService[]) => boolean,
  message: string,
) {
  const check = ({ require: demand, services }: WrittenPins) => {
    const { atLeast, of } = required(demand);
    const all = services ?? [];
    if (of.length === 0)
      return all.every((one) => isMet({ atLeast: 1, of: [one.name] }, [{ ...one, only: [], largest: null }]));
    return isMet({ atLeast, of }, [...all.filter(({ name }) => of.includes(name))]);
  };
  return v.forward(v.check(check, message), ["require"]);
}

/** A Kubo is asked itself; everything else only by its gateway, or its word is taken. */
function canCount({ kind, gateway, trust }: WrittenService): boolean {
  return kind === "kubo" || Boolean(gateway) || trust === "word";
}

export function settledPins(pins: v.InferOutput<typeof pinsSchema> | null | undefined): PinsConfig {
  const services = (pins?.services ?? []).map(settledService);
  const { atLeast, of } = required(pins?.require);
  return {
    require: of.length > 0 ? { atLeast, of } : { atLeast: services.length, of: services.map(({ name }) => name) },
    services,
    extra: (pins?.extra ?? []).map(({ name, cid }) => ({ name, cid })),
    keep: retentionOf(pins?.keep),
    peers: (pins?.peers ?? []).map((address) => address.replace(/\/$/, "")),
    sample: pins?.sample ?? 8,
    deadline: msIn(pins?.deadline ?? "10 min"),
  };
}

function settledService(written: v.InferOutput<typeof service>): ServiceConfig {
  const { name, only, largest, trust, gateway } = written;
  const common = {
    name,
    only: only ?? [],
    ...(largest && { largest: bytesIn(largest) }),
    trust: trust ?? "seen",
    ...(gateway && { gateway: withoutSlash(gateway) }),
  } as const;
  const { token } = written;
  switch (written.kind) {
    case "kubo":
      return { ...common, kind: "kubo", api: withoutSlash(written.api), ...(token && { token }) };
    case "cluster": {
      const { api, replicas } = written;
      return {
        ...common,
        kind: "cluster",
        api: withoutSlash(api),
        ...(token && { token }),
        ...(replicas && { replicas }),
      };
    }
    case "psa":
      return { ...common, kind: "psa", endpoint: withoutSlash(written.endpoint), token: written.token };
    case "pinata": {
      const { endpoint } = written;
      return { ...common, kind: "pinata", ...(endpoint && { endpoint: withoutSlash(endpoint) }), token: written.token };
    }
  }
}

function required(demand: string | null | undefined): PinsConfig["require"] {
  const [, atLeast, of] = /^(\d+) of \[(.*)\]$/.exec(demand ?? "") ?? [];
  if (atLeast === undefined) return { atLeast: 0, of: [] };
  return { atLeast: Number(atLeast), of: of!.split(",").map((name) => name.trim()) };
}

function retentionOf(keep: string | null | undefined): PinsConfig["keep"] {
  const [, amount, unit] = /^(\d+) ?(releases?|d)$/.exec(keep ?? "") ?? [];
  if (amount === undefined) return {};
  return unit === "d" ? { younger: Number(amount) * 86_400_000 } : { releases: Number(amount) };
}
