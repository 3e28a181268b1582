/** Reads dois.yaml, and the settings for DOIs in campaign.yaml. */
import { join } from "node:path";
import type { CampaignConfig } from "../core/campaign/campaign.ts";
import type { DoiConfig } from "../core/campaign/doi.ts";
import { parseNameTarget } from "../core/campaign/name-target.ts";
import { type Dois, readDois, writeDois } from "../core/datacite/dois.ts";
import { Failure } from "../core/failure.ts";
import { readIfThere } from "../disk/read.ts";
import { writeDurably } from "../disk/write.ts";
import type { DoiRegistry } from "../dois/registry.ts";
import { assertNoErrors, configIn } from "./config.ts";
import { type Environment, secretsIn } from "./secrets.ts";

const fileIn = (folder: string) => join(folder, "dois.yaml");

/** None where there is no such file. @throws Failure `input` with every invalid line. */
export async function doisIn(folder: string): Promise<Dois> {
  const text = await readIfThere(fileIn(folder));
  return text === undefined ? new Map() : doisFrom(text);
}

/** @throws Failure `input` with every invalid line. */
export function doisFrom(text: string | Uint8Array): Dois {
  const { dois, findings } = readDois(text);
  assertNoErrors("dois.yaml", findings);
  return dois;
}

/**
 * Replaces dois.yaml. What is written is read before, so that a path that can't be a key there is no loss.
 *
 * @throws Failure `input` for such a path.
 */
export async function saveDois(folder: string, dois: Dois): Promise<void> {
  const text = writeDois(dois);
  doisFrom(text);
  await writeDurably(fileIn(folder), text);
}

/** `doi:` in campaign.yaml, with its defaults. */
export interface DoiSettings extends DoiConfig {
  /** Address of the portal as people open it, with a slash at the end. */
  readonly portal: string;
  /** Opens the registry. @throws Failure `input` where the password is not set. */
  readonly registry: () => Promise<DoiRegistry>;
}

/** @throws Failure `input` where campaign.yaml has no `doi:`, or names no address of the portal. */
export async function doiSettings(folder: string, env: Environment): Promise<DoiSettings> {
  const { config, text } = await configIn(folder);
  const { doi } = config;
  if (!doi) {
    throw new Failure("input", "campaign.yaml does not say where DOIs are registered", {
      hint: 'add doi: { prefix: "10.…", repository: ACCOUNT, password: ENVIRONMENT_VARIABLE }',
    });
  }
  const { endpoint, repository, password: variable } = doi;
  return {
    ...doi,
    portal: portalAddress(config, doi),
    async registry() {
      const { datacite } = await import("../dois/datacite.ts");
      return datacite({ endpoint, repository, password: secretsIn(text, env)(variable), variable });
    },
  };
}

/** `page:`, else the domain whose name points to the portal, at the first gateway that others can reach. */
function portalAddress({ names, domain, gateways }: CampaignConfig, { page }: Pick<DoiConfig, "page">): string {
  if (page !== undefined) return `${page}/`;
  const [announced] = names.flatMap((name) => {
    if (!("domain" in name)) return [];
    const { of, path, release } = parseNameTarget(name.to);
    return of === "portal" && path === "" && release === undefined ? [name.domain] : [];
  });
  const name = announced ?? domain;
  const gateway = gateways.find((url) => !/^https?:\/\/(?:localhost|127\.|10\.|192\.168\.|\[)/.test(url));
  if (name !== undefined && gateway !== undefined) return `${gateway}/ipns/${name}/`;
  throw new Failure("input", "campaign.yaml names no address at which people open the portal", {
    hint: "add page: https://… to doi:, or domain: and a public gateway",
  });
}
