/**
 * Verify: checks the log against the node, every pin service and every authoritative server.
 *
 * It writes nothing and needs no secrets: it judges by blocks that hash to their CIDs, by blocks retrieved from services,
 * and by answers of authoritative servers. A check that fails is `corrupt` where content contradicts itself or its CID, and
 * `drift` where a node, service or name no longer agrees with the log. A check that can't be run is reported as
 * unchecked.
 */

import * as v from "valibot";
import { inOrder } from "../../core/concurrency.ts";
import { Failure } from "../../core/failure.ts";
import { stableJson } from "../../core/json.ts";
import type { World } from "../../core/world.ts";
import { resolve, whole } from "../../dag/read/read.ts";
import { publishedHead } from "../../log/chain.ts";
import { unmergedForks } from "../../log/forks.ts";
import type { Head } from "../../log/log.ts";
import type { AuthorityAnswer, NameStatus } from "../../names/name.ts";
import { type NameObservation, normalized, observeNames } from "../names/name-status.ts";
import { targetOf } from "../names/target.ts";
import type { Parts } from "../parts.ts";
import { evidenceInJson, observePins, type PinObservation, statusInJson } from "../pins/pin-status.ts";
import { formatTarget } from "../pins/pin-target.ts";
import { desiredPinsOf } from "../pins/repin.ts";
import { oldNumbers, type RetentionParts } from "../pins/retention.ts";
import { type Check, checked, failed } from "./check.ts";
import { checksOfNode } from "./check-node.ts";
import { checkReleases, type KnownWithoutBlocks } from "./check-releases.ts";
import { checkStac } from "./check-stac.ts";
import { type RebuildParts, rebuiltPortal } from "./rebuild-portal.ts";
import type { SchemaSource } from "./stac-schemas.ts";

export interface VerifyOptions {
  /** Rebuild the portal from the log, and compare it byte for byte; read every block that the node should have. */
  readonly deep: boolean;
  /** Judge the portal's STAC by these schemas. */
  readonly stac?: SchemaSource | undefined;
}

const whereBlocksAre = "verify where these blocks are, or name a gateway that has them in campaign.yaml";

/** ms. Timeout for the answers of services and names. */
const timeoutMs = 30_000;

const atOnce = 16;

/** Yields every check of the newest release and of all earlier ones, as each one finishes. */
export async function* verify(campaign: Parts, options: VerifyOptions, world: World): AsyncGenerator<Check> {
  const head = await publishedHead(campaign.log, world);
  for await (const check of checksOf(head, campaign, options, world)) {
    const mend = check.mend ?? fixFor(check, head);
    yield mend === undefined ? check : { ...check, mend };
  }
}

/** Checks that read blocks from the home node or from gateways. */
const readsBlocks: ReadonlySet<Check["check"]> = new Set(["tree", "index", "portal"]);

/** After a rollback, tree.yaml differs from the live tree, so publishing it would not repair the live one. */
function fixFor({ check, problem }: Check, { release: { rollbackOf } }: Head): string | undefined {
  if (problem === "unchecked" && readsBlocks.has(check)) return whereBlocksAre;
  if (problem !== "drift") return undefined;
  if (check === "pin") return "fieldtree repin";
  return rollbackOf === undefined ? "fieldtree publish" : `fieldtree rollback ${rollbackOf}`;
}

async function* checksOf(head: Head, campaign: Parts, options: VerifyOptions, world: World): AsyncGenerator<Check> {
  // Requested now, so that the answers arrive during the checks of releases; reported later, in a fixed order.
  const names = observeNames(campaign, timeoutMs, world);
  const pins = desiredPinsOf(head, new Map(), campaign, world).then((desired) =>
    observePins(desired, campaign, { thorough: true, timeoutMs }, world),
  );
  // Awaited further down, where a failure is thrown: one that comes before must not end the program.
  for (const asked of [names, pins]) asked.catch(() => undefined);

  yield* checkReleases(
    head,
    campaign.log,
    campaign.get,
    campaign.signers,
    world,
    await knownWithoutBlocks(head, campaign, world),
  );
  yield* checksOfForks(head, campaign, world);
  const index = `index.json of release ${head.release.number}`;
  yield* checked("index", index, () => checkIndex(head, campaign, world));
  if (options.deep)
    yield* checked("portal", `release ${head.release.number}`, () => checkPortal(head, campaign, world));
  if (options.stac) yield* checkStac(head, campaign, options.stac, world);
  yield* checksOfNode(head, campaign, options, world);
  yield* checksOfPins(pins);
  for (const observation of await names) yield* checksOfName(observation, head, campaign, world);
}

/** Another copy of the log went on from a release of this one, and no release merges it. */
async function* checksOfForks(
  head: Head,
  { log, forks }: Pick<Parts, "log" | "forks">,
  world: World,
): AsyncGenerator<Check> {
  for (const fork of await unmergedForks(head, log, forks, world)) {
    const says = "a copy of this log went on from one of its releases to this one, and no release merges it";
    const fix = `fieldtree log adopt ${fork}`;
    yield { check: "log", subject: `fork ${fork}`, ok: false, says, problem: "drift", mend: fix };
  }
}

