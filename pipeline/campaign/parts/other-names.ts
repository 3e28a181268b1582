/** Names of anybody, for `serve`: where records of IPNS keys are looked up, and how domains are resolved. */
import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import { isFailure } from "../../core/failure.ts";
import type { IpnsLookup } from "../../names/ipns/lookup.ts";
import type { NameResolver } from "../../names/resolve-name.ts";
import { type Secret, tokenOf } from "../secrets.ts";

export interface OtherNames extends NameResolver {
  readonly records: IpnsLookup;
}

/** The endpoints of campaign.yaml's own names, `endpoints`, and the campaign's Kubo, whose token may be absent. */
export async function otherNames(
  { names, node }: CampaignConfig,
  endpoints: readonly string[],
  secret: Secret,
): Promise<OtherNames> {
  const [{ endpoint, kuboEndpoint }, { ipnsLookup }, { nameResolver }] = await Promise.all([
    import("../../names/ipns/endpoints.ts"),
    import("../../names/ipns/lookup.ts"),
    import("../../names/resolve-name.ts"),
  ]);
  const configured = names.flatMap((name) => ("ipns" in name ? name.routing : []));
  const kubo = () => {
    if (node.kind !== "kubo") return [];
    try {
      return [kuboEndpoint({ api: node.api, ...tokenOf(node.token, secret) })];
    } catch (error) {
      if (isFailure(error, "input")) return [];
      throw error;
    }
  };
  const urls = [...new Set([...configured, ...endpoints].map((url) => url.replace(/\/+$/, "")))];
  const records = ipnsLookup([...urls.map(endpoint), ...kubo()]);
  return { records, ...nameResolver(records) };
}
