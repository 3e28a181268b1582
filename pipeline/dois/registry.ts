/**
 * What is asked of a registration agency for DOIs.
 *
 * A DOI is a draft, registered (it resolves), or findable (it is in the agency's index as well). Only a draft can be deleted,
 * and no DOI becomes a draft again.
 */

import type { DoiState } from "../core/datacite/dois.ts";
import type { DataciteRecord, Relation } from "../core/datacite/record.ts";
import type { World } from "../core/world.ts";

/** A DOI as the agency has it. */
export interface RegisteredDoi {
  readonly doi: string;
  readonly state: DoiState;
  /** CIDs among its alternate identifiers: the data that it is for. */
  readonly cids: readonly string[];
  /** As the agency answers them; relations of other kinds stay as they are. */
  readonly relatedIdentifiers: readonly Readonly<Record<string, unknown>>[];
}

/** `register` makes a draft resolve, `publish` makes it findable as well. */
export type DoiEvent = "register" | "publish";

export interface DoiChange {
  readonly doi: string;
  /** The metadata, or only the relations of it. What is absent stays as it is. */
  readonly record: Partial<Omit<DataciteRecord, "relatedIdentifiers">> & {
    readonly relatedIdentifiers: readonly (Relation | Readonly<Record<string, unknown>>)[];
  };
  /** Address of the landing page. */
  readonly url?: string;
  readonly event?: DoiEvent;
}

export interface DoiRegistry {
  /** For messages: `DataCite at https://api.datacite.org`. */
  readonly name: string;
  /** The DOI as the agency has it now; `undefined` where it has none. */
  read(doi: string, world: World): Promise<RegisteredDoi | undefined>;
  /** Create a DOI, as a draft unless an event is named. @throws Failure `refused` where it exists, or lacks a field. */
  create(change: DoiChange, world: World): Promise<RegisteredDoi>;
  /** Change an existing one. Asking twice is the same as asking once. */
  update(change: DoiChange, world: World): Promise<RegisteredDoi>;
}
