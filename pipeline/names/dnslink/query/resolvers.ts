/** Queries recursive resolvers: those of the system, or others. */
import { getServers } from "node:dns";
import { Failure, isFailure } from "../../../core/failure.ts";
import { shown } from "../../../core/text/shown.ts";
import type { World } from "../../../core/world.ts";
import { addressesOf, ask, called, type Question, type Reply } from "./query.ts";

export interface ResolverOptions {
  /** `host:port`, queried in this order. Default: the system's. */
  readonly servers?: readonly string[];
  /** ms for one answer. */
  readonly timeoutMs: number;
}

/**
 * The reply of the first resolver that has an answer, or reports that there is none (NXDOMAIN).
 *
 * @throws Failure `unavailable` if no resolver has one, with the error of each; its cause is the last {@link Reply}, if any.
 */
export async function askResolvers(
  question: Question,
  { servers = getServers(), timeoutMs }: ResolverOptions,
  world: World,
): Promise<Reply> {
  const problems: string[] = [];
  let last: Reply | undefined;
  for (const server of (await Promise.all(servers.map(addressesOf))).flat()) {
    try {
      const reply = await ask(question, server, { timeoutMs, recurse: true }, world);
      if (reply.rcode === "NOERROR" || reply.rcode === "NXDOMAIN") return reply;
      problems.push(`${called(server)} answers ${reply.rcode}`);
      last = reply;
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      problems.push(error.message);
    }
  }
  const says = problems.length === 0 ? "this machine names no resolver" : problems.join("; ");
  throw new Failure("unavailable", `can't find out the ${question.type} of ${shown(question.name)}: ${says}`, {
    cause: last,
    hint: "is this machine connected? Servers can also be named: authorities: in campaign.yaml",
  });
}
