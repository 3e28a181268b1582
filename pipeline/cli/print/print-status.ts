/** The observations of `status`, and their text. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { doisIn } from "../../campaign/dois.ts";
import { endedBy } from "../../core/abort.ts";
import { formatNameTarget } from "../../core/campaign/name-target.ts";
import { isFailure } from "../../core/failure.ts";
import { hasNoData } from "../../core/tree/tree.ts";
import type { World } from "../../core/world.ts";
import { nothingPublished } from "../../log/chain.ts";
import type { Head } from "../../log/log.ts";
import type { Release } from "../../log/release.ts";
import { reachable, type Unreachable } from "../../stages/available-parts.ts";
import { agreedValue, describeAnswers, type NameObservation, normalized } from "../../stages/names/name-status.ts";
import { targetOf } from "../../stages/names/target.ts";
import { type BelowPins, probeBelowPins } from "../../stages/pins/below-pins.ts";
import { pinData } from "../../stages/pins/pin-status.ts";
import { outOfReachData, whyNotFromHere } from "../../stages/publish/fetch-leaves.ts";
import {
  type Observation,
  type ObservationOptions,
  observe,
  whyNoRoot,
  whyRolledBack,
} from "../../stages/publish/observe.ts";
import { formatSteps, stepData } from "../../stages/publish/plan.ts";
import { sourceOf } from "../../stages/tree/past.ts";
import { emptyTreeNote } from "../address/tree-text.ts";
import { mirrorData, mirrorLines, observeMirrors } from "../mirror/observe.ts";
import type { Call } from "../verb.ts";
import { doiData, doiLines } from "./doi-lines.ts";
import { fetchingData, fetchingText, observeFetching } from "./fetching.ts";
import { inPlaceData, inPlaceLines, leavesInPlace } from "./in-place.ts";
import { incompleteData, incompleteSections, section } from "./incomplete-pins.ts";
import { ageOf, pinLines } from "./pin-lines.ts";
import { nameShort, printable } from "./terminal.ts";

export interface StatusTimeouts {
  /** ms. Timeout for a request that starts now: the later it is read, the shorter it is. */
  readonly timeoutMs: number;
  /** ms. The same for one on which no other depends. */
  readonly lastMs: number;
  /** Aborts at the time when parts on which other requests depend must have answered. */
  readonly soon: AbortSignal;
}

/** Observes the campaign and prints the result. @throws The reason of the world's signal at the deadline. */
export async function printStatus(
  opened: Campaign,
  timeouts: StatusTimeouts,
  { out, env }: Pick<Call, "out" | "env">,
  world: World,
): Promise<void> {
  const text = await readFile(join(opened.folder, "tree.yaml"));
  // The head is read a single time, so that the whole status is of one release, even if another is published meanwhile.
  const { campaign, lease: leaseNow, unreachable } = reachable(opened, timeouts.soon, world);
  const probing = belowPins(campaign, timeouts, unreachable, world);
  // Awaited below: until then its failure must not end the process.
  probing.catch(() => undefined);
  const options: ObservationOptions = {
    get timeoutMs() {
      return timeouts.timeoutMs;
    },
    below: () => probing,
  };
  const [ours, live, lease, fetching, mirrors] = await Promise.all([
    observe(text, campaign, world, options),
    rolledBack(campaign, options, world),
    leaseNow(),
    observeFetching(opened, timeouts.lastMs, world),
    observeMirrors(campaign, env, endedBy(world, timeouts.soon)),
  ]);
  // A publish refuses a tree.yaml that was rolled back, so its plan is not shown as the next steps.
  const rolledBackReason = whyRolledBack(ours);
  const observation = (rolledBackReason && live) ?? ours;
  const { head } = observation;
  const release = head?.release;
  const names = await Promise.all(observation.names.map((name) => liveName(name, head, campaign, world)));
  const pins = observation.pins.filter(({ desired }) => desired.cid);
  const notHere = whyNoRoot(observation) ? undefined : await whyNotFromHere(observation, campaign, world);
  const inPlace = await leavesInPlace(observation.tree, opened.home, world);
  const dois = doiData(await doisIn(opened.folder), observation.tree);
  const now = world.now().getTime();
  const data = {
    head: head?.cid.toString() ?? null,
    release: release?.number ?? null,
    root: release?.root.toString() ?? null,
    portal: release?.portal.toString() ?? null,
    live: names.map(({ data }) => data),
    pins: pins.map((pin) => ({ ...pinData(pin), age: ageOf(pin, now) })),
    ...incompleteData(observation),
    ...inPlaceData(inPlace),
    ...fetchingData(fetching),
    ...(dois.length > 0 && { dois }),
    ...(mirrors.length > 0 && { mirrors: mirrors.map((each) => mirrorData(each, release?.number)) }),
    ...(lease && { lease }),
    ...(unreachable().length > 0 && { unreachable: unreachable() }),
    ...(notHere && { outOfReach: outOfReachData(notHere) }),
    next: observation.steps.flatMap(stepData),
  };
  const lines = [
    ...(release ? releaseLines(release) : [nothingPublished]),
    ...section("names", nameLines(names)),
    ...section("pins", pinLines(pins, now)),
    ...incompleteSections(observation, campaign),
    ...section("in place only: on this machine there is no copy but the files themselves", inPlaceLines(inPlace)),
    ...section("fetching from here over HTTP", fetchingText(fetching)),
    ...section("DOIs", doiLines(dois)),
    ...section("mirrors, as they publish it", mirrorLines(mirrors, release?.number)),
    ...section("lease", lease ? [`  ${lease.holder} is ${lease.what} since ${lease.since}`] : []),
    ...section("out of reach", unreachable().map(describeUnreachable)),
    ...nextLines(observation, rolledBackReason && head, unreachable()),
    ...section(
      "from here it would stop",
      notHere ? notHere.failure.message.split("\n").map((line) => `  ${printable(line)}`) : [],
    ),
    ...section(
      "tree.yaml is not to be published",
      rolledBackReason ? [`  ${printable(rolledBackReason.message)}`, `  → ${rolledBackReason.hint}`] : [],
    ),
  ];
  out.result(data, lines.join("\n"));
}

