/**
 * A work to be cited: one version of a dataset, or a release of the whole campaign.
 *
 * Made of what is published (STAC item, campaign.yaml, release), so that the same version always has the same citation. The
 * writers (`formats.ts`) take nothing else, and every text in a work is one line.
 */
import type { Facts } from "../campaign/campaign.ts";
import { doiUrl } from "../datacite/doi.ts";
import type { Json } from "../json.ts";
import { type Creator, creatorOf } from "./creator.ts";
import { plainLine } from "./plain-line.ts";

export interface Work {
  readonly title: string;
  /** At least one. */
  readonly creators: readonly Creator[];
  /** Who makes it available. */
  readonly publisher: string;
  /** `2025-01-01`, or `2025` where no day is known; absent where nothing is known. */
  readonly issued?: string;
  readonly version?: string;
  /** What is cited, exactly these bytes. */
  readonly cid: string;
  /** `10.5072/abcd`, without a prefix. */
  readonly doi?: string;
  readonly abstract?: string;
  readonly keywords: readonly string[];
  /** SPDX identifier. */
  readonly licence?: string;
  /** How its authors want to be cited, if they state it. */
  readonly wording?: string;
}

/** What a citation needs of a STAC item. */
export interface CitedItem {
  readonly properties: Readonly<Record<string, Json>>;
}

/** The address of a work: its DOI where it has one, else its CID. */
export const addressOf = ({ doi, cid }: Work): string => (doi === undefined ? `ipfs://${cid}` : doiUrl(doi));

export const yearOf = ({ issued }: Work): string | undefined => issued?.slice(0, 4);

/** `released`: when this version was first published, for a dataset that has no date of issue. */
export function datasetWork(item: CitedItem, cid: string, facts: Facts, released?: string): Work {
  const { properties } = item;
  const text = (name: string, limit: number) => {
    const value = properties[name];
    return typeof value === "string" ? plainLine(value, limit) : "";
  };
  const issued = text("published", 40) || released;
  const version = text("fieldtree:product_version", 200);
  const abstract = text("description", 5000);
  const licence = text("license", 100);
  const doi = text("sci:doi", 500);
  const wording = text("sci:citation", 2000);
  return {
    title: text("title", 300) || "dataset",
    creators: creatorsOf(item, facts),
    publisher: publisherOf(facts),
    ...(issued && { issued: issued.slice(0, 10) }),
    ...(version && { version }),
    cid,
    ...(doi && { doi }),
    ...(abstract && { abstract }),
    keywords: listOf(properties.keywords).flatMap((word) => (typeof word === "string" ? [plainLine(word, 200)] : [])),
    ...(licence && licence !== "other" && { licence }),
    ...(wording && { wording }),
  };
}

/** The whole campaign as it was released. */
export function releaseWork(
  release: { readonly number: number; readonly made: string; readonly root: { toString(): string } },
  facts: Facts,
): Work {
  return {
    title: campaignTitle(facts),
    creators: responsible(facts),
    publisher: publisherOf(facts),
    ...(facts.doi && { doi: facts.doi }),
    issued: release.made.slice(0, 10),
    version: `release ${release.number}`,
    cid: release.root.toString(),
    keywords: [],
  };
}

const campaignTitle = ({ title, campaign }: Facts) => plainLine(title, 300) || campaign;

/** Creators; else contributors; else the institutions; else those responsible for the campaign. */
function creatorsOf({ properties }: CitedItem, facts: Facts): readonly Creator[] {
  const providers = listOf(properties.providers).flatMap(nameIn);
  const known = [...providers, ...facts.providers.map(({ name }) => name)];
  const contacts = listOf(properties.contacts).flatMap((contact) => contactIn(contact, known));
  const named = (isNamed: (role: string) => boolean) =>
    contacts.flatMap(({ role, creator }) => (isNamed(role) ? [creator] : []));
  const persons = [named((role) => role === "creator"), named((role) => role !== "publisher")];
  const organisations = providers.flatMap(organisationOf);
  return [...persons, organisations].find((list) => list.length > 0) ?? responsible(facts);
}

function contactIn(contact: Json, organisations: readonly string[]): { role: string; creator: Creator }[] {
  const { name, identifier, organization, roles } = contact as Readonly<Record<string, Json>>;
  if (typeof name !== "string") return [];
  const orcid = typeof identifier === "string" ? /[\dX-]{19}$/.exec(identifier)?.[0] : undefined;
  const affiliation = typeof organization === "string" ? organization : undefined;
  const creator = creatorOf(name, { organisations, ...(orcid && { orcid }), ...(affiliation && { affiliation }) });
  return creator ? [{ role: String(listOf(roles)[0] ?? ""), creator }] : [];
}

/** The campaign's producers, else all of its providers, else the campaign itself. */
function responsible(facts: Facts): readonly Creator[] {
  const producers = facts.providers.filter(({ roles }) => roles?.includes("producer"));
  const named = (producers.length > 0 ? producers : facts.providers).flatMap(({ name }) => organisationOf(name));
  return named.length > 0 ? named : [{ kind: "organisation", name: campaignTitle(facts) }];
}

/** The first host among the providers, else the campaign. */
function publisherOf(facts: Facts): string {
  const host = facts.providers.find(({ roles }) => roles?.includes("host"))?.name;
  return plainLine(host ?? "", 200) || campaignTitle(facts);
}

function organisationOf(name: string): Creator[] {
  const line = plainLine(name, 200);
  return line === "" ? [] : [{ kind: "organisation", name: line }];
}

function nameIn(provider: Json): string[] {
  const { name } = provider as Readonly<Record<string, Json>>;
  return typeof name === "string" ? [name] : [];
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
