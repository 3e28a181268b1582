/** Publishes what a mirror has under its IPNS key, for `status` and the portal of every copy of the campaign. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { withoutSlash } from "../../core/campaign/fields.ts";
import { privateKeyFrom, publicName } from "../../core/key.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { attachmentsIn } from "../../log/local.ts";
import { labelsOf } from "../../stages/mirror/label.ts";
import type { MirrorStatus, MirrorTarget } from "../../stages/mirror/mirror.ts";
import { type MirrorReport, publishReport } from "../../stages/mirror/report.ts";
import { endpointsOf, getFrom } from "../pull/endpoints.ts";
import { targetFor } from "../pull/push-target.ts";
import type { Call } from "../verb.ts";

export interface Published {
  /** The key's public name. */
  readonly key: string;
  readonly report: MirrorReport;
}

/**
 * `target`: absent for a CAR, from which no node reads. Returns `undefined` where the mirror has no key.
 *
 * @throws Failure `input` for a key that is not that of the mirror in campaign.yaml; else as `push`.
 */
export async function publishWhatItHas(
  name: string,
  status: MirrorStatus,
  target: Pick<MirrorTarget, "storeReport"> | undefined,
  campaign: Campaign,
  call: Call,
): Promise<Published | undefined> {
  const { flags, world, cwd } = call;
  const configured = campaign.mirrors.find((mirror) => mirror.name === name);
  const keyFile = typeof flags.key === "string" ? flags.key : undefined;
  const key = configured?.key ?? (keyFile === undefined ? undefined : await nameOfKey(resolve(cwd, keyFile)));
  if (key === undefined) return undefined;

  const endpoints = await endpointsOf(undefined, campaign, call);
  const given = Array.isArray(flags.routing) ? flags.routing.map((url) => withoutSlash(String(url))) : [];
  const routing = [...new Set([...(configured?.routing ?? []), ...given])];
  const pushed = await targetFor(
    { to: `ipns://${key}`, routing, ...(keyFile !== undefined && { keyFile }) },
    endpoints,
    // A mirror only reads the campaign's log, so its records are stored on its own machine.
    { ...campaign, attachments: attachmentsIn(join(campaign.state, "mirrors")) },
    cwd,
    world,
  );
  if (!pushed.signs) {
    world.log(`warning: what ${name} has is not published: its key is not at hand, --key FILE names it`);
    return undefined;
  }
  const { home } = campaign;
  const report = await publishReport(
    name,
    status,
    pushed,
    async (block) => {
      await home.put([block], world);
      await home.pin(block.cid, labelsOf(name).report, world);
      await target?.storeReport?.(block, world);
    },
    await getFrom(endpoints, campaign, world),
    world,
  );
  return { key, report };
}

async function nameOfKey(file: string): Promise<string> {
  try {
    return publicName((await privateKeyFrom(await readFile(file), file)).publicKey);
  } catch (error) {
    throw diskFailure(error, "reading the key");
  }
}
