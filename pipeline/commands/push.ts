/** `push`: points an IPNS key at the newest release, at what was pulled, or at data in the tree. */
import { CID } from "multiformats/cid";
import type { Campaign } from "../campaign/campaign.ts";
import { type Aliases, changeAliases, type PushedAlias, readAliases } from "../campaign/remotes.ts";
import { locate } from "../cli/address/locate.ts";
import { endpointsOf, endpointText, getFrom } from "../cli/pull/endpoints.ts";
import { targetFor } from "../cli/pull/push-target.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { withoutSlash } from "../core/campaign/fields.ts";
import { Failure } from "../core/failure.ts";
import { relationText } from "../core/relation.ts";
import { publishedHead } from "../log/chain.ts";
import { type Pushed, push as pushTo } from "../stages/pull/push.ts";

export const push: Verb = {
  args: "[what]",
  flags: [
    ["--to <ipns://key>", "the key that is to lead to it; remembered"],
    ["--key <file>", "its private key, as key new wrote it; the file's name is remembered"],
    ["--routing <url...>", "endpoints of delegated routing that take its record; remembered"],
    ["--force", "replace what is newer or has diverged; never another campaign"],
    ["--no-alias", "remember nothing"],
    ["--verbose", "show which gateways and nodes are asked, in their order"],
  ],
  about: `WHAT is a name that was pulled or a path in the tree; without it, the campaign's newest release is pushed, and a pull of the key
gets all of the campaign. What the key leads to now is resolved first, at every endpoint and through a Kubo: where one does not answer,
nothing is published (exit code 4). Where it is not older than what is pushed, or another push came between, exit code 5.
The private key is in the file of --key, in the variable that names: in campaign.yaml has for it, or in a Kubo. Records are put to the endpoints
under names: in campaign.yaml, to those of --routing and to Kubos. fieldtree republish puts them again.`,
  completes: ["tree"],
  example: "fieldtree push --to ipns://k51qzi5uqu5d… --key ~/campaign.key",

  async run(call) {
    const { args, flags, world, cwd } = call;
    const campaign = await call.campaign();
    const aliases = await readAliases(campaign.folder);
    const what = args[0] ?? "";
    const address = addressOf(what, aliases, call);
    const endpoints = await endpointsOf(undefined, campaign, call);
    if (flags.verbose === true) for (const each of endpoints) world.log(`asking ${endpointText(each)}`);
    const { cid, name } = await pushedOf(what, aliases, campaign, call);
    const get = await getFrom(endpoints, campaign, world);
    const target = await targetFor(
      { to: address.to, routing: address.routing ?? [], ...(address.key !== undefined && { keyFile: address.key }) },
      endpoints,
      campaign,
      cwd,
      world,
    );
    const pushed = await pushTo(cid, { name, force: flags.force === true }, target, get, world);
    if (flags.alias !== false) {
      const alias = { ...address, to: `ipns://${target.name}`, value: pushed.value };
      await changeAliases(campaign, (old) => ({ ...old, pushed: { ...old.pushed, [what]: alias } }), world);
    }
    print(name, target.name, pushed, call);
    return 0;
  },
};

/** The values of flags, and else those of the last run. */
function addressOf(what: string, { pushed }: Aliases, { flags }: Call): Omit<PushedAlias, "value"> {
  const known = pushed[what];
  const to = typeof flags.to === "string" ? flags.to : known?.to;
  if (to === undefined) {
    throw new Failure("input", `no key is known for ${what === "" ? "the campaign" : what} yet`, {
      hint: "--to ipns://KEY names it the first time; fieldtree key new makes one",
    });
  }
  const key = typeof flags.key === "string" ? flags.key : known?.key;
  const routing = Array.isArray(flags.routing) ? flags.routing.map(String) : known?.routing;
  return { to, ...(key !== undefined && { key }), ...(routing && { routing: routing.map(withoutSlash) }) };
}

async function pushedOf(
  what: string,
  { pulled }: Aliases,
  campaign: Campaign,
  call: Call,
): Promise<{ readonly cid: CID; readonly name: string }> {
  if (what === "") return { cid: (await publishedHead(campaign.log, call.world)).cid, name: campaign.facts.campaign };
  const known = pulled[what];
  return { cid: known ? CID.parse(known.cid) : (await locate(what, call)).cid, name: what };
}

function print(name: string, key: string, pushed: Pushed, { out }: Call): void {
  const { value, relation, was, sequence, overwrote } = pushed;
  const data = {
    name,
    key,
    value,
    ...(relation ?? { relation: null }),
    ...(was !== undefined && { was }),
    ...(overwrote !== undefined && { overwrote }),
    sequence: Number(sequence),
  };
  const moved =
    was === value
      ? "leads to it already"
      : was === undefined
        ? "leads to it now, its first value"
        : `moved from ${was}`;
  const history =
    relation && was !== value
      ? `\n  ${relationText(relation, { one: name, other: "what it led to", entry: "release" })}`
      : "";
  const old = overwrote === undefined ? "" : `\n  replaces ${overwrote}`;
  out.result(data, `${name}: ipns://${key} ${moved}\n  ${value}${history}${old}`);
}
