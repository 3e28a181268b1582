/** Names of anybody: where records of IPNS keys are looked up, and how domains are resolved. */
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import { isFailure } from "../../core/failure.ts";
import type { RecordEndpoint } from "../../names/ipns/endpoints.ts";
import type { IpnsLookup } from "../../names/ipns/lookup.ts";
import type { NameResolver } from "../../names/resolve-name.ts";
import { type Secret, tokenOf } from "../secrets.ts";

export interface OtherNames extends NameResolver {
  readonly records: IpnsLookup;
}

/** For `serve`. `endpoints`: further addresses of delegated routing. */
export async function otherNames(
  config: CampaignConfig,
  endpoints: readonly string[],
  secret: Secret,
): Promise<OtherNames> {
  const [{ endpoint }, { nameResolver }] = await Promise.all([
    import("../../names/ipns/endpoints.ts"),
    import("../../names/resolve-name.ts"),
  ]);
  const configured = new Set(routingOf(config));
  const others = endpoints.map(withoutSlashes).filter((url) => !configured.has(url));
  const records = await recordLookup(config, [...new Set(others)].map(endpoint), secret);
  return { records, ...nameResolver(records) };
}

/**
 * Asks the endpoints of campaign.yaml's own names, `others`, and the campaign's Kubo, whose token may be absent. With `search`,
 * the Kubo searches the network.
 */
export async function recordLookup(
  config: CampaignConfig,
  others: readonly RecordEndpoint[],
  secret: Secret,
  options: { readonly search?: boolean } = {},
): Promise<IpnsLookup> {
  const [{ endpoint, kuboEndpoint }, { ipnsLookup }] = await Promise.all([
    import("../../names/ipns/endpoints.ts"),
    import("../../names/ipns/lookup.ts"),
  ]);
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
  return ipnsLookup([...routingOf(config).map(endpoint), ...others, ...kubo()]);
}

const routingOf = ({ names }: CampaignConfig): readonly string[] => [
  ...new Set(names.flatMap((name) => ("ipns" in name ? name.routing : [])).map(withoutSlashes)),
];

const withoutSlashes = (url: string) => url.replace(/\/+$/, "");
