/** `republish`: the signed IPNS records, put again as they are. */

import type { Verb } from "../cli/command.ts";
import { Failure, isFailure } from "../core/failure.ts";

export const republish: Verb = {
  about: `The network forgets an IPNS record after 48 hours, whatever life it has left. Nothing needs to be signed to put it
again: the record is stored beside the head of the log, and any machine that reads the log can do it without the key. Let
cron do it well before, every 12 hours:
  0 */12 * * *  fieldtree --campaign DIR --quiet republish`,
  example: "fieldtree republish",

  async run({ campaign, out, world }) {
    const names = (await campaign()).announced.filter(({ kind }) => kind === "ipns");
    if (names.length === 0) world.log("campaign.yaml announces no IPNS name: there is nothing to put again");
    const failures: Failure[] = [];
    // One after the other, so that the lines come in the order of campaign.yaml; there are few.
    for (const { name, at } of names) {
      try {
        await at("looking").republish?.(world);
        out.result({ name, ok: true }, `${name}  put again`);
      } catch (error) {
        if (!isFailure(error)) throw error;
        failures.push(error);
        // For people the failure itself says it, last.
        out.result({ name, ok: false, says: error.message });
      }
    }
    const [first, ...others] = failures;
    if (!first) return 0;
    if (others.length === 0) throw first;
    throw new Failure(first.kind, failures.map(({ message }) => message).join("\n"), {
      ...(first.hint !== undefined && { hint: first.hint }),
    });
  },
};
