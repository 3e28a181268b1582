/** What names say, and what they should say: everything an announcement is decided from. */
import { CID } from "multiformats/cid";
import { withoutSlash } from "../../core/campaign/fields.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { Sighting } from "../../names/name.ts";
import type { Announced, Parts } from "../parts.ts";

export interface NameSight {
  readonly announced: Announced;
  /** Absent where it could not be found out whom to ask: `failure` says why. */
  readonly sighting?: Sighting;
  readonly failure?: Failure;
}

/** One sight for each name, in the order of campaign.yaml. A name that can't be asked in `patience` ms is told as such. */
export function lookAtNames(
  { announced }: Pick<Parts, "announced">,
  patience: number,
  world: World,
): Promise<NameSight[]> {
  return Promise.all(announced.map((name) => lookAtName(name, patience, world)));
}

export async function lookAtName(announced: Announced, patience: number, world: World): Promise<NameSight> {
  const late = AbortSignal.timeout(Math.ceil(patience));
  const inTime: World = { ...world, signal: AbortSignal.any([world.signal, late]) };
  try {
    return { announced, sighting: await announced.at("looking").look(inTime) };
  } catch (error) {
    world.signal.throwIfAborted();
    const silent = new Failure("unavailable", `${announced.name}: no answer in ${patience / 1000} s`);
    if (!late.aborted && !(error instanceof Failure)) throw error;
    return { announced, failure: error instanceof Failure ? error : silent };
  }
}

/** Where all authorities say one thing, that; compared by what it means, not by how the CID is spelt. */
export function saidBy({ sighting }: NameSight): string | undefined {
  return sighting?.agrees && sighting.value !== undefined ? normal(sighting.value) : undefined;
}

/** `/ipfs/CID/path` with the CID in its usual spelling; anything else as it is. */
export function normal(value: string): string {
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
export function sayAnswers({ sighting, failure }: NameSight, value: string | undefined): string[] {
  if (!sighting) return [failure?.message ?? "not asked"];
  const wrong = sighting.authorities.filter((answer) => answer.problem || normal(answer.value ?? "") !== value);
  return wrong.map(
    ({ server, value: said, problem }) => `${server} ${problem ?? (said ? `says ${said}` : "has no record")}`,
  );
}
