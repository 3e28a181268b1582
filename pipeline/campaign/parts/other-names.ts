/** Names that need not be the campaign's: where records of IPNS keys are looked up, and how domains are resolved. */
import { equals } from "multiformats/bytes";
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import { withoutSlash } from "../../core/campaign/fields.ts";
import { isFailure } from "../../core/failure.ts";
import { publicKeyOf } from "../../core/key.ts";
import type { RecordEndpoint } from "../../names/ipns/endpoints.ts";
import type { IpnsLookup } from "../../names/ipns/lookup.ts";
import type { NameResolver } from "../../names/resolve-name.ts";
import { type Environment, type Secret, tokenOf } from "../secrets.ts";

export interface OtherNames extends NameResolver {
  readonly records: IpnsLookup;
}

/** For `serve`. `endpoints`: further addresses of delegated routing. */
export async function otherNames(
  config: CampaignConfig,
  endpoints: readonly string[],
  secret: Secret,
): Promise<OtherNames> {
  const [{ endpoint }, { nameResolver }, { ipnsLookup }] = await Promise.all([
    import("../../names/ipns/endpoints.ts"),
    import("../../names/resolve-name.ts"),
    import("../../names/ipns/lookup.ts"),
  ]);
  const configured = new Set(routingOf(config));
  const others = endpoints.map(withoutSlash).filter((url) => !configured.has(url));
  const own = await recordEndpoints(config, secret);
  const records = ipnsLookup([...own, ...[...new Set(others)].map(endpoint)]);
  return { records, ...nameResolver(records) };
}

/**
 * The endpoints of campaign.yaml's own names, and the campaign's Kubo, whose token may be absent. With `search`, the Kubo
 * searches the network.
 */
export async function recordEndpoints(
  config: CampaignConfig,
  secret: Secret,
  options: { readonly search?: boolean } = {},
): Promise<readonly RecordEndpoint[]> {
  const { endpoint, kuboEndpoint } = await import("../../names/ipns/endpoints.ts");
  const { node } = config;
  const kubo = () => {
    if (node.kind !== "kubo") return [];
    try {
      return [kuboEndpoint({ api: node.api, ...tokenOf(node.token, secret) }, options)];
    } catch (error) {
      if (isFailure(error, "input")) return [];
      throw error;
    }
  };
  return [...routingOf(config).map(endpoint), ...kubo()];
}

/** The private key of an IPNS name in campaign.yaml, where its variable is set. */
export function ipnsKeyOf({ names }: CampaignConfig, env: Environment, name: string): string | undefined {
  const expected = publicKeyOf(name);
  const named = names.find((each) => {
    const own = "ipns" in each && each.key !== undefined ? publicKeyOf(each.key) : undefined;
    return own && expected && equals(own, expected);
  });
  return named && "ipns" in named ? env[named.ipns] : undefined;
}

const routingOf = ({ names }: CampaignConfig): readonly string[] => [
  ...new Set(names.flatMap((name) => ("ipns" in name ? name.routing : []))),
];
