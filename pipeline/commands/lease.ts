/** `lease`: shows who may publish now, and breaks the lease of a publisher that no longer runs. */

import type { Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import type { Lease } from "../log/lease.ts";

export const lease: Verb = {
  args: "<show|break>",
  about: `The publisher has the lease, on every machine that shares the log, and gives it back at the end. Where one was killed,
running it again on that machine takes it over; others wait until it ends by itself, ten minutes at most. \`lease break\`
takes it away at once: do so only if you know that no one publishes.`,
  example: "fieldtree lease show",

  async run({ args: [what], store, out, world }) {
    if (what !== "show" && what !== "break") {
      throw new Failure("input", `lease ${what}: there is only show and break`);
    }
    const { leases } = (await store()).log;
    const found = (await leases[what](world)) ?? null;
    out.result({ [what === "show" ? "lease" : "broken"]: found }, text(found, what === "break"));
    return 0;
  },
};

function text(found: Lease | null, broken: boolean): string {
  if (!found) return "no publisher has the lease";
  const { holder, what, since, until, id } = found;
  return [
    broken ? `the lease was taken from ${holder}` : `${holder} is ${what}`,
    `  since  ${since}`,
    `  until  ${until ?? "its process ends"}`,
    `  id     ${id}`,
  ].join("\n");
}
