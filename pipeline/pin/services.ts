/**
 * Creates the pin services that campaign.yaml names, with retries, rate limits and deadlines (`resilient.ts`).
 *
 * To add a kind: its case below, its rate limit in {@link paceOf} if it has one, its keys in `core/campaign/pins.ts`.
 */
import type { ServiceConfig } from "../core/campaign/pins.ts";
import { clusterPins } from "./cluster.ts";
import { kuboPins } from "./kubo.ts";
import { pinataPins } from "./pinata.ts";
import { psaPins, requestsToList } from "./psa.ts";
import { type RateLimit, withDeadline, withRateLimit, withRetry } from "./resilient.ts";
import type { PinService } from "./service.ts";

/** Retries for about a minute: long enough for a restart or a short overload. */
const tries = { tries: 4, first: 500, longest: 60_000 } as const;

/** ms for one call, with its retries and pauses. */
const deadline = 10 * 60_000;

/**
 * The service configured in campaign.yaml, for the campaign `campaign`. `secret` returns the value of an environment
 * variable, or throws a failure for the user if it is not set.
 */
export function pinService(config: ServiceConfig, campaign: string, secret: (variable: string) => string): PinService {
  const pace = paceOf(config);
  const service = serviceFor(config, campaign, secret);
  return withDeadline(withRetry(pace ? withRateLimit(service, pace) : service, tries), deadline);
}

function serviceFor(config: ServiceConfig, campaign: string, secret: (variable: string) => string): PinService {
  const { name } = config;
  switch (config.kind) {
    case "kubo":
      return kuboPins({ name, api: config.api, campaign, ...(config.token && { token: secret(config.token) }) });
    case "cluster": {
      const { api, token, replicas } = config;
      return clusterPins({ name, api, ...(token && { credentials: secret(token) }), ...(replicas && { replicas }) });
    }
    case "psa": {
      const { endpoint, token } = config;
      return psaPins({ name, endpoint, token: secret(token), hint: `check ${token}` });
    }
    case "pinata": {
      const { endpoint, token } = config;
      const hint = `check ${token}; pinning by CID is part of Pinata's paid plans`;
      return pinataPins({ name, ...(endpoint && { endpoint }), token: secret(token), hint });
    }
  }
}

/** Rate limit of a service; `undefined` for those that an institute runs itself, which have no limit. */
function paceOf(config: ServiceConfig): RateLimit | undefined {
  switch (config.kind) {
    case "kubo":
    case "cluster":
      return undefined;
    case "psa": {
      // Most vendors allow 60 to 500 requests a minute and answer 429 beyond. The limit of Pinata's lists is the lowest known.
      const perMinute = new URL(config.endpoint).hostname === "api.pinata.cloud" ? 30 : 240;
      return { perMinute, costs: { status: requestsToList, pin: 2, unpin: 2 } };
    }
    case "pinata":
      return { perMinute: 30, costs: { status: () => 2, pin: 2, unpin: 1 } };
  }
}
