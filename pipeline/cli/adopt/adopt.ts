/** `log adopt`: takes over what another copy of the log has. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { relationText } from "../../core/relation.ts";
import { assertMayChange } from "../../disk/writable.ts";
import { writeDurably } from "../../disk/write.ts";
import { type AdoptEvent, adopt, type TreeFile } from "../../stages/adopt/adopt.ts";
import { formatEvent } from "../../stages/event.ts";
import { printable } from "../print/terminal.ts";
import { withLease } from "../publishing/with-lease.ts";
import type { Call } from "../verb.ts";
import { otherCopy } from "./other-copy.ts";

export async function adoptCopy(named: string | undefined, call: Call): Promise<number> {
  const { flags, out, world } = call;
  if (named === undefined) throw new Failure("input", "log adopt takes another copy of the log");
  const take = sideIn(flags.take);
  const campaign = await call.campaign();
  const file = join(campaign.folder, "tree.yaml");
  await assertMayChange(file);
  await withLease(campaign, "adopting", world, async (world) => {
    const other = await otherCopy(named, campaign, { ...call, world });
    for await (const event of adopt(other, { take }, treeFile(file), campaign, world)) {
      const { data, text } = shownEvent(event, named);
      out.result(data, text);
    }
  });
  return 0;
}

function sideIn(value: Call["flags"][string]): "ours" | "theirs" | undefined {
  if (value === undefined || value === "ours" || value === "theirs") return value;
  throw new Failure("input", `--take ${value}: it is ours or theirs`);
}

function treeFile(file: string): TreeFile {
  return { read: () => readFile(file, "utf8"), write: (text) => writeDurably(file, text) };
}

function shownEvent(event: AdoptEvent, other: string): { data: object; text: string | undefined } {
  switch (event.event) {
    case "conflict":
      return { data: { event: event.event, ...event.conflict }, text: `conflict  ${printable(event.conflict.says)}` };
    case "adopted": {
      const { relation } = event;
      const before = relationText(relation, { one: "this log", other, entry: "release" });
      const done = relation.relation === "equal" || relation.relation === "ahead" ? "nothing to adopt" : "adopted";
      return { data: { event: event.event, name: other, ...relation }, text: `${done}: ${before}` };
    }
    default:
      return { data: event, text: formatEvent(event) };
  }
}