function releaseLines({ number, made, rollbackOf, root, portal }: Release): readonly string[] {
  const since = rollbackOf === undefined ? "" : `, rolled back to release ${rollbackOf}`;
  return [`release ${number} of ${made} is live${since}`, `  root    ${root}`, `  portal  ${portal}`];
}

/** Plans the repair of a live release that a rollback created, for which tree.yaml has another tree. */
async function rolledBack(
  campaign: Campaign,
  options: ObservationOptions,
  world: World,
): Promise<Observation | undefined> {
  const release = (await campaign.log.head(world))?.release;
  if (release?.rollbackOf === undefined) return undefined;
  const text = await sourceOf(release, campaign, world);
  return observe(text, { ...campaign, madeWith: release.madeWith }, world, options);
}

async function liveName(observed: NameObservation, head: Head | undefined, { log }: Campaign, world: World) {
  const { name: announced, answers } = observed;
  const { name, to } = announced;
  const value = head && normalized(await targetOf(to, head, log, world));
  const agrees = value !== undefined && agreedValue(observed) === value;
  const authorities = (answers?.authorities ?? []).map(({ server, value, problem }) => ({
    server,
    value: value ?? null,
    ...(problem && { problem }),
  }));
  const wrong = agrees ? [] : describeAnswers(observed, value);
  return { data: { name, to: formatNameTarget(to), authorities, agrees }, wrong };
}

/** Formats `latest.example.org → tree  2 of 2 servers agree`, and below it every server that does not agree. */
function nameLines(names: readonly Awaited<ReturnType<typeof liveName>>[]): string[] {
  const titled = names.map(({ data, wrong }) => ({ title: `${nameShort(data.name)} → ${data.to}`, data, wrong }));
  const width = Math.max(0, ...titled.map(({ title }) => title.length));
  return titled.flatMap(({ title, data, wrong }) => {
    const { length } = data.authorities;
    const summary = length === 0 ? "can't be asked" : `${length - wrong.length} of ${length} servers agree`;
    return [`  ${title.padEnd(width)}  ${summary}`, ...wrong.map((answer) => `    ${printable(answer)}`)];
  });
}

const toAddAgain =
  "nothing to publish; add again what older pins lack (fieldtree fsck names it), or give up old releases with fieldtree prune";

/** What the pins of the node lack that its list of pins does not show; nothing where the node can't be asked. */
async function belowPins(
  campaign: Campaign,
  { soon }: StatusTimeouts,
  unreachable: () => readonly Unreachable[],
  world: World,
): Promise<BelowPins> {
  const [pins, head] = await Promise.all([campaign.home.pins(world), campaign.log.head(world)]);
  if (unreachable().some(({ part }) => part === "node")) return { incomplete: [] };
  const live = head ? [head.release.root, head.release.portal] : [];
  try {
    return await probeBelowPins(pins, live, campaign, { soon }, world);
  } catch (error) {
    if (!isFailure(error, "unavailable")) throw error;
    return { incomplete: [], unchecked: error.message };
  }
}

/** Formats `the node (kubo at http://127.0.0.1:5001): it does not listen`. */
function describeUnreachable({ part, name, says }: Unreachable): string {
  const shown = part === "log" ? "; what is shown of it is what this machine read last" : "";
  return `  the ${part} (${printable(name)}): ${printable(says)}${shown}`;
}

/** `kept`: the head, where it stays live whatever tree.yaml contains. */
function nextLines(
  observation: Observation,
  rollbackHead: Head | undefined,
  unreachable: readonly Unreachable[],
): string[] {
  const none = whyNoRoot(observation);
  if (none) return section("next: nothing can be published", [`  ${none.message.split("\n")[0]}; see fieldtree plan`]);
  const empty = observation.findings.length === 0 && hasNoData(observation.tree);
  const toDo = formatSteps(observation.steps);
  if (toDo.length === 0 && observation.incomplete.length > 0) return [toAddAgain];
  const without =
    unreachable.length > 0
      ? `, as far as it is known without the ${unreachable.map(({ part }) => part).join(" and the ")}`
      : "";
  if (toDo.length === 0) return [`nothing to do${without}${empty ? `: tree.yaml has ${emptyTreeNote}` : ""}`];
  const verb = rollbackHead ? `rollback ${rollbackHead.release.rollbackOf}` : "publish";
  return section(
    `next, with fieldtree ${verb}${without}`,
    [...toDo, ...(empty ? [`tree.yaml has ${emptyTreeNote}`] : [])].map((step) => `  ${step}`),
  );
}
