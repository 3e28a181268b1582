/** `verify`: checks the node, services and names against the log. It writes nothing and needs no secrets. */
import { resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { verifyOffline } from "../cli/local/verify-offline.ts";
import { aboutOdf } from "../cli/odf/about.ts";
import { checkTable, verdictLine } from "../cli/print/check-table.ts";
import { chainAt, checksOfChain } from "../cli/pull/chain-at.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure, kinds } from "../core/failure.ts";
import { type Check, verdict } from "../stages/verify/check.ts";
import { schemasFrom } from "../stages/verify/stac-schemas.ts";
import { verify as verifyStage } from "../stages/verify/verify.ts";

export const verify: Verb = {
  args: "[address]",
  flags: [
    ["--deep", "read and hash every block on the node, and rebuild the portal from the log"],
    ["--stac", "validate the portal's STAC by its published schemas, which are fetched over https"],
    ["--schemas <dir>", "with --stac: read the schemas from this folder only, each at HOST/PATH"],
    ["--offline <car>", "verify the release in this CAR file, from the file alone"],
  ],
  about: `Walks the log from the newest release to the first, retrieves blocks from every service, queries every authoritative server,
and looks up every dataset of the index in the tree. Exit code 6: something contradicts itself or its CID.
7: names or pins no longer match the log, or STAC is invalid. 4: something could not be checked.
With a name that was pulled, or the CID of a release or portal, it checks the releases of that campaign and everything in its newest one.

${aboutOdf} Every block, slice of data and checkpoint is hashed, and what is wrong is named.`,
  completes: ["tree"],
  example: "fieldtree verify --deep",

  async run(call) {
    // Each tree is garbage after the next is read. While its heap is small, V8 finds that the first ones survive, and allocates
    // all later ones as long-lived, so that they accumulate: 290 MB instead of 160 for 1 000 releases of 245 leaves.
    setFlagsFromString("--no-allocation-site-pretenuring");
    const { args, flags } = call;
    if (args[0] !== undefined) {
      if (["deep", "stac", "schemas", "offline"].some((flag) => flags[flag] !== undefined))
        throw new Failure("input", "the flags of verify are about the campaign, not about one dataset", {
          hint: `fieldtree verify ${args[0]} checks all of it`,
        });
      const other = await chainAt(args[0], call);
      if (!other) return (await import("../cli/odf/verify.ts")).verifyDataset(args[0], call);
      return report(checksOfChain(other, call), call);
    }
    if (flags.schemas !== undefined && flags.stac !== true)
      throw new Failure("input", "--schemas names the folder of schemas for --stac", { hint: "add --stac" });
    if (flags.stac === true && flags.offline !== undefined)
      throw new Failure("input", "--stac reads the portal on the node, and --offline a file alone", {
        hint: "leave one of them out",
      });
    return report(typeof flags.offline === "string" ? verifyOffline(flags.offline, call) : online(call), call);
  },
};

/** Prints each check, and the verdict. Returns the exit code. */
async function report(all: AsyncIterable<Check>, { out, world }: Call): Promise<number> {
  const checks: Check[] = [];
  for await (const check of all) {
    world.signal.throwIfAborted();
    checks.push(check);
    const { part: _, ...line } = check;
    out.result(line);
  }
  const { kind, ...result } = verdict(checks);
  const bad = checks.filter(({ ok }) => !ok);
  out.result(
    { event: "verified", ...result },
    [...checkTable(checks, out.paint), verdictLine(checks)].join("\n"),
    bad.length > 0 ? [...checkTable(bad, out.paint), verdictLine(checks)].join("\n") : undefined,
  );
  return kind ? kinds[kind].exit : 0;
}

async function* online({ campaign: open, cwd, flags, world }: Call): AsyncGenerator<Check> {
  const folder = typeof flags.schemas === "string" ? resolve(cwd, flags.schemas) : undefined;
  const stac = flags.stac === true ? await schemasFrom(folder, world) : undefined;
  const campaign = await open();
  yield* verifyStage(campaign, { deep: flags.deep === true, stac }, world);
}
