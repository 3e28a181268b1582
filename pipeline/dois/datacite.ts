/**
 * DataCite's REST API.
 *
 * DataCite ignores events that a DOI's state does not allow, and answers 200: callers compare the state that is returned. A
 * request whose answer was lost may have taken effect, so a caller reads before it creates.
 *
 * @see https://support.datacite.org/docs/api-create-dois and https://support.datacite.org/docs/doi-states
 */
import * as v from "valibot";
import { doiStates } from "../core/datacite/dois.ts";
import { Failure } from "../core/failure.ts";
import type { World } from "../core/world.ts";
import { type Api, type ApiCall, askApi } from "../http/http.ts";
import { again } from "../http/retry.ts";
import type { DoiChange, DoiRegistry, RegisteredDoi } from "./registry.ts";

export interface DataciteOptions {
  /** Without trailing slash. */
  readonly endpoint: string;
  readonly repository: string;
  readonly password: string;
  /** Environment variable that has the password, for messages. */
  readonly variable: string;
}

const tries = { tries: 4, first: 1000, longest: 30_000 };

export function datacite({ endpoint, repository, password, variable }: DataciteOptions): DoiRegistry {
  const name = `DataCite at ${endpoint}`;
  const login = new TextEncoder().encode(`${repository}:${password}`);
  const api: Api = {
    name,
    headers: {
      authorization: `Basic ${btoa(String.fromCharCode(...login))}`,
      accept: "application/vnd.api+json",
      "content-type": "application/vnd.api+json",
    },
    hint: `check repository: in campaign.yaml, and ${variable}: they must be an account that may use prefix:`,
    words,
  };
  const urlOf = (doi: string) => `${endpoint}/dois/${encodeURIComponent(doi)}`;
  const ask = async (call: ApiCall, world: World): Promise<RegisteredDoi | undefined> => {
    const { status, body } = await askApi(api, call, world);
    if (status === 404) return undefined;
    const { success, output } = v.safeParse(answer, body);
    if (!success) throw new Failure("unavailable", `${name}: ${call.what} got an answer that is no DOI`);
    return registered(output);
  };

  return {
    name,

    read: (doi, world) =>
      again(() => ask({ url: urlOf(doi), what: `reading ${doi}`, also: [404] }, world), tries, world),

    async create(change, world) {
      const call = { method: "POST", url: `${endpoint}/dois`, what: `creating ${change.doi}` } as const;
      return found(await ask({ ...call, body: bodyOf(change) }, world), change.doi);
    },

    async update(change, world) {
      const call = { method: "PUT", url: urlOf(change.doi), what: `changing ${change.doi}` } as const;
      return found(await again(() => ask({ ...call, body: bodyOf(change) }, world), tries, world), change.doi);
    },
  };
}

function bodyOf({ doi, record, url, event }: DoiChange) {
  return {
    data: { id: doi, type: "dois", attributes: { ...record, doi, ...(url && { url }), ...(event && { event }) } },
  };
}

const answer = v.object({
  data: v.object({
    attributes: v.object({
      doi: v.string(),
      state: v.picklist(doiStates),
      alternateIdentifiers: v.nullish(v.array(v.record(v.string(), v.unknown()))),
      relatedIdentifiers: v.nullish(v.array(v.record(v.string(), v.unknown()))),
    }),
  }),
});

function registered({ data: { attributes } }: v.InferOutput<typeof answer>): RegisteredDoi {
  const { doi, state, alternateIdentifiers, relatedIdentifiers } = attributes;
  const cids = (alternateIdentifiers ?? []).flatMap(({ alternateIdentifier, alternateIdentifierType }) =>
    alternateIdentifierType === "IPFS CID" && typeof alternateIdentifier === "string" ? [alternateIdentifier] : [],
  );
  return { doi, state, cids, relatedIdentifiers: relatedIdentifiers ?? [] };
}

function found(registered: RegisteredDoi | undefined, doi: string): RegisteredDoi {
  if (registered) return registered;
  throw new Error(`only a request that allows 404 gets none for ${doi}`);
}

/** `{errors: [{source: "creators", title: "Missing child element(s)"}]}` */
function words(error: unknown): string | undefined {
  const { success, output } = v.safeParse(errors, error);
  if (!success || output.errors.length === 0) return undefined;
  return output.errors.map(({ source, title }) => (source ? `${source}: ${title}` : title)).join("; ");
}

const errors = v.object({ errors: v.array(v.object({ source: v.nullish(v.string()), title: v.string() })) });
