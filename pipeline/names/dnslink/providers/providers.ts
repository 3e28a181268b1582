/** All DNS providers, one line for each. */
import type { ProviderConfig } from "../../../core/campaign/names.ts";
import type { DnsProvider } from "../provider.ts";
import { rfc2136 } from "../rfc2136/rfc2136.ts";
import { cloudflare } from "./cloudflare.ts";
import { desec } from "./desec.ts";
import { digitalocean } from "./digitalocean.ts";
import { gandi } from "./gandi.ts";
import { ionos } from "./ionos.ts";
import { type ManualOptions, manual } from "./manual.ts";
import { powerdns } from "./powerdns.ts";
import { withRetry } from "./retry.ts";

const vendors = { ionos, cloudflare, desec, gandi, digitalocean };

/**
 * The provider configured in campaign.yaml, with retries.
 *
 * `secret` returns the value of an environment variable, or throws if it is not set. `byHand`: options of the provider
 * `manual`.
 */
export function dnsProvider(
  config: ProviderConfig,
  secret: (variable: string) => string,
  byHand: ManualOptions,
): DnsProvider {
  switch (config.kind) {
    case "manual":
      // Without retries: it already waits as long as a person needs.
      return manual(byHand);
    case "rfc2136":
      return withRetry(rfc2136({ ...config, key: secret(config.key) }));
    case "powerdns":
      return withRetry(powerdns({ ...config, token: secret(config.token), variable: config.token }));
    default: {
      const { kind, token, api } = config;
      return withRetry(vendors[kind]({ token: secret(token), variable: token, ...(api && { api }) }));
    }
  }
}
