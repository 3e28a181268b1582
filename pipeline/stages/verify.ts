/**
 * Verify: is what the log says true, here, at every service and at every server?
 *
 * Read only, and without secrets: everything is judged by bytes that hash to what names them, by blocks that services
 * give, and by what authoritative servers answer. A check that fails is `corrupt` where content contradicts itself or
 * its CID, and `drift` where the world outside is no longer what the log says; what can't be looked at is neither,
 * and is told as unchecked.
 */
import { isDeepStrictEqual } from "node:util";
import { changesBetween } from "../core/changes.ts";
import { inOrder } from "../core/concurrency.ts";
import { Failure, type Kind } from "../core/failure.ts";
import { stableJson } from "../core/json.ts";
import { readTree, type Tree } from "../core/tree.ts";
import type { World } from "../core/world.ts";
import type { Get } from "../dag/block.ts";
import { resolve, whole } from "../dag/read.ts";
import { releasesFrom } from "../log/chain.ts";
import type { Head, ReleaseLog } from "../log/log.ts";
import { signerOf } from "../log/sign.ts";
import type { Answer, Sighting } from "../names/name.ts";
import { checkRoot, type Sound } from "./check-root.ts";
import { lookAtNames, type NameSight, normal } from "./names.ts";
import type { Parts } from "./parts.ts";
import { lookAtPins, type PinSight } from "./pins.ts";
import { rebuiltPortal } from "./rebuild.ts";
import { wishesFor } from "./repin.ts";
import { targetOf } from "./target.ts";

export interface Check {
  readonly check: "log" | "signature" | "tree" | "index" | "portal" | "node" | "pin" | "name" | "record";
  /** What was checked: `releases 1 to 12`, `dkrz: products/radar.zarr`, `latest.example.org at 192.0.2.1:53`. */
  readonly subject: string;
  readonly ok: boolean;
  readonly says: string;
  /** Why not ok. */
  readonly problem?: "corrupt" | "drift" | "unchecked";
  /** The command that sets drift right; what makes known what could not be looked at. */
  readonly mend?: string;
  /** For a table: of which service or name it is one check of several, and which one: a path, a server. */
  readonly part?: { readonly of: string; readonly at: string };
}

export interface VerifyOptions {
  /** Rebuild the portal from the log, and compare it byte for byte. */
  readonly deep: boolean;
}

/** ms that services and names get to answer. */
const patience = 30_000;

const atOnce = 16;

/** Every check of the newest release and of all before it, as it is made. */
export async function* verify(campaign: Parts, options: VerifyOptions, world: World): AsyncGenerator<Check> {
  const head = await campaign.log.head(world);
  if (!head) throw new Failure("input", "nothing has been published yet", { hint: "fieldtree publish" });
  for await (const check of checksOf(head, campaign, options, world)) {
    yield check.problem === "drift" ? { ...check, mend: mendOf(check, head) } : check;
  }
}

/** After a rollback tree.yaml is another tree, so that publishing it is no way to set right what is live. */
function mendOf({ check }: Check, { release: { rollbackOf } }: Head): string {
  if (check === "pin") return "fieldtree repin";
  return rollbackOf === undefined ? "fieldtree publish" : `fieldtree rollback ${rollbackOf}`;
}

async function* checksOf(head: Head, campaign: Parts, options: VerifyOptions, world: World): AsyncGenerator<Check> {
  // Asked at once, and told in their order.
  const names = lookAtNames(campaign, patience, world);
  const pins = wishesFor(head, new Map(), campaign, world).then((wishes) =>
    lookAtPins(wishes, campaign, { thorough: true, patience }, world),
  );
  for (const asked of [names, pins]) asked.catch(() => undefined);

  yield* checkReleases(head, campaign.log, campaign.get, campaign.signers, world);
  const index = `index.json of release ${head.release.number}`;
  yield* checked("index", index, () => checkIndex(head, campaign, world));
  if (options.deep)
    yield* checked("portal", `release ${head.release.number}`, () => checkPortal(head, campaign, world));
  yield* checked("node", campaign.home.name, () => checkNode(head, campaign, world));
  yield* checksOfPins(pins);
  for (const sight of await names) yield* checksOfName(sight, head, campaign, world);
}

/**
 * The chain from the newest release to the first, as far as `log` and `get` reach: numbers and links, signatures, and
 * that each release's changes lead from the tree before it to its own tree, which its root is the root of.
 */
export async function* checkReleases(
  head: Head,
  log: Pick<ReleaseLog, "read">,
  get: Get,
  signers: readonly string[],
  world: World,
): AsyncGenerator<Check> {
  const chain: Head[] = [];
  let broken: Failure | undefined;
  try {
    for await (const at of releasesFrom(head, log as ReleaseLog, world)) chain.push(at);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    broken = error;
  }
  chain.reverse();
  const first = chain[0]?.release.number ?? head.release.number;
  const subject = `releases ${first} to ${head.release.number}`;
  yield broken ? failed("log", subject, broken) : { check: "log", subject, ok: true, says: sayChain(chain.length) };
  yield await checkSignatures(chain, subject, signers);
  yield* checkTrees(chain, get, world);
}

