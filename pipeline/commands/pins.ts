/** `pins`: the pins of a release, as a list that mirrors can pin too; and lists written by hand, converted for campaign.yaml. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CID } from "multiformats/cid";
import { errorsIn, findingLines } from "../cli/print/findings.ts";
import type { Call, Verb } from "../cli/verb.ts";
import { readPinlist } from "../core/campaign/pinlist.ts";
import { identity } from "../core/cid.ts";
import { Failure } from "../core/failure.ts";
import { unprintable } from "../core/text/shown.ts";
import { dataLeaves } from "../core/tree/tree.ts";
import { publishedHead } from "../log/chain.ts";
import { serviceLabel } from "../stages/pins/label.ts";
import type { PinTarget } from "../stages/pins/pin-target.ts";
import { treeOf } from "../stages/tree/past.ts";

export const pins: Verb = {
  args: "<export|import> [file]",
  about: `\`pins export\` prints a CID a line: the newest release's tree, portal and datasets, and what campaign.yaml adds. A mirror
pins all of it with: fieldtree pins export | ipfs pin add

\`pins import FILE\` reads a list written by hand (a list of cid:, name:, meta: as in pinlist.yaml) and prints it as campaign.yaml
has it. What is wrong with it is printed on stderr, with its line; the exit code is 1 where an entry can't be used.`,
  example: "fieldtree pins export | ipfs pin add",

  async run(call) {
    const [direction, file] = call.args;
    if (direction === "export") {
      if (file !== undefined) throw new Failure("input", "pins export takes no file: it prints");
      return exportPins(call);
    }
    if (direction !== "import") throw new Failure("input", `pins ${direction}: there is only export and import`);
    if (file === undefined)
      throw new Failure("input", "pins import needs a file", { hint: "pins import pinlist.yaml" });
    return importPins(file, call);
  },
};

/** The text has no labels, comments or blank lines, because `ipfs pin add` reads every line as a CID. */
async function exportPins({ store: open, out, world }: Call): Promise<number> {
  const campaign = await open();
  const head = await publishedHead(campaign.log, world);
  const { number, root, portal } = head.release;
  const { campaign: name } = campaign.facts;
  const leaves = dataLeaves(await treeOf(head.release, campaign, world));
  const all: readonly { readonly cid: CID; readonly target: PinTarget }[] = [
    { cid: root, target: { kind: "tree" } },
    { cid: portal, target: { kind: "portal" } },
    // Empty folders of the tree are left out, because every node has their block.
    ...leaves.map(({ path, cid }) => ({ cid, target: { kind: "leaf", path } as const })),
    ...campaign.pins.extra.map(({ name, cid }) => ({ cid: CID.parse(cid), target: { kind: "extra", name } as const })),
  ];
  const printed = new Set<string>();
  for (const { cid, target } of all) {
    if (printed.has(identity(cid))) continue;
    printed.add(identity(cid));
    const label = serviceLabel(name, target, number);
    out.result({ cid: `${cid}`, label }, `${cid}`, `${cid}`);
    await out.taken();
  }
  return 0;
}

async function importPins(file: string, call: Call): Promise<number> {
  const { cwd, out, world } = call;
  const bytes = await readFile(resolve(cwd, file)).catch((cause: NodeJS.ErrnoException) => {
    throw new Failure("input", `${file} can't be read: ${cause.code ?? cause.message}`, { cause });
  });
  const { pins, findings } = readPinlist(bytes);
  for (const finding of out.json ? findings : []) out.result({ finding });
  // The converted list is printed on stdout, for campaign.yaml; its findings on stderr.
  if (!out.json) for (const line of findingLines(file, findings, call)) world.log(line);
  if (!out.json && pins.length > 0) out.result({}, "pins:\n  extra:", "pins:\n  extra:");
  for (const { name, cid, previous, meta, line } of pins) {
    const data = { name, cid: `${cid}`, ...(previous && { previous: `${previous}` }), meta, line };
    const text = `    - { name: ${quoted(name)}, cid: ${cid} }`;
    out.result(data, text, text);
  }
  const [first, ...others] = errorsIn(findings);
  if (!first) return 0;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  throw new Failure("findings", `${file}:${first.line}:${first.column}: ${first.says}${more}; the rest was printed`);
}

/** Quotes for YAML and JSON, and for a terminal: JSON alone does not escape some characters that reorder a line. */
function quoted(text: string): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(new RegExp(unprintable, "g"), escaped);
}
