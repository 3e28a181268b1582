/**
 * Registers the DOI of one version of a dataset, and notes it in dois.yaml.
 *
 * Read, plan, apply, note. A crash before the note leaves a DOI that dois.yaml does not have: the next run computes the same
 * DOI, reads that it exists for the same data, and notes it.
 */
import type { DatasetDoi, Dois } from "../../core/datacite/dois.ts";
import { resolves } from "../../core/datacite/dois.ts";
import { objectionsTo } from "../../core/datacite/rules.ts";
import { Failure } from "../../core/failure.ts";
import type { World } from "../../core/world.ts";
import type { DoiRegistry, RegisteredDoi } from "../../dois/registry.ts";
import { type DoiAction, type DoiStep, type DoiSubject, type DoiTarget, planDoi, subjectOf } from "./plan.ts";

export interface DoiParts {
  readonly prefix: string;
  readonly registry: DoiRegistry;
  readonly dois: Dois;
  /** Replaces dois.yaml; durable when it resolves. */
  readonly save: (dois: Dois) => Promise<void>;
}

export interface DoiResult {
  readonly entry: DatasetDoi;
  /** What was done at the registry. */
  readonly steps: readonly DoiStep[];
  /** Whether the registry or dois.yaml is another than before. */
  readonly changed: boolean;
}

/** @throws Failure of {@link subjectOf} and {@link planDoi}; `input` where the record should not be registered as it is. */
export async function changeDoi(
  action: DoiAction,
  target: DoiTarget,
  { prefix, registry, dois, save }: DoiParts,
  world: World,
): Promise<DoiResult> {
  const subject = subjectOf(action, target, dois, prefix);
  const { previous } = subject;
  const remote = await registry.read(subject.doi, world);
  const remotePrevious = previous && resolves(previous) ? await registry.read(previous.doi, world) : undefined;
  const steps = planDoi(action, target, subject, { remote, remotePrevious });
  assertRegistrable(action, remote, steps);

  let state = remote?.state;
  for (const step of steps) {
    const after = await apply(step, registry, world);
    if (step.do !== "relate") state = after.state;
  }
  if (state === undefined) throw new Error("a DOI that the registry lacks is created by the first step");
  assertReached(action, { ...subject, state }, registry);
  const entry = entryOf(target, subject, state);
  const isNoted = JSON.stringify(entry) === JSON.stringify(dois.get(target.path));
  if (!isNoted) await save(new Map([...dois, [target.path, entry]]));
  return { entry, steps, changed: steps.length > 0 || !isNoted };
}

function entryOf({ cid }: DoiTarget, { doi, entry, earlier }: DoiSubject, state: DatasetDoi["state"]): DatasetDoi {
  return { doi, cid: entry?.cid ?? cid, state, ...(earlier.length > 0 && { earlier }) };
}

/** A draft may lack what is required of others. */
function assertRegistrable(action: DoiAction, remote: RegisteredDoi | undefined, steps: readonly DoiStep[]): void {
  const staysDraft = action === "draft" || (action === "update" && remote?.state === "draft");
  const objections = steps.flatMap((step) => (step.do === "relate" ? [] : objectionsTo(step.record)));
  if (staysDraft || objections.length === 0) return;
  throw new Failure("input", [`${steps[0]!.doi} is not registered as it is:`, ...objections].join("\n  "), {
    hint: "correct the dataset's metadata: DataCite would accept some of this, and those who read it would not",
  });
}

async function apply(step: DoiStep, registry: DoiRegistry, world: World): Promise<RegisteredDoi> {
  switch (step.do) {
    // A crash leaves a DOI without a note of it: the next run reads it.
    case "create":
      return registry.create(step, world);
    case "update":
      return registry.update(step, world);
    // A crash leaves a previous version that does not name this one: the next run reads that as well.
    case "relate":
      return registry.update({ doi: step.doi, record: { relatedIdentifiers: step.relatedIdentifiers } }, world);
  }
}

/** DataCite answers 200 to an event that it ignores, as it does for its prefix for trials. */
function assertReached(action: DoiAction, { doi, state }: { doi: string; state: string }, { name }: DoiRegistry): void {
  const isReached = action === "publish" ? state === "findable" : action === "register" ? state === "registered" : true;
  if (isReached) return;
  throw new Failure("refused", `${name} left ${doi} ${state}`, {
    hint: doi.startsWith(`${prefixForTrials}/`)
      ? `${prefixForTrials} is a prefix for trials, whose DOIs stay drafts: register under the one that DataCite gave you`
      : "run it again; if it stays so, ask DataCite's support",
  });
}

const prefixForTrials = "10.5072";
