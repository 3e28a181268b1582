/** Another copy of the campaign's log, as `log compare` and `log adopt` name it: a CAR, a git remote, or a release's CID. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CID } from "multiformats/cid";
import type { Campaign } from "../../campaign/campaign.ts";
import { configIn } from "../../campaign/config.ts";
import { type Aliases, readAliases } from "../../campaign/remotes.ts";
import { Failure, isFailure } from "../../core/failure.ts";
import type { Relation } from "../../core/relation.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { codecs } from "../../dag/block.ts";
import { readRelease } from "../../log/release.ts";
import { comparedText, compareLogs, type OtherLog } from "../../stages/adopt/other-log.ts";
import { parseAddress } from "../address/parse-address.ts";
import { type Remarks, storeCar } from "../local/import-cars.ts";
import { pullAddress } from "../pull/pull-address.ts";
import type { Call } from "../verb.ts";

/** Help text for both verbs. */
export const aboutOtherCopies = `Another copy of the log is a CAR file (as \`car export --scope log\` or \`--scope release\` writes it), a git remote with
the log's branch, a release (its CID, ipfs://CID, or the URL of either at a gateway), a domain or IPNS name that leads to one, or
what \`fieldtree pull\` calls it here.`;

/**
 * The blocks of a CAR are stored on the campaign's node first, so that they can be adopted.
 *
 * @throws Failure `input` where `named` is none of these; `unavailable` where it can't be reached.
 */
export async function otherCopy(named: string, campaign: Campaign, call: Call): Promise<OtherLog> {
  const { cwd, world } = call;
  // What can't be read here, for whatever reason, may still be the name of a remote or an address: see below.
  const file = await stat(resolve(cwd, named)).catch(() => undefined);
  if (file?.isFile() || /^https?:\/\/[^?#]*\.car$/i.test(named)) {
    const { root: head } = await storeCar(named, campaign.home, call);
    if (head.code === codecs.dagCbor) return atRelease(head, named, campaign, world);
    throw new Failure("input", `${named} has no release as its root`, {
      hint: "fieldtree car export --scope log (or --scope release, with the data) writes one",
    });
  }
  if (file?.isDirectory() || /^(?:git@|ssh:|git:|file:)|^https?:.*\.git$/.test(named))
    return atRemote(named, campaign, call);
  const aliases = await readAliases(campaign.folder);
  const address = parseAddress(aliases.pulled[named]?.cid ?? named);
  if (address.in === "content" && address.path === "" && address.cid.code === codecs.dagCbor)
    return atRelease(address.cid, named, campaign, world);
  if (address.in === "tree" && /^[\w-]+$/.test(named)) return atRemote(named, campaign, call);
  if (address.in === "name" || address.in === "tree") return pulled(named, aliases, campaign, call);
  throw new Failure("input", `${shown(named, 200)} is no copy of a release log`, {
    hint: "a CAR file, a git remote, a name that was pulled, or the CID of a release",
  });
}

/** What an address, or a name that was pulled, leads to now: it is pulled first. */
async function pulled(named: string, aliases: Aliases, campaign: Campaign, call: Call): Promise<OtherLog> {
  const dns = Array.isArray(call.flags.dns) ? call.flags.dns.map(String) : [];
  const options = { alias: Object.hasOwn(aliases.pulled, named), force: false, verbose: false, dns };
  const { remote, name } = await pullAddress(named, options, aliases, campaign, call);
  if (remote.cid.code === codecs.dagCbor) return atRelease(remote.cid, name, campaign, call.world);
  throw new Failure("input", `${shown(named, 200)} leads to ${remote.cid}, which is no release`, {
    hint: "a portal has the releases before its own: the other site's newest release is what fieldtree log shows there",
  });
}

async function atRelease(cid: CID, name: string, { get }: Campaign, world: World): Promise<OtherLog> {
  const read: OtherLog["read"] = async (asked) => {
    world.signal.throwIfAborted();
    return readRelease({ cid: asked, bytes: await get(asked) });
  };
  return { name, head: { cid, release: await read(cid, world) }, read };
}

/** The log's branch at another remote than the campaign's. */
async function atRemote(remote: string, { folder, state, home }: Campaign, { world }: Call): Promise<OtherLog> {
  const { config } = await configIn(folder);
  const branch = config.log.kind === "git" ? config.log.branch : defaultBranch;
  const { gitLog } = await import("../../log/git-ref.ts");
  const own = createHash("sha256").update(remote).digest("hex").slice(0, 16);
  const log = gitLog({ folder, remote, branch, state: join(state, "others", own), blocks: home, holder: "" });
  const head = await log.head(world);
  if (head) return { name: log.name, head, read: log.read, source: log.source };
  throw new Failure("input", `${log.name} has no release`);
}

const defaultBranch = "campaign/state";

/** How releases at the roots of an imported CAR relate to the log. One that diverged is a known fork from now on. */
export async function remarksOn(
  roots: readonly CID[],
  file: string,
  campaign: Campaign,
  world: World,
): Promise<Remarks> {
  const root = roots.find(({ code }) => code === codecs.dagCbor);
  const other = root && (await copyAt(root, file, campaign, world));
  if (!other || other.head.release.campaign !== campaign.facts.campaign) return { data: {}, lines: [] };
  const compared = await compareLogs(other, campaign, world);
  const { relation } = compared.relation;
  if (relation === "diverged") await campaign.forks?.add(other.head.cid);
  const next = relation === "diverged" || relation === "behind" ? [`fieldtree log adopt ${file}`] : [];
  return { data: { log: compared.relation satisfies Relation }, lines: [comparedText(compared, other), ...next] };
}

/** `undefined` for what is dag-cbor and no release. */
async function copyAt(root: CID, file: string, campaign: Campaign, world: World): Promise<OtherLog | undefined> {
  try {
    return await atRelease(root, file, campaign, world);
  } catch (error) {
    if (isFailure(error, "corrupt")) return undefined;
    throw error;
  }
}
