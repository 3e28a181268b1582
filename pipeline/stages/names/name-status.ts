/** What names say, and what they should say: everything an announcement is decided from. */
import { CID } from "multiformats/cid";
import { withoutSlash } from "../../core/campaign/fields.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { NameStatus } from "../../names/name.ts";
import type { ConfiguredName, Parts } from "../parts.ts";

export interface NameObservation {
  readonly name: ConfiguredName;
  /** Absent where it could not be found out whom to ask: `failure` says why. */
  readonly answers?: NameStatus;
  readonly failure?: Failure;
}

/** One sight for each name, in the order of campaign.yaml. A name that can't be asked in `timeoutMs` ms is told as such. */
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
  const inTime: World = { ...world, signal: AbortSignal.any([world.signal, late]) };
  try {
    return { name: announced, answers: await announced.open("looking").probe(inTime) };
  } catch (error) {
    world.signal.throwIfAborted();
    const silent = new Failure("unavailable", `${announced.name}: no answer in ${timeoutMs / 1000} s`);
    if (!late.aborted && !(error instanceof Failure)) throw error;
    return { name: announced, failure: error instanceof Failure ? error : silent };
  }
}

/** Where all authorities say one thing, that; compared by what it means, not by how the CID is spelt. */
export function agreedValue({ answers: sighting }: NameObservation): string | undefined {
  return sighting?.agrees && sighting.value !== undefined ? normalized(sighting.value) : undefined;
}

/** `/ipfs/CID/path` with the CID in its usual spelling; anything else as it is. */
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

/** The answers of a sight in words, those that are not `value` first. */
export function describeAnswers({ answers: sighting, failure }: NameObservation, value: string | undefined): string[] {
  if (!sighting) return [failure?.message ?? "not asked"];
  const wrong = sighting.authorities.filter((answer) => answer.problem || normalized(answer.value ?? "") !== value);
  return wrong.map(
    ({ server, value: said, problem }) => `${server} ${problem ?? (said ? `says ${said}` : "has no record")}`,
  );
}
