/** `fsck`: whether the node still has every block that was stored in it. */

import { join } from "node:path";
import type { CID } from "multiformats/cid";
import type { CampaignStore } from "../campaign/campaign.ts";
import { printable } from "../cli/print/terminal.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { plural } from "../core/text/plural.ts";
import { formatBytes } from "../core/text/shown.ts";
import { readTree, type Tree } from "../core/tree/tree.ts";
import type { World } from "../core/world.ts";
import { readIfThere } from "../disk/read.ts";
import { hasBlock } from "../ipfs/has-block.ts";
import type { Damage, HomeNode, IncompletePin } from "../ipfs/node.ts";
import { required } from "../ipfs/require-block.ts";
import { readList } from "../s3/store/buckets.ts";
import { checkBuckets } from "../s3/store/check.ts";
import { type AddAgain, addAgain } from "../stages/pins/add-again.ts";
import { allPins } from "../stages/pins/node-pins.ts";

export const fsck: Verb = {
  flags: [["--repair", "take damaged blocks out, so that they can be added or fetched again"]],
  about:
    "Reads every block and compares it with its CID, every index with its pack, and follows every pin, and every object of the S3 gateway, to its last block. Names what to add again, by its line in tree.yaml.",
  example: "fieldtree fsck",

  async run(call) {
    const { flags, store: open, out, world } = call;
    const { home, state } = await open();
    if (!home.fsck) throw new Failure("input", `${home.name} checks itself`, { hint: "with Kubo: ipfs repo verify" });
    let errors = 0;
    let hints = 0;
    const incomplete: IncompletePin[] = [];
    const report = async ({ level, rule, says, fix, pin }: Damage) => {
      if (level === "error") errors++;
      else hints++;
      if (pin) incomplete.push(pin);
      const text = `${out.paint(level, level)}  ${rule}  ${printable(says)}\n    fix: ${printable(fix)}`;
      out.result({ level, rule, says, fix }, text, level === "error" ? text : undefined);
      await out.taken();
    };
    const checking = home.fsck({ repair: flags.repair === true }, world);
    for (;;) {
      const step = await checking.next();
      if (step.done) {
        for await (const damage of bucketDamage(home, state, world)) await report(damage);
        const { blocks, bytes, packs, pins } = step.value;
        const missing = incomplete.length > 0 ? await whatToAdd(incomplete, await open(), call) : [];
        const counted = `blocks: ${blocks} (${formatBytes(bytes)}), packs: ${packs}, pins: ${pins}; ${verdict(errors, hints)}`;
        out.result(
          { blocks, bytes, packs, pins, errors, ...(missing.length > 0 && { missing: missing.map(asData) }) },
          [counted, ...missingLines(missing)].join("\n"),
        );
        break;
      }
      await report(step.value);
    }
    if (errors === 0) return 0;
    throw new Failure("corrupt", `${home.name}: ${plural(errors, "error")}`, {
      hint: flags.repair === true ? "add or publish again, then run fieldtree fsck" : "fieldtree fsck --repair",
    });
  },
};

/** Problems of the S3 gateway's buckets, whose objects need not be pinned. */
async function* bucketDamage(home: HomeNode, state: string, world: World): AsyncGenerator<Damage> {
  if ((await readList(join(state, "s3"))).length === 0) return;
  yield* checkBuckets(join(state, "s3"), {
    async has(cid) {
      if (await hasBlock(cid, home, world)) return true;
      // The gateway answers before an index has what it stored.
      home.findUncommitted?.();
      return hasBlock(cid, home, world);
    },
    get: (cid) => required(cid, home, world),
  });
}

function verdict(errors: number, hints: number): string {
  if (errors > 0) return plural(errors, "error");
  if (hints === 0) return "all is well";
  return `nothing is lost; ${plural(hints, "hint")}`;
}

async function whatToAdd(
  incomplete: readonly IncompletePin[],
  campaign: CampaignStore,
  call: Call,
): Promise<AddAgain[]> {
  const { home, facts } = campaign;
  const get = (cid: CID) => required(cid, home, call.world);
  const pins = await allPins(home, call.world);
  return addAgain(incomplete, { tree: await treeIn(call), campaign: facts.campaign, pins, get });
}

/** Returns the present tree.yaml, or an empty tree where there is none, so that lost blocks are reported in any case. */
async function treeIn(call: Call): Promise<Tree> {
  const text = await readIfThere(join(call.folder(), "tree.yaml"));
  return text ? readTree(text).tree : new Map();
}

function asData({ cid, ...what }: AddAgain) {
  return { ...what, ...(cid && { cid: cid.toString() }) };
}

/** Most entries listed, and most files of each. */
const few = { things: 50, files: 5 } as const;

function missingLines(missing: readonly AddAgain[]): string[] {
  if (missing.length === 0) return [];
  const more = missing.length > few.things ? [`  and ${missing.length - few.things} more`] : [];
  return [
    "to be added again, or fetched by publish from a node that has it:",
    ...missing.slice(0, few.things).map(describeMissing),
    ...more,
  ];
}

/** Formats `  tree.yaml:4: products/a (bafy…): x.bin; it was added from /data/a`. */
function describeMissing({ path, line, cid, release, from, files }: AddAgain): string {
  const named = files.slice(0, few.files).map(printable);
  const some = files.length > named.length ? [...named, "…"] : named;
  const which = some.length > 0 ? `: ${some.join(", ")}` : "";
  const at = printable(path);
  if (line !== undefined) {
    const origin = from === undefined ? "" : `; it was added from ${printable(from)}`;
    return `  tree.yaml:${line}: ${at} (${cid})${which}${origin}`;
  }
  if (release !== undefined) return `  ${at}${which}, which release ${release} has and tree.yaml no longer`;
  return `  ${at}${which}, added from this machine and not in tree.yaml`;
}
