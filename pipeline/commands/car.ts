/** `car`: writes datasets and releases into CAR files, and reads them from there. */

import { resolve } from "node:path";
import type { CID } from "multiformats/cid";
import { locate } from "../cli/address/locate.ts";
import { remarksOn } from "../cli/adopt/other-copy.ts";
import { appearWhole } from "../cli/local/extract.ts";
import { importCars } from "../cli/local/import-cars.ts";
import { writeParts } from "../cli/local/write-parts.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { formatBytes } from "../core/text/shown.ts";
import { type Block, codecs } from "../dag/block.ts";
import { carOf } from "../dag/car.ts";
import { type WalkOptions, walk } from "../dag/read/read.ts";
import { tsizeOf } from "../dag/read/tsize.ts";
import { publishedHead, releaseNumbered } from "../log/chain.ts";
import { withData, withoutData } from "../stages/tree/without-data.ts";

const scopes = ["block", "entity", "all", "log", "release"] as const satisfies readonly (
  | WalkOptions["scope"]
  | "log"
  | "release"
)[];

export const car: Verb = {
  args: "<export|import> [what...]",
  flags: [
    ["-o, --output <file>", "export: write to this file instead of stdout"],
    [
      "--scope <scope>",
      "export: all below it, the file or directory listing alone (entity), one block, releases without their data (log), or with the data of the newest (release)",
      "all",
    ],
    ["--since <number>", "export --scope release: without the data that this release has already"],
    ["--force", "export: replace the file"],
  ],
  about:
    "`car export ADDRESS` writes a CAR (version 1) with one root. With `--scope log` it needs no address: the newest release and all before it, with their directories and the portal, for `verify --offline`; with `--scope release` the data of the newest release too, to be handed over on a stick: `log adopt FILE` at another site takes it over. `car import FILE…` puts the blocks of CAR files on the campaign's node, each checked against its CID; what begins with https:// is fetched.",
  completes: ["tree", "files"],
  example: "fieldtree car export products/HALO -o halo.car",

  async run(call) {
    const [direction, ...what] = call.args;
    if (direction === "export") return exportCar(what, call);
    if (direction === "import") {
      const campaign = await call.campaign();
      return importCars(what, campaign.home, call, (roots, file) => remarksOn(roots, file, campaign, call.world));
    }
    throw new Failure("input", `car ${direction}: there is only export and import`);
  },
};

async function exportCar([address, ...others]: readonly string[], call: Call): Promise<number> {
  if (others.length > 0) throw new Failure("input", `car export takes one address, and was given ${others.length + 1}`);
  const scope = scopes.find((each) => each === call.flags.scope);
  if (!scope) throw new Failure("input", `--scope ${call.flags.scope}: it is one of ${scopes.join(", ")}`);

  const { cid, source } = await sourceFor(scope, address, call);
  let blocks = 0;
  let bytes = 0;
  // The Tsize of the root. It counts repeated blocks several times, and each is exported a single time, so it is an upper bound,
  // unless the writer of the DAG was wrong. A folder's listing, or everything that a release links to, has no such size.
  let claimed: number | undefined;
  const counted = async function* (): AsyncGenerator<Block> {
    for await (const block of source) {
      if (blocks === 0 && scope === "all" && cid.code === codecs.dagPb) claimed = tsizeOf(cid, block.bytes);
      blocks++;
      bytes += block.bytes.length;
      const total = claimed !== undefined && bytes <= claimed && { total: claimed };
      call.world.progress({ task: "exporting", done: bytes, ...total, unit: "bytes" });
      yield block;
    }
  };
  const output = call.flags.output;
  if (typeof output !== "string") {
    for await (const part of carOf([cid], counted())) await call.out.bytes(part);
    if (call.out.json) call.out.result({ path: "-", roots: [cid.toString()], blocks, bytes });
    return 0;
  }
  await appearWhole(resolve(call.cwd, output), call.flags.force === true, (draft) =>
    writeParts(draft, carOf([cid], counted())),
  );
  call.out.result(
    { path: output, roots: [cid.toString()], blocks, bytes },
    `${output}: ${cid}, ${blocks} blocks, ${formatBytes(bytes)}`,
  );
  return 0;
}

async function sourceFor(
  scope: (typeof scopes)[number],
  address: string | undefined,
  call: Call,
): Promise<{ cid: CID; source: AsyncIterable<Block> }> {
  if (call.flags.since !== undefined && scope !== "release")
    throw new Failure("input", "--since leaves out data, which only --scope release has");
  if (scope !== "log" && scope !== "release") {
    if (address === undefined) throw new Failure("input", "car export needs an address");
    const { cid, get } = await locate(address, call);
    return { cid, source: walk(cid, get, { scope }) };
  }
  const campaign = await call.store();
  const head = await publishedHead(campaign.log, call.world);
  if (scope === "log") return { cid: head.cid, source: withoutData(head, campaign, call.world) };
  const { since } = call.flags;
  const before = typeof since === "string" ? await releaseNumbered(Number(since), campaign.log, call.world) : undefined;
  return { cid: head.cid, source: withData(head, before, campaign, call.world) };
}
