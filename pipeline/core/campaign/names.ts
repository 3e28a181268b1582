/**
 * `names:` in campaign.yaml: what is announced, where, and by whose leave.
 *
 * To add a DNS provider: its keys in {@link provider}, and they are in {@link ProviderConfig} too.
 */
import * as v from "valibot";
import {
  dnsName,
  duration,
  environmentVariable,
  httpUrl,
  msIn,
  optional,
  wait,
  wholeNumber,
  withoutSlash,
} from "./fields.ts";

export type NameConfig = DnsNameConfig | IpnsNameConfig;

export interface DnsNameConfig {
  /** The name whose `_dnslink.` record is written. */
  readonly domain: string;
  /** `tree`, `portal`, `portal/PATH`, `tree@N` or `portal@N`. */
  readonly to: string;
  readonly provider: ProviderConfig;
  /** `host:port` of the servers that answer for it; found by asking the DNS where empty. */
  readonly authorities: readonly string[];
  /** s */
  readonly ttl: number;
  /** ms in which every authority must have followed. */
  readonly deadline: number;
}

export interface IpnsNameConfig {
  /** Environment variable with the private key. */
  readonly ipns: string;
  /** The name of the key behind /ipns/, for runs that don't have the key. */
  readonly key?: string;
  readonly to: string;
  /** Endpoints of delegated routing. */
  readonly routing: readonly string[];
  /** ms that a record is good for. */
  readonly lifetime: number;
  /** s */
  readonly ttl: number;
}

/** `token` and `key`: names of environment variables. */
export type ProviderConfig =
  | {
      readonly kind: "ionos" | "cloudflare" | "desec" | "gandi" | "digitalocean";
      readonly token: string;
      /** Where its API is, in place of the vendor's. */
      readonly api?: string;
    }
  | { readonly kind: "powerdns"; readonly api: string; readonly token: string; readonly serverId: string }
  /** `server`: `host:port` of the primary. `key`: of dig's `-y` form, `hmac-sha256:name:secret`. */
  | { readonly kind: "rfc2136"; readonly server: string; readonly key: string; readonly transport: "udp" | "tcp" }
  | { readonly kind: "manual" };

const token = v.pipe(environmentVariable, v.description("Name of the environment variable with the token of its API"));
const serverWords = "must be the address of a DNS server, like 192.0.2.1:53, [2001:db8::1]:53 or ns1.example.org";
/** `host`, `host:port`, `[v6]`, `[v6]:port` */
const dnsServer = v.pipe(
  v.string(serverWords),
  v.regex(/^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/, serverWords),
);

const vendor = <const Kind extends string>(kind: Kind) =>
  v.strictObject(
    {
      kind: v.literal(kind),
      token,
      api: optional("Address of its API, in place of the vendor's own", httpUrl),
    },
    "needs kind: and token:",
  );
const manual = v.strictObject({ kind: v.literal("manual") });
const provider = v.variant(
  "kind",
  [
    vendor("ionos"),
    vendor("cloudflare"),
    vendor("desec"),
    vendor("gandi"),
    vendor("digitalocean"),
    v.strictObject(
      {
        kind: v.literal("powerdns"),
        api: v.pipe(httpUrl, v.description("Address of its HTTP API, usually port 8081")),
        token,
        server: optional(
          "Its server_id. Default: localhost",
          v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, "must be a server_id")),
        ),
      },
      "needs kind:, api: and token:",
    ),
    v.strictObject(
      {
        kind: v.literal("rfc2136"),
        server: v.pipe(dnsServer, v.description("host:port of the primary")),
        key: v.pipe(
          environmentVariable,
          v.description("Name of the environment variable with the TSIG key, as dig's -y takes it"),
        ),
        transport: optional("udp or tcp. Default: tcp", v.picklist(["udp", "tcp"], "must be udp or tcp")),
      },
      "needs kind:, server: and key:",
    ),
    manual,
  ],
  "needs kind: ionos, cloudflare, desec, gandi, digitalocean, powerdns, rfc2136 or manual",
);

