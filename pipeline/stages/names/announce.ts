/**
 * Announce: point the names at the head, and read them back from every authority.
 *
 * A name is only ever derived from the head, after its release was appended. Whether a write is needed is seen at the
 * provider itself, so that a lost answer leads to no second write; whether it took effect is seen at every authority.
 */
import { Failure, isFailure } from "../../core/failure.ts";
import { firstLines } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import type { Head } from "../../log/log.ts";
import type { ConfiguredName, Parts } from "../parts.ts";
import { agreedValue, describeAnswers, type NameObservation, normalized, observeName } from "./name-status.ts";
import { targetOf } from "./target.ts";

/** ms between two looks at the authorities. */
const pauses = [250, 500, 1_000, 2_000, 4_000];

/** ms. Even at the deadline every server gets this long to answer once. */
const leastPatience = 2_000;

/** Point a name at what the head says, from what it was seen to say. Returns that value. */
export async function announce(
  seen: NameObservation,
  head: Head,
  { log }: Pick<Parts, "log">,
  world: World,
): Promise<string> {
  const { name: announced, answers: sighting } = seen;
  const value = await targetOf(announced.to, head, log, world);
  const name = announced.open("writing");
  const candidates = expectations(seen);
  for (const [index, expected] of candidates.entries()) {
    try {
      await name.announce(value, expected, world);
      break;
    } catch (error) {
      // Authorities that differ leave more than one thing the provider may have; a wrong guess changes nothing.
      const last = index === candidates.length - 1;
      if (last || !isFailure(error, "conflict")) throw error;
    }
  }
  if (sighting?.value !== undefined && sighting.ttl !== undefined) {
    const until = new Date(world.now().getTime() + sighting.ttl * 1000).toISOString().slice(11, 16);
    world.log(`${announced.name}: resolvers may remember the old answer until ${until} UTC`);
  }
  return value;
}

/** What the provider may have, by what its servers say: mostly one thing. */
function expectations({ answers: sighting, failure }: NameObservation): readonly (string | undefined)[] {
  if (!sighting) throw failure ?? new Failure("unavailable", "the name was not looked at");
  if (sighting.agrees) return [sighting.value];
  const answered = sighting.authorities.filter(({ problem }) => problem === undefined);
  return [...new Set((answered.length > 0 ? answered : sighting.authorities).map(({ value }) => value))];
}

/**
 * Wait until every authority of `announced` says `value`.
 *
 * @throws Failure `unavailable` at the name's deadline, naming every server that says something else.
 */
export async function readBack(announced: ConfiguredName, value: string, world: World): Promise<NameObservation> {
  const wanted = normalized(value);
  const until = performance.now() + announced.deadline;
  for (let round = 0; ; round++) {
    const left = until - performance.now();
    const sight = await observeName(announced, Math.max(left, leastPatience), world);
    if (agreedValue(sight) === wanted) return sight;
    if (left <= 0) throw neverSaid(announced, wanted, sight);
    const answers = sight.answers?.authorities ?? [];
    const right = answers.filter((answer) => normalized(answer.value ?? "") === wanted).length;
    const total = answers.length > 0 ? { total: answers.length } : {};
    world.progress({ task: `reading ${announced.name} back`, done: right, ...total, unit: "servers" });
    await world.sleep(Math.min(pauses[Math.min(round, pauses.length - 1)]!, Math.max(left, 1)));
  }
}

function neverSaid({ deadline }: ConfiguredName, wanted: string, sight: NameObservation): Failure {
  const lines = firstLines(describeAnswers(sight, wanted));
  const what = `it was written, and not all servers say so after ${deadline / 1000} s:`;
  return new Failure("unavailable", [what, ...lines].join("\n"));
}
