/**
 * Announce: points a name at the head, and reads it back from every authority.
 *
 * The value of a name is derived from the head, after its release was appended. The provider compares the present value
 * before it writes, so that a lost response leads to no second write. Every authority is asked whether the write took effect.
 */
import { Failure, isFailure } from "../../core/failure.ts";
import { firstLines } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Head } from "../../log/log.ts";
import type { AuthorityAnswer } from "../../names/name.ts";
import type { ConfiguredName, Parts } from "../parts.ts";
import { agreedValue, describeAnswers, type NameObservation, normalized, observeName } from "./name-status.ts";
import { targetOf } from "./target.ts";

/** ms between two requests to the authorities. */
const pauses = [250, 500, 1_000, 2_000, 4_000];

/** ms. Every server has at least this long for one answer, even when the deadline is near. */
const leastTimeoutMs = 2_000;

/** Sets a name to the value derived from the head, and returns that value. The earlier observation gives the expected values. */
export async function announce(
  observed: NameObservation,
  head: Head,
  { log }: Pick<Parts, "log">,
  world: World,
): Promise<string> {
  const { name: configured, answers } = observed;
  const value = await targetOf(configured.to, head, log, world);
  const name = configured.open("writing");
  const candidates = expectedValues(observed);
  for (const [index, expected] of candidates.entries()) {
    try {
      await name.announce(value, expected, world);
      break;
    } catch (error) {
      // Where authorities differ, the provider may have any of their values. A write that expects the wrong one changes nothing.
      const last = index === candidates.length - 1;
      if (last || !isFailure(error, "conflict")) throw error;
    }
  }
  if (answers?.value !== undefined && answers.ttl !== undefined) {
    const until = new Date(world.now().getTime() + answers.ttl * 1000).toISOString().slice(11, 16);
    world.log(`${configured.name}: resolvers may remember the old answer until ${until} UTC`);
  }
  return value;
}

/** Returns the values that the provider may have now, from its servers' answers: one value where they agree. */
function expectedValues({ answers, failure }: NameObservation): readonly (string | undefined)[] {
  if (!answers) throw failure ?? new Failure("unavailable", "the name was not resolved");
  if (answers.agrees) return [answers.value];
  const answered = answers.authorities.filter(({ problem }) => problem === undefined);
  return [...new Set((answered.length > 0 ? answered : answers.authorities).map(({ value }) => value))];
}

/** A name for which every authority answers the same value. */
export interface ReadBack {
  readonly name: ConfiguredName;
  /** In the authorities' spelling. */
  readonly value: string;
  readonly authorities: readonly AuthorityAnswer[];
}

/**
 * Waits until every authority of a name answers `value`.
 *
 * @throws Failure `unavailable` at the name's deadline, which lists every server that answers another value.
 */
export async function readBack(name: ConfiguredName, value: string, world: World): Promise<ReadBack> {
  const target = normalized(value);
  const until = performance.now() + name.deadline;
  for (let round = 0; ; round++) {
    const left = until - performance.now();
    const observed = await observeName(name, Math.max(left, leastTimeoutMs), world);
    const { value: answer, authorities = [] } = observed.answers ?? {};
    if (answer !== undefined && agreedValue(observed) === target) return { name, value: answer, authorities };
    if (left <= 0) throw notReadBack(name, target, observed);
    const right = authorities.filter((answer) => normalized(answer.value ?? "") === target).length;
    const total = authorities.length > 0 ? { total: authorities.length } : {};
    world.progress({ task: `reading ${name.name} back`, done: right, ...total, unit: "servers" });
    await world.sleep(Math.min(pauses[Math.min(round, pauses.length - 1)]!, Math.max(left, 1)));
  }
}

function notReadBack({ deadline }: ConfiguredName, target: string, observed: NameObservation): Failure {
  const lines = firstLines(describeAnswers(observed, target));
  const what = `it was written, and not all servers answer it after ${deadline / 1000} s:`;
  return new Failure("unavailable", [what, ...lines].join("\n"));
}
