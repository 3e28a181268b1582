/** The names that campaign.yaml announces. Reading them needs no secrets, writing does. */

import type { CampaignConfig } from "../../core/campaign/campaign.ts";
import { parseNameTarget } from "../../core/campaign/name-target.ts";
import type { DnsNameConfig, IpnsNameConfig } from "../../core/campaign/names.ts";
import type { NodeConfig } from "../../core/campaign/node.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Attachments } from "../../log/log.ts";
import type { ConfiguredName } from "../../stages/parts.ts";
import { lazy, type Opened } from "../lazy.ts";
import { type Environment, type Secret, tokenOf } from "../secrets.ts";

export async function configuredNames(
  { names, node }: CampaignConfig,
  { secret, env, attachments }: { secret: Secret; env: Environment; attachments: Attachments },
): Promise<Opened<{ readonly name: ConfiguredName }>[]> {
  return Promise.all(
    names.map(async (config) =>
      "domain" in config ? dnsName(config, secret) : ipnsNameOf(config, { node, secret, env, attachments }),
    ),
  );
}

async function dnsName(config: DnsNameConfig, secret: Secret): Promise<Opened<{ readonly name: ConfiguredName }>> {
  const [{ dnslink, readAuthorities }, { dnsProvider }] = await Promise.all([
    import("../../names/dnslink/dnslink.ts"),
    import("../../names/dnslink/providers/providers.ts"),
  ]);
  const { domain, ttl, authorities, deadline } = config;
  const to = parseNameTarget(config.to);
  const common = { domain, ttl, authorities };
  const reader = lazy(() => dnslink(common));
  const writer = lazy(() => {
    const read = (name: string, world: World) => readAuthorities(name, { authorities }, world);
    const provider = dnsProvider(config.provider, secret, { readAuthorities: read, deadline });
    return dnslink({ ...common, provider });
  });
  return {
    name: {
      name: domain,
      kind: "dnslink",
      to,
      deadline,
      open: (what) => (what === "reading" ? reader.get() : writer.get()),
    },
    close: () => {
      for (const name of [reader, writer]) name.created()?.close?.();
    },
  };
}

async function ipnsNameOf(
  config: IpnsNameConfig,
  { node, secret, env, attachments }: { node: NodeConfig; secret: Secret; env: Environment; attachments: Attachments },
): Promise<Opened<{ readonly name: ConfiguredName }>> {
  const { ipnsName } = await import("../../names/ipns/ipns.ts");
  const name = await publicNameOf(config, env);
  const opened = lazy(() =>
    ipnsName({
      ...(name && { name }),
      key: () => secret(config.ipns),
      routing: config.routing,
      ...kuboIn(node, config.routing, secret),
      lifetime: config.lifetime,
      ttl: config.ttl,
      attachments,
    }),
  );
  return {
    name: {
      name: name ?? config.ipns,
      kind: "ipns",
      to: parseNameTarget(config.to),
      deadline: ipnsDeadline,
      open(what) {
        if (what === "writing") secret(config.ipns);
        return opened.get();
      },
      assertKey: () => assertKeyOf(config, name, secret),
    },
    close: () => opened.created()?.close?.(),
  };
}

async function assertKeyOf({ ipns }: IpnsNameConfig, name: string | undefined, secret: Secret): Promise<void> {
  const { privateKeyFrom, publicName } = await import("../../core/key.ts");
  const at = `${secret.where(ipns)}: ${ipns}`;
  const own = publicName((await privateKeyFrom(secret(ipns), at)).publicKey);
  if (own === name) return;
  throw new Failure("input", `${at} is the key of ${own}, and key: is ${name}`, {
    hint: "correct key:, or set the variable to the private key of that name",
  });
}

/** The campaign's Kubo node accepts IPNS records too. Without its token, only the endpoints are used, where there are any. */
function kuboIn(node: NodeConfig, endpoints: readonly string[], secret: Secret) {
  if (node.kind !== "kubo") return {};
  try {
    return { kubo: { api: node.api, ...tokenOf(node.token, secret) } };
  } catch (error) {
    if (isFailure(error, "input") && endpoints.length > 0) return {};
    throw error;
  }
}

/** ms. Every endpoint must return the record that was last put there. */
const ipnsDeadline = 60_000;

/** Returns the key's public name: from campaign.yaml, in its usual spelling, or else from the private key where it is set. */
async function publicNameOf({ key, ipns }: IpnsNameConfig, env: Environment): Promise<string | undefined> {
  const { privateKeyFrom, publicKeyOf, publicName } = await import("../../core/key.ts");
  const publicKey = key === undefined ? undefined : publicKeyOf(key);
  if (publicKey || key !== undefined) return publicKey ? publicName(publicKey) : key;
  const text = env[ipns];
  return text ? publicName((await privateKeyFrom(text, ipns)).publicKey) : undefined;
}
