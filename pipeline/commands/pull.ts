/** `pull`: brings data, a dataset or another campaign's releases to the campaign's node, and remembers from where. */
import { readAliases } from "../campaign/remotes.ts";
import { type PullOptions, pullAddress } from "../cli/pull/pull-address.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure, isFailure } from "../core/failure.ts";
import { formatBytes } from "../core/text/shown.ts";
import { headOf } from "../stages/pull/compare.ts";
import { type Pulled, pulledText } from "../stages/pull/pull.ts";

export const pull: Verb = {
  args: "[address]",
  flags: [
    ["--as <name>", "what it is called here"],
    ["--all", "pull everything again that was pulled from an address"],
    ["--no-alias", "do not remember the address"],
    ["--force", "take what is older, or has diverged from what was pulled before; never another campaign"],
    ["--dns <server...>", "resolvers of domains, HOST:PORT (default: this machine's)"],
    ["--verbose", "show which gateways and nodes are asked, in their order"],
  ],
  about: `An address is a CID, ipfs://CID/path, ipns://NAME, a domain with a DNSLink, the address of any of these at a gateway, a CAR file
here or at https://, or where a web server has a dataset of Open Data Fabric. What is there is data, such a dataset, the portal of
another campaign, or its newest release. Only blocks that the node lacks are fetched, from the gateway in the address,
IPFS_GATEWAY, $IPFS_PATH/gateway, gateways: in campaign.yaml and a Kubo on this machine, in this order. All of it is pinned.
remotes.json in the campaign's folder remembers the address: fieldtree pull NAME, or --all. What has a history moves forward only: where
the address has something older, nothing changes; where it has diverged or is unrelated, exit code 5.`,
  example: "fieldtree pull ipns://data.example.org --as example",

  async run(call) {
    const { args, flags } = call;
    const campaign = await call.campaign();
    const aliases = await readAliases(campaign.folder);
    const options: PullOptions = {
      ...(typeof flags.as === "string" && { as: flags.as }),
      alias: flags.alias !== false,
      force: flags.force === true,
      verbose: flags.verbose === true,
      dns: Array.isArray(flags.dns) ? flags.dns.map(String) : [],
    };
    if (flags.all !== true) {
      const [address] = args;
      if (address === undefined)
        throw new Failure("input", "pull needs an address, or a name that was pulled", {
          hint:
            Object.keys(aliases.pulled).length > 0 ? "--all pulls all of them" : "fieldtree help pull lists the forms",
        });
      print(await pullAddress(address, options, aliases, campaign, call), call);
      return 0;
    }
    if (args.length > 0 || options.as !== undefined) throw new Failure("input", "--all takes no address and no --as");
    const names = Object.keys(aliases.pulled).filter((name) => aliases.pulled[name]?.address !== undefined);
    if (names.length === 0) call.world.log("nothing was pulled from an address yet");
    return pullAll(names, (name) => pullAddress(name, options, aliases, campaign, call), call);
  },
};

/** The others are pulled even if one fails; the first failure is thrown at the end. */
async function pullAll(
  names: readonly string[],
  pullOne: (name: string) => Promise<Pulled>,
  call: Call,
): Promise<number> {
  const failures: Failure[] = [];
  for (const name of names) {
    try {
      print(await pullOne(name), call);
    } catch (error) {
      if (!isFailure(error)) throw error;
      failures.push(new Failure(error.kind, `${name}: ${error.message}`, { cause: error }));
      if (names.length > 1) call.world.log(`${name}: ${error.message}`);
    }
  }
  const [first] = failures;
  if (first) throw first;
  return 0;
}

function print(pulled: Pulled, { out }: Call): void {
  const { name, remote, relation, fetched, overwrote } = pulled;
  const data = {
    name,
    kind: remote.kind,
    cid: `${remote.cid}`,
    ...(relation ?? { relation: null }),
    head: remote.kind === "data" ? null : headOf(remote),
    ...(remote.kind === "campaign" && { campaign: remote.state.campaign, release: remote.state.number }),
    ...(overwrote !== undefined && { overwrote }),
    ...fetched,
  };
  const size = fetched.bytes > 0 ? `, ${formatBytes(fetched.bytes)}` : "";
  const old = overwrote === undefined ? "" : `\n  replaces ${overwrote}`;
  out.result(data, `${pulledText(pulled)}${size}\n  ipfs://${remote.cid}${old}`);
}