function sayChain(count: number): string {
  return count === 1 ? "1 release, the first" : `${count} releases, each follows the one before it`;
}

async function checkSignatures(chain: readonly Head[], subject: string, signers: readonly string[]): Promise<Check> {
  const by = new Map<string, number>();
  const bad: string[] = [];
  for (const { release } of chain) {
    const signer = await signerOf(release);
    if (signer && "bad" in signer)
      bad.push(`release ${release.number} claims to be signed by ${signer.bad}, and is not`);
    else if (signer && signers.length > 0 && !signers.includes(signer.by))
      bad.push(`release ${release.number} is signed by ${signer.by}, who is none of the campaign's signers`);
    else if (!signer && signers.length > 0) bad.push(`release ${release.number} is unsigned`);
    else by.set(signer?.by ?? "", (by.get(signer?.by ?? "") ?? 0) + 1);
  }
  if (bad.length > 0) return { check: "signature", subject, ok: false, says: bad.join("; "), problem: "corrupt" };
  const says = [...by].map(([name, count]) => (name === "" ? `${count} unsigned` : `${count} signed by ${name}`));
  return { check: "signature", subject, ok: true, says: says.join(", ") || "none" };
}

/** A release, and the tree it published. */
interface Grown {
  readonly release: Head["release"] | undefined;
  readonly tree: Tree;
}

/** Before the first release. */
const nothing: Grown = { release: undefined, tree: new Map() };

/** One check for all releases, and one more for each that fails. */
async function* checkTrees(chain: readonly Head[], get: Get, world: World): AsyncGenerator<Check> {
  /** The release before, where its tree.yaml could be read. */
  let before: Grown | undefined;
  /** The newest root that was found to be its tree's. */
  let sound: Sound | undefined;
  let good = 0;
  for await (const { release, text } of inOrder(chain, atOnce, (at) => withText(at, get))) {
    world.signal.throwIfAborted();
    world.progress({ task: "checking releases", done: good, total: chain.length, unit: "releases" });
    const since = release.number === 1 ? nothing : before;
    before = undefined;
    try {
      if (text instanceof Failure) throw text;
      const { tree } = readTree(text);
      before = { release, tree };
      if (since) checkChanges(before, since);
      checkRollback(release, chain);
      sound = await checkRoot(release.root, tree, sound, get);
      good++;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      yield failed("tree", `release ${release.number}`, error);
    }
  }
  if (good > 0) {
    const says = `${good} of ${chain.length} roots follow from their tree.yaml, and from the changes told`;
    yield {
      check: "tree",
      subject: `releases ${chain[0]!.release.number} to ${chain.at(-1)!.release.number}`,
      ok: true,
      says,
    };
  }
}