/** Treats no release as old where the log can't be read to its end; another check reports that failure. */
async function knownWithoutBlocks(head: Head, campaign: RetentionParts, world: World): Promise<KnownWithoutBlocks> {
  const { log, profile } = campaign;
  const old = await oldNumbers(head, campaign, world).catch((error: unknown) => {
    if (error instanceof Failure) return new Set<number>();
    throw error;
  });
  return { isOld: (number) => old.has(number), source: (release) => log.source(release, world), profile };
}

/** Checks that every dataset in the portal's index is in the tree, at that path with that CID. */
async function checkIndex({ release }: Head, { get }: Pick<Parts, "get">, world: World): Promise<string> {
  const index = await resolve(release.portal, "index.json", get);
  if (!index) throw new Failure("corrupt", "the portal has none");
  const { datasets, unlisted } = listIn(await whole(index, get));
  if (unlisted) return `${unlisted.datasets} datasets, too many to be listed`;
  const find = async (dataset: v.InferOutput<typeof located>) => ({
    ...dataset,
    found: await resolve(release.root, dataset.path, get),
  });
  for await (const { path, cid, found } of inOrder(datasets, atOnce, find)) {
    world.signal.throwIfAborted();
    if (found?.toString() !== cid) {
      throw new Failure("corrupt", `${path} is ${found ?? "nowhere"} in the tree, and ${cid} in the index`);
    }
  }
  return datasets.length === 1
    ? "1 dataset, where the tree has it"
    : `${datasets.length} datasets, each where the tree has it`;
}

/** Parses index.json as the `index` view writes it. @throws Failure `corrupt` for any other content. */
function listIn(index: Uint8Array): v.InferOutput<typeof indexJson> {
  try {
    return v.parse(indexJson, JSON.parse(new TextDecoder().decode(index)));
  } catch (cause) {
    throw new Failure("corrupt", "it lists no datasets as fieldtree writes them", { cause });
  }
}

const located = v.object({ path: v.string(), cid: v.string() });
const indexJson = v.object({
  datasets: v.array(located),
  unlisted: v.optional(v.object({ datasets: v.number() })),
});

async function checkPortal(head: Head, campaign: RebuildParts, world: World): Promise<string> {
  const { release } = head;
  if (stableJson(release.madeWith) !== stableJson(campaign.madeWith)) {
    return `not rebuilt: created with other versions of readers or views (${stableJson(release.madeWith)})`;
  }
  const rebuilt = await rebuiltPortal(head, campaign, world);
  if (rebuilt.equals(release.portal)) return "rebuilt from the log to the same bytes";
  throw new Failure("corrupt", `comes out as ${rebuilt}, and was published as ${release.portal}`);
}

async function* checksOfPins(observations: Promise<readonly PinObservation[]>): AsyncGenerator<Check> {
  try {
    for (const observation of await observations) yield checkOfPin(observation);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield failed("pin", "what should be pinned", error);
  }
}

function checkOfPin({ desired, counts, evidence, status, message, failure }: PinObservation): Check {
  const part = { of: desired.service.name, at: formatTarget(desired.target) };
  const check = { check: "pin", subject: `${part.of}: ${part.at}`, part } as const;
  if (counts) return { ...check, ok: true, says: evidenceInJson[evidence] };
  const why = message ?? statusInJson(status);
  const isOptional = !desired.required && status !== "unverified";
  if (isOptional) return { ...check, ok: true, says: "optional and not there yet" };
  const hint = failure?.hint === undefined ? {} : { mend: failure.hint };
  return { ...check, ok: false, says: why, ...(failure ? { problem: "unchecked", ...hint } : { problem: "drift" }) };
}

async function* checksOfName(
  observation: NameObservation,
  head: Head,
  { log }: Pick<Parts, "log">,
  world: World,
): AsyncGenerator<Check> {
  const { name: announced, answers: status, failure } = observation;
  try {
    // Without the list of authorities, the announced value is unknown.
    if (!status) throw failure!;
    const value = normalized(await targetOf(announced.to, head, log, world));
    for (const answer of status.authorities) yield checkOfAnswer(announced.name, answer, value);
    if (status.until !== undefined) yield checkOfRecord(announced.name, { ...status, until: status.until }, world);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield { ...failed("name", announced.name, error), problem: "unchecked" };
  }
}

function checkOfAnswer(
  name: string,
  { server, value: reported, problem, wrong }: AuthorityAnswer,
  value: string,
): Check {
  const check = { check: "name", subject: `${name} at ${server}`, part: { of: name, at: server } } as const;
  if (problem !== undefined) return { ...check, ok: false, says: problem, problem: wrong ? "drift" : "unchecked" };
  if (reported === undefined) return { ...check, ok: false, says: "has no record", problem: "drift" };
  if (normalized(reported) === value) return { ...check, ok: true, says: value };
  return { ...check, ok: false, says: `points to ${reported}\nin place of ${value}`, problem: "drift" };
}

function checkOfRecord(
  name: string,
  { until, endsSoon }: NameStatus & { readonly until: string },
  world: World,
): Check {
  const check = { check: "record", subject: name } as const;
  if (!endsSoon) return { ...check, ok: true, says: `its record is good until ${until}` };
  const over = Date.parse(until) <= world.now().getTime();
  const says = over ? `its record ended on ${until}` : `its record is good until ${until} and no longer`;
  return { ...check, ok: false, says: `${says}: publish with its key`, problem: "drift" };
}
