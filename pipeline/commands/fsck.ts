/** `fsck`: whether what the node was given is still what it holds. */
import { Failure } from "../core/failure.ts";
import { sayBytes } from "../core/shown.ts";
import type { Verb } from "./command.ts";
import { printable } from "./terminal.ts";

export const fsck: Verb = {
  flags: [["--repair", "take damaged blocks out, so that they can be added or fetched again"]],
  about:
    "Reads every block and compares it with its CID, every index with its pack, and follows every pin to its last block.",
  example: "fieldtree fsck",

  async run({ flags, campaign: open, out, world }) {
    const { home } = await open();
    if (!home.fsck) throw new Failure("input", `${home.name} checks itself`, { hint: "with Kubo: ipfs repo verify" });
    let errors = 0;
    const checking = home.fsck({ repair: flags.repair === true }, world);
    for (;;) {
      const step = await checking.next();
      if (step.done) {
        const { blocks, bytes, packs, pins } = step.value;
        const verdict = errors === 0 ? "all is well" : `${errors} ${errors === 1 ? "thing is" : "things are"} wrong`;
        out.result(
          { blocks, bytes, packs, pins, errors },
          `blocks: ${blocks} (${sayBytes(bytes)}), packs: ${packs}, pins: ${pins}; ${verdict}`,
        );
        break;
      }
      const { level, rule, says, fix } = step.value;
      if (level === "error") errors++;
      const text = `${out.paint(level, level)}  ${rule}  ${printable(says)}\n    fix: ${printable(fix)}`;
      out.result({ level, rule, says, fix }, text, level === "error" ? text : undefined);
    }
    if (errors === 0) return 0;
    throw new Failure("corrupt", `${home.name}: ${errors} ${errors === 1 ? "thing is" : "things are"} wrong`, {
      hint: flags.repair === true ? "add or publish again, then run fieldtree fsck" : "fieldtree fsck --repair",
    });
  },
};