/** A release and its tree.yaml, or why that can't be read. */
async function withText(
  { release }: Head,
  get: Get,
): Promise<{ release: Head["release"]; text: Uint8Array | Failure }> {
  try {
    return { release, text: await whole(release.tree, get) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { release, text: error };
  }
}

/** @throws Failure `corrupt` where `release` does not tell what became of the release before it. */
function checkChanges({ release, tree }: Grown, before: Grown): void {
  if (!isDeepStrictEqual(changesBetween(before.tree, tree), release!.changes)) {
    throw new Failure("corrupt", "the changes it tells are not those between its tree.yaml and the one before");
  }
  for (const what of ["root", "portal"] as const) {
    const [told, was] = [release!.before?.[what], before.release?.[what]];
    if (`${told}` !== `${was}`) {
      throw new Failure("corrupt", `it tells that the ${what} before it was ${told}, and that was ${was}`);
    }
  }
}

/** @throws Failure `corrupt` where a release that should have made an older tree live again did not. */
function checkRollback({ rollbackOf, root }: Head["release"], chain: readonly Head[]): void {
  const old = rollbackOf && chain.find(({ release }) => release.number === rollbackOf)?.release.root;
  if (!old || old.equals(root)) return;
  throw new Failure("corrupt", `it tells that its tree is that of release ${rollbackOf}, whose root is ${old}`);
}

/** Every dataset that the portal's index tells of stands in the tree, with that CID. */
async function checkIndex({ release }: Head, { get }: Parts, world: World): Promise<string> {
  const index = await resolve(release.portal, "index.json", get);
  if (!index) throw new Failure("corrupt", "the portal has none");
  const datasets = datasetsIn(await whole(index, get));
  const find = async (dataset: Located) => ({ ...dataset, found: await resolve(release.root, dataset.path, get) });
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

interface Located {
  readonly path: string;
  readonly cid: string;
}

/** What our own view writes. Whatever else stands there, somebody else wrote. */
function datasetsIn(index: Uint8Array): readonly Located[] {
  try {
    const { datasets } = JSON.parse(new TextDecoder().decode(index));
    for (const { path, cid } of datasets)
      if (typeof path !== "string" || typeof cid !== "string") throw new TypeError();
    return datasets;
  } catch (cause) {
    throw new Failure("corrupt", "it lists no datasets as fieldtree writes them", { cause });
  }
}

async function checkPortal(head: Head, campaign: Parts, world: World): Promise<string> {
  const { release } = head;
  if (stableJson(release.madeWith) !== stableJson(campaign.madeWith)) {
    return `not rebuilt: made with other versions of readers or views (${stableJson(release.madeWith)})`;
  }
  const rebuilt = await rebuiltPortal(head, campaign, world);
  if (rebuilt.equals(release.portal)) return "rebuilt from the log to the same bytes";
  throw new Failure("corrupt", `comes out as ${rebuilt}, and was published as ${release.portal}`);
}

async function checkNode({ release }: Head, { home }: Parts, world: World): Promise<string> {
  if (home.closed) throw new Failure("unavailable", home.closed);
  const kept = new Set([...(await home.pins(world)).values()].map(String));
  const lost = [release.root, release.portal].filter((cid) => !kept.has(cid.toString()));
  if (lost.length === 0) return "keeps the tree and the portal";
  throw new Failure("drift", `does not keep ${lost.join(" nor ")}`);
}

async function* checksOfPins(looked: Promise<readonly PinSight[]>): AsyncGenerator<Check> {
  try {
    for (const sight of await looked) yield checkOfPin(sight);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield failed("pin", "what should be kept", error);
  }
}

function checkOfPin({ wanted, counts, seen, status, says, failure }: PinSight): Check {
  const part = { of: wanted.keeper.name, at: wanted.path };
  const check = { check: "pin", subject: `${part.of}: ${part.at}`, part } as const;
  if (counts) return { ...check, ok: true, says: seen };
  const why = says ?? status;
  const optional = !wanted.required && status !== "lying";
  if (optional) return { ...check, ok: true, says: "optional and not there yet" };
  const hint = failure?.hint === undefined ? {} : { mend: failure.hint };
  return { ...check, ok: false, says: why, ...(failure ? { problem: "unchecked", ...hint } : { problem: "drift" }) };
}

async function* checksOfName(sight: NameSight, head: Head, { log }: Parts, world: World): AsyncGenerator<Check> {
  const { announced, sighting, failure } = sight;
  try {
    // Where it can't be found out whom to ask, nothing is known of what is announced.
    if (!sighting) throw failure!;
    const value = normal(await targetOf(announced.to, head, log, world));
    for (const answer of sighting.authorities) yield checkOfAnswer(announced.name, answer, value);
    if (sighting.until !== undefined)
      yield checkOfRecord(announced.name, { ...sighting, until: sighting.until }, world);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield { ...failed("name", announced.name, error), problem: "unchecked" };
  }
}

function checkOfAnswer(name: string, { server, value: said, problem, wrong }: Answer, value: string): Check {
  const check = { check: "name", subject: `${name} at ${server}`, part: { of: name, at: server } } as const;
  if (problem !== undefined) return { ...check, ok: false, says: problem, problem: wrong ? "drift" : "unchecked" };
  if (said === undefined) return { ...check, ok: false, says: "has no record", problem: "drift" };
  if (normal(said) === value) return { ...check, ok: true, says: value };
  return { ...check, ok: false, says: `says ${said}\nin place of ${value}`, problem: "drift" };
}

function checkOfRecord(name: string, { until, endsSoon }: Sighting & { readonly until: string }, world: World): Check {
  const check = { check: "record", subject: name } as const;
  if (!endsSoon) return { ...check, ok: true, says: `its record is good until ${until}` };
  const over = Date.parse(until) <= world.now().getTime();
  const says = over ? `its record ended on ${until}` : `its record is good until ${until} and no longer`;
  return { ...check, ok: false, says: `${says}: publish with its key`, problem: "drift" };
}

async function* checked(check: Check["check"], subject: string, look: () => Promise<string>): AsyncGenerator<Check> {
  try {
    yield { check, subject, ok: true, says: await look() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield failed(check, subject, error);
  }
}

function failed(check: Check["check"], subject: string, error: Failure): Check {
  const problems: Partial<Record<Kind, Check["problem"]>> = { corrupt: "corrupt", input: "corrupt", drift: "drift" };
  return { check, subject, ok: false, says: error.message, problem: problems[error.kind] ?? "unchecked" };
}

/** How a whole verification ends. */
export function verdict(checks: readonly Pick<Check, "ok" | "problem">[]): {
  readonly ok: boolean;
  readonly corrupt: number;
  readonly drift: number;
  readonly unchecked: number;
  /** Of the failure it amounts to. */
  readonly kind: Kind | undefined;
} {
  const count = (problem: Check["problem"]) => checks.filter((check) => check.problem === problem).length;
  const [corrupt, drift, unchecked] = [count("corrupt"), count("drift"), count("unchecked")];
  const kind = corrupt > 0 ? "corrupt" : drift > 0 ? "drift" : unchecked > 0 ? "unavailable" : undefined;
  return { ok: kind === undefined, corrupt, drift, unchecked, kind };
}
