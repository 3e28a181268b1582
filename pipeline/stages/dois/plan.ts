/**
 * What an action does to the DOI of one version of a dataset, as steps to print or to apply.
 *
 * A DOI is for one version: data that changed get a new DOI, related to the one before. The DOI of a version is computed from
 * campaign, path and CID, so that a run which was killed after DataCite created one finds it again and creates no second.
 */
import { identityOf, sameData } from "../../core/cid.ts";
import {
  type DatasetDoi,
  type DoiState,
  type Dois,
  doiStates,
  resolves,
  type VersionDoi,
} from "../../core/datacite/dois.ts";
import type { DataciteRecord, RelatedDois, Relation } from "../../core/datacite/record.ts";
import { Failure } from "../../core/failure.ts";
import { codecs } from "../../dag/block.ts";
import { cidOf } from "../../dag/hash.ts";
import type { DoiEvent, RegisteredDoi } from "../../dois/registry.ts";

export const doiActions = ["draft", "register", "publish", "update"] as const;
export type DoiAction = (typeof doiActions)[number];

/** One version of a dataset, and what is to be registered of it. */
export interface DoiTarget {
  readonly campaign: string;
  readonly path: string;
  readonly cid: string;
  /** Landing page. */
  readonly url: string;
  readonly record: (doi: string, related: RelatedDois) => DataciteRecord;
  /** DOI of the whole campaign. */
  readonly partOf?: string;
}

/** The DOI that an action is about, found in dois.yaml without any request. */
export interface DoiSubject {
  readonly doi: string;
  /** The entry of this version, where there is one. */
  readonly entry?: DatasetDoi;
  /** The version before, where it has a DOI. */
  readonly previous?: VersionDoi;
  /** What dois.yaml has of versions before this one. */
  readonly earlier: readonly VersionDoi[];
}

export type DoiStep =
  | {
      readonly do: "create" | "update";
      readonly doi: string;
      readonly record: DataciteRecord;
      readonly url: string;
      readonly event?: DoiEvent;
    }
  /** Adds this version to the relations of the previous one. */
  | {
      readonly do: "relate";
      readonly doi: string;
      readonly relatedIdentifiers: readonly (Relation | Readonly<Record<string, unknown>>)[];
    };

/** @throws Failure `input` where the same data have a DOI at another path, or where `update` finds none for this version. */
export function subjectOf(
  action: DoiAction,
  { campaign, path, cid }: DoiTarget,
  dois: Dois,
  prefix: string,
): DoiSubject {
  const entry = dois.get(path);
  const isThis = (version: VersionDoi) => sameData(version.cid, cid);
  if (entry && isThis(entry)) {
    const earlier = entry.earlier ?? [];
    return { doi: entry.doi, entry, earlier, ...(earlier[0] && { previous: earlier[0] }) };
  }
  const again = entry?.earlier?.find(isThis);
  if (again) {
    throw new Failure(
      "input",
      `${path} has the data again that ${again.doi} is for, and ${entry!.doi} is for a later version`,
      {
        hint: "data that came back need no new DOI: cite the one that they have",
      },
    );
  }
  const elsewhere = [...dois].find(([other, each]) => other !== path && [each, ...(each.earlier ?? [])].some(isThis));
  if (elsewhere) {
    const [other, { doi }] = elsewhere;
    throw new Failure("input", `the same data have the DOI ${doi} as ${other}`, {
      hint: `if they were moved: rename ${other} in dois.yaml to ${path}, then run doi update`,
    });
  }
  if (action === "update") {
    throw new Failure("input", entry ? `${path} changed since ${entry.doi} was created for it` : `${path} has no DOI`, {
      hint: `fieldtree doi draft ${path} makes one${entry ? " for the new version" : ""}`,
    });
  }
  const { earlier = [], ...before } = entry ?? {};
  return {
    doi: `${prefix}/${suffixOf(campaign, path, cid)}`,
    earlier: entry ? [before as VersionDoi, ...earlier] : [],
    ...(entry && { previous: before as VersionDoi }),
  };
}

/** `ft.` and 12 letters and digits: no name in it that could become wrong. */
function suffixOf(campaign: string, path: string, cid: string): string {
  const text = new TextEncoder().encode(`${campaign}\0${path}\0${identityOf(cid)}`);
  return `ft.${cidOf(codecs.raw, text).toString().slice(-12)}`;
}

const desiredState: Readonly<Record<Exclude<DoiAction, "update">, DoiState>> = {
  draft: "draft",
  register: "registered",
  publish: "findable",
};
const rank = (state: DoiState) => doiStates.indexOf(state);

/**
 * The steps from what the registry has to what the action asks for; none where nothing is to be done.
 *
 * `remote`, `remotePrevious`: as the registry has this DOI and that of the previous version.
 *
 * @throws Failure `input` for `register` of a DOI that is findable; `conflict` where the registry has it for other data.
 */
export function planDoi(
  action: DoiAction,
  target: DoiTarget,
  subject: DoiSubject,
  {
    remote,
    remotePrevious,
  }: { readonly remote?: RegisteredDoi | undefined; readonly remotePrevious?: RegisteredDoi | undefined },
): DoiStep[] {
  const { doi, previous } = subject;
  const { cid, url } = target;
  if (remote && !remote.cids.some((other) => sameData(other, cid))) {
    throw new Failure("conflict", `${doi} exists, and is not for ${cid}`, {
      hint: "fieldtree did not create it, or it was changed since: see it at DataCite",
    });
  }
  const record = target.record(doi, {
    ...(previous && resolves(previous) && { previous: previous.doi }),
    ...(target.partOf && { campaign: target.partOf }),
  });
  const change = { doi, record, url };
  if (action === "update") {
    if (remote) return [{ do: "update", ...change }, ...relating(remote.state, doi, remotePrevious)];
    throw new Failure("conflict", `dois.yaml has ${doi}, and the registry does not`, {
      hint: "drafts can be deleted there: remove it from dois.yaml, and make one again with doi draft",
    });
  }
  const to = desiredState[action];
  const event = action === "draft" ? {} : { event: action };
  if (!remote) return [{ do: "create", ...change, ...event }, ...relating(to, doi, remotePrevious)];
  if (rank(remote.state) < rank(to))
    return [{ do: "update", ...change, ...event }, ...relating(to, doi, remotePrevious)];
  if (action === "register" && remote.state === "findable") {
    throw new Failure("input", `${doi} is findable, and fieldtree does not hide it`, {
      hint: "to hide it from DataCite's index, see https://support.datacite.org/docs/doi-states",
    });
  }
  return relating(remote.state, doi, remotePrevious);
}

/** The previous version names this one, once both resolve. */
function relating(state: DoiState, doi: string, previous: RegisteredDoi | undefined): DoiStep[] {
  if (!previous || !resolves({ state }) || !resolves(previous)) return [];
  const { relatedIdentifiers } = previous;
  const isKnown = relatedIdentifiers.some(
    ({ relationType, relatedIdentifier }) =>
      relationType === "IsPreviousVersionOf" && String(relatedIdentifier).toLowerCase() === doi.toLowerCase(),
  );
  if (isKnown) return [];
  const next: Relation = {
    relatedIdentifier: doi,
    relatedIdentifierType: "DOI",
    relationType: "IsPreviousVersionOf",
  };
  return [{ do: "relate", doi: previous.doi, relatedIdentifiers: [...relatedIdentifiers, next] }];
}
