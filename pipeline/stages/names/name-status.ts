/** The status of names: their authorities' answers, from which the plan decides what to announce. */

import { CID } from "multiformats/cid";
import { endedBy } from "../../core/abort.ts";
import { withoutSlash } from "../../core/campaign/fields.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { NameStatus } from "../../names/name.ts";
import type { ConfiguredName, Parts } from "../parts.ts";

export interface NameObservation {
  readonly name: ConfiguredName;
  /** Absent where no authority could be asked; `failure` has the reason. */
  readonly answers?: NameStatus;
  readonly failure?: Failure;
}

/** Returns one observation for each name, in the order of campaign.yaml; a failure where no answer came in `timeoutMs`. */
export function observeNames(
  { names }: Pick<Parts, "names">,
  timeoutMs: number,
  world: World,
): Promise<NameObservation[]> {
  return Promise.all(names.map((name) => observeName(name, timeoutMs, world)));
}

export async function observeName(
  announced: ConfiguredName,
  timeoutMs: number,
  world: World,
): Promise<NameObservation> {
  const late = AbortSignal.timeout(Math.ceil(timeoutMs));
  const inTime: World = endedBy(world, late);
  try {
    return { name: announced, answers: await announced.open("reading").probe(inTime) };
  } catch (error) {
    world.signal.throwIfAborted();
    const silent = new Failure("unavailable", `${announced.name}: no answer in ${timeoutMs / 1000} s`);
    if (!late.aborted && !(error instanceof Failure)) throw error;
    return { name: announced, failure: error instanceof Failure ? error : silent };
  }
}

/** Returns the normalized value on which all authorities agree; `undefined` where they differ or have no record. */
export function agreedValue({ answers }: NameObservation): string | undefined {
  return answers?.agrees && answers.value !== undefined ? normalized(answers.value) : undefined;
}

/** Returns `/ipfs/CID/path` with the CID in its usual spelling, and any other value unchanged. */
export function normalized(value: string): string {
  const [, cid, path = ""] = /^\/ipfs\/([^/]+)(\/.*)?$/.exec(value) ?? [];
  if (cid === undefined) return value;
  try {
    const read = CID.parse(cid);
    return `/ipfs/${read.toString()}${withoutSlash(path)}`;
  } catch {
    return value;
  }
}

/** Returns text for people on each answer that is not `value`. */
export function describeAnswers({ answers, failure }: NameObservation, value: string | undefined): string[] {
  if (!answers) return [failure?.message ?? "not asked"];
  const wrong = answers.authorities.filter((answer) => answer.problem || normalized(answer.value ?? "") !== value);
  return wrong.map(
    ({ server, value: found, problem }) => `${server} ${problem ?? (found ? `answers ${found}` : "has no record")}`,
  );
}
