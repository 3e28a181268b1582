/**
 * The pin services a campaign.yaml may name, each made dependable by `steady.ts`.
 *
 * To add one: a case in {@link made}, its pace in {@link paceOf} where it has one, its keys in `core/campaign/pins.ts`.
 */
import type { ServiceConfig } from "../core/campaign/pins.ts";
import { clusterPins } from "./cluster.ts";
import { kuboPins } from "./kubo.ts";
import { pinataPins } from "./pinata.ts";
import { psaPins, requestsToList } from "./psa.ts";
import { type RateLimit, withDeadline, withRateLimit, withRetry } from "./resilient.ts";
import type { PinService } from "./service.ts";

/** What is over in a minute (a restart, a busy moment) is waited for. */
const tries = { tries: 4, first: 500, longest: 60_000 } as const;

/** ms for one call with all it takes, pauses included. */
const deadline = 10 * 60_000;

/**
 * The service that campaign.yaml describes, for the campaign of that name. `secret` gives the value of an environment
 * variable, or throws what is to be said where it is not set.
 */
export function pinService(config: ServiceConfig, campaign: string, secret: (variable: string) => string): PinService {
  const pace = paceOf(config);
  const service = made(config, campaign, secret);
  return withDeadline(withRetry(pace ? withRateLimit(service, pace) : service, tries), deadline);
}

function made(config: ServiceConfig, campaign: string, secret: (variable: string) => string): PinService {
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

/** Nothing for what an institute runs itself: those count nobody's requests. */
function paceOf(config: ServiceConfig): RateLimit | undefined {
  switch (config.kind) {
    case "kubo":
    case "cluster":
      return undefined;
    case "psa": {
      // Most vendors allow between 60 and 500 a minute and say 429 beyond; Pinata's lists are the narrowest we know.
      const perMinute = new URL(config.endpoint).hostname === "api.pinata.cloud" ? 30 : 240;
      return { perMinute, costs: { status: requestsToList, pin: 2, unpin: 2 } };
    }
    case "pinata":
      return { perMinute: 30, costs: { status: () => 2, pin: 2, unpin: 1 } };
  }
}
