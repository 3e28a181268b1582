/** `scan`: what is in the tree, or at an address, as publishing would describe it. */

import { leavesAt } from "../cli/address/address.ts";
import { nothingYet } from "../cli/address/tree-text.ts";
import type { Call, Verb } from "../cli/command.ts";
import { allFlag, noteLines } from "../cli/print/findings.ts";
import { printable, printableLines } from "../cli/print/terminal.ts";
import { emptyDirectory } from "../core/cid.ts";
import { Failure } from "../core/failure.ts";
import type { Entry } from "../core/stac/catalog-entry.ts";
import { sayBytes } from "../core/text/shown.ts";
import { scan as scanStage } from "../stages/scan/scan.ts";

export const scan: Verb = {
  args: "[address]",
  flags: [allFlag],
  about: `Prints a line a dataset, with its STAC item, and a line for every leaf that no reader knows. Without an address it
scans the tree; paths are relative to the address. Descriptions are remembered by CID.`,
  completes: ["tree"],
  example: "fieldtree scan --json products/HALO",

  async run(call) {
    const { out, world } = call;
    const campaign = await call.campaign();
    let code = 0;
    let scanned = 0;
    const lost: string[] = [];
    for await (const { path, entries, unreachable } of scanStage(
      await leavesAt(call.args[0] ?? "", call),
      campaign,
      world,
    )) {
      scanned += entries.length;
      for (const entry of entries) {
        out.result(...lineOf(entry, call));
        await out.taken();
        if (entry.kind === "failed") code = 1;
      }
      if (unreachable === undefined) continue;
      // Failing says it once more, and with --quiet alone.
      lost.push(path || (call.args[0] ?? "/"));
      out.result({ path, unreachable }, `${printable(path || ".")}: out of reach: ${printable(unreachable)}`);
    }
    if (lost.length > 0) {
      const more = lost.length > 3 ? ` and ${lost.length - 3} more` : "";
      throw new Failure("unavailable", `out of reach: ${lost.slice(0, 3).join(", ")}${more}`, {
        hint: "add the data to this campaign's node, or name a gateway that has it in campaign.yaml, and scan again",
      });
    }
    if (scanned === 0) world.log(nothingYet);
    return code;
  },
};

/** An entry as the JSON line and the text that `scan` and `inspect` print. */
export function lineOf(entry: Entry, call: Pick<Call, "flags" | "out">): Parameters<Call["out"]["result"]> {
  const { path, cid } = entry;
  const name = printable(path === "" ? "." : path);
  switch (entry.kind) {
    case "dataset": {
      const { title, start_datetime: start, end_datetime: end, "fieldtree:time_source": told } = entry.item.properties;
      const when = start && told !== "unknown" ? ` · ${start} to ${end ?? ""}` : "";
      const notes = noteLines(entry.findings, call).map((note) => `\n${note}`);
      return [
        {
          path,
          cid,
          reader: entry.reader,
          item: { ...entry.item },
          findings: entry.findings.map((each) => ({ ...each })),
        },
        `${name}: ${printable(`${title}`)} (${entry.reader})${when}${notes.join("")}`,
      ];
    }
    case "failed": {
      const says = `${name}: can't be described (${entry.reader}): ${printableLines(entry.failure.message)}`;
      return [{ path, cid, reader: entry.reader, failure: entry.failure }, says, says];
    }
    case "plain": {
      const what =
        cid === emptyDirectory.toString() ? "empty folder" : `${entry.plain.kind}, ${sayBytes(entry.plain.size)}`;
      const { plain, findings } = entry;
      const notes = noteLines(findings ?? [], call).map((note) => `\n${note}`);
      return [{ path, cid, plain, ...(findings && { findings }) }, `${name}: ${what}${notes.join("")}`];
    }
  }
}
