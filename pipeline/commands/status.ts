/** `status`: the state of the campaign, in a few lines and within two seconds. */

import { printStatus } from "../cli/print/print-status.ts";
import type { Verb } from "../cli/verb.ts";
import { endedBy } from "../core/abort.ts";
import { longestWait } from "../core/campaign/fields.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";

/** The share of the remaining time that one request may take; the rest is for requests that depend on its answer. */
const share = 0.6;

/** The share where no other request depends on the answer. A Kubo waits a second before it requests a block elsewhere. */
const lastShare = 0.85;

export const status: Verb = {
  flags: [["--deadline <seconds>", "how long to wait for whatever doesn't answer", "2"]],
  about: `What is live and what its names point to, what is still being pinned, who is publishing, and what publishing would do. Whatever
does not answer in time is shown as such: without its node, what is live is read from the log. Changes nothing.`,
  example: "fieldtree status",

  async run({ campaign: open, flags, out, env, world }) {
    const seconds = Number(flags.deadline);
    if (!(seconds > 0 && seconds * 1000 <= longestWait))
      throw new Failure("input", `--deadline takes seconds, and got ${JSON.stringify(flags.deadline)}`, {
        hint: "2 is the default; no more than 24 days",
      });
    const late = AbortSignal.timeout(Math.ceil(seconds * 1000));
    const inTime: World = endedBy(world, late);
    try {
      const until = performance.now() + seconds * 1000;
      const timeouts = {
        soon: AbortSignal.timeout(Math.ceil(seconds * 1000 * share)),
        /** Computed at each request, because earlier steps use part of the time. A multiple of 100 ms: it is printed. */
        get timeoutMs() {
          return Math.max(1, Math.floor(((until - performance.now()) * share) / 100)) * 100;
        },
        get lastMs() {
          return Math.max(1, Math.floor(((until - performance.now()) * lastShare) / 100)) * 100;
        },
      };
      await printStatus(await open(), timeouts, { out, env }, inTime);
      return 0;
    } catch (error) {
      world.signal.throwIfAborted();
      if (!late.aborted || error instanceof Failure) throw error;
      throw new Failure("unavailable", `the campaign's node or its log did not answer in ${seconds} s`, {
        hint: "status --deadline 10 waits longer",
      });
    }
  },
};