const toWords = "must be tree, portal, portal/PATH, or one of an old release: tree@3, portal@3";
const to = v.pipe(
  v.string(toWords),
  v.regex(/^(?:(?:tree|portal)(?:@[1-9]\d{0,8})?|portal(?:\/(?!\.{1,2}(?:\/|$))[^\s/]+)+)$/, toWords),
);

const dns = v.strictObject(
  {
    domain: v.pipe(dnsName, v.description("The name that is announced; the record is at _dnslink. below it")),
    to: v.pipe(to, v.description("What it points to: tree, portal, portal/PATH, tree@3, portal@3")),
    provider: v.pipe(provider, v.description("Where its DNS records are hosted")),
    authorities: optional(
      "Its DNS servers, host:port. Default: found by asking the DNS",
      v.array(dnsServer, "must be a list of DNS servers"),
    ),
    ttl: optional("Seconds that resolvers remember it. Default: 300", wholeNumber(1, 604_800)),
    deadline: optional("How long a publish waits for every server to follow. Default: 5 min", wait),
  },
  "needs domain:, to: and provider:",
);

const ipns = v.strictObject(
  {
    ipns: v.pipe(environmentVariable, v.description("Name of the environment variable with the private key")),
    key: optional(
      "The key's public name, so that it can be checked without the key",
      v.pipe(
        v.string(),
        v.regex(/^(?:k51|k2k4|12D3Koo|bafz|Qm|1)[0-9A-Za-z]{30,90}$/, "must be a name like k51qzi5uqu5d…"),
      ),
    ),
    to: v.pipe(to, v.description("What it points to: tree, portal, portal/PATH, tree@3, portal@3")),
    routing: optional("Endpoints of delegated routing", v.array(httpUrl, "must be a list of addresses")),
    lifetime: optional("How long a record is good for. Default: 365 d", duration),
    ttl: optional("Seconds that resolvers remember it. Default: 300", wholeNumber(1, 604_800)),
  },
  "needs ipns: and to:",
);

export const namesSchema = v.pipe(
  v.array(
    v.union([dns, ipns], "must be {domain: …, to: …, provider: …} or {ipns: …, to: …}"),
    "must be a list of names",
  ),
  v.maxLength(50, "has more than 50 entries"),
  v.check(
    (names) => new Set(names.map((name) => ("domain" in name ? name.domain : name.ipns))).size === names.length,
    "announces one name twice",
  ),
);

export function settledNames(names: v.InferOutput<typeof namesSchema> | null | undefined): NameConfig[] {
  return (names ?? []).map((name) => {
    if ("domain" in name) {
      return {
        domain: name.domain,
        to: name.to,
        provider: settledProvider(name.provider),
        authorities: name.authorities ?? [],
        ttl: name.ttl ?? 300,
        deadline: msIn(name.deadline ?? "5 min"),
      };
    }
    return {
      ipns: name.ipns,
      ...(name.key && { key: name.key }),
      to: name.to,
      routing: (name.routing ?? []).map(withoutSlash),
      lifetime: msIn(name.lifetime ?? "365 d"),
      ttl: name.ttl ?? 300,
    };
  });
}

function settledProvider(written: v.InferOutput<typeof provider>): ProviderConfig {
  switch (written.kind) {
    case "manual":
      return { kind: "manual" };
    case "rfc2136": {
      const { kind, server, key, transport } = written;
      return { kind, server, key, transport: transport ?? "tcp" };
    }
    case "powerdns":
      return {
        kind: "powerdns",
        api: withoutSlash(written.api),
        token: written.token,
        serverId: written.server ?? "localhost",
      };
    default:
      return { kind: written.kind, token: written.token, ...(written.api && { api: withoutSlash(written.api) }) };
  }
}
