/**
 * DataCite on a loopback port: one repository account, its DOIs with their states, and refusals as DataCite words them.
 *
 * A draft may lack anything. To be registered or findable, a DOI needs a landing page, creators, titles, a publisher, a year and
 * a type. Events lead from draft to registered and findable and back to registered, never to draft; what is no draft can't be
 * deleted. Drafts are there for their repository alone.
 *
 * @see https://github.com/datacite/lupo/blob/master/app/models/doi.rb
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { onLoopback } from "./loopback.ts";

export interface FakeDatacite {
  readonly endpoint: string;
  /** `METHOD /path`, first to last. */
  readonly requests: string[];
  /** By DOI, in lower case. */
  readonly dois: Map<string, StoredDoi>;
  /** Answers 200 to an event that the state does not allow, as DataCite does, and changes nothing. */
  ignoresEvents: boolean;
  /** What happens to the next change: it is done and the connection breaks, or it is not done. */
  fail: "lost before" | "lost after" | "busy" | undefined;
}

export interface StoredDoi {
  state: "draft" | "registered" | "findable";
  attributes: Record<string, unknown>;
}

const repository = "TIB.SEA";
export const password = "correct horse battery";
export const prefix = "10.83333";
/** For trials: its DOIs stay drafts, whatever the event. */
export const testPrefix = "10.5072";

export async function startFakeDatacite(): Promise<FakeDatacite> {
  const fake: { -readonly [key in keyof FakeDatacite]: FakeDatacite[key] } = {
    endpoint: "",
    requests: [],
    dois: new Map(),
    ignoresEvents: true,
    fail: undefined,
  };
  const server = createServer((request, response) => void answer(request, response, fake));
  fake.endpoint = await onLoopback(server);
  return fake;
}

async function answer(request: IncomingMessage, response: ServerResponse, fake: FakeDatacite): Promise<void> {
  const { method, url } = request;
  fake.requests.push(`${method} ${decodeURIComponent(url!)}`);
  const body = await text(request);
  const isChange = method !== "GET";
  const fault = isChange ? fake.fail : undefined;
  if (isChange) fake.fail = undefined;
  if (fault === "lost before") return void request.socket.destroy();
  const [status, value] =
    fault === "busy"
      ? refusal(503, "The service is busy.")
      : handled(method!, url!, { body, fake, ...loginOf(request) });
  if (fault === "lost after") return void request.socket.destroy();
  response.writeHead(status, { "content-type": "application/vnd.api+json" }).end(value && JSON.stringify(value));
}

function loginOf({ headers }: IncomingMessage): { isOwner: boolean; isStranger: boolean } {
  const expected = `Basic ${Buffer.from(`${repository}:${password}`).toString("base64")}`;
  const { authorization } = headers;
  return { isOwner: authorization === expected, isStranger: authorization === undefined };
}

interface Asked {
  readonly body: string;
  readonly fake: FakeDatacite;
  readonly isOwner: boolean;
  readonly isStranger: boolean;
}

type Answer = readonly [status: number, body?: unknown];

function handled(method: string, url: string, { body, fake, isOwner, isStranger }: Asked): Answer {
  const { dois } = fake;
  const named = decodeURIComponent(url.replace(/^\/dois\/?/, "")).toLowerCase();
  if (!isOwner && !isStranger) return refusal(401, "Bad credentials.");
  if (method === "GET") {
    const known = dois.get(named);
    if (!known || (known.state === "draft" && !isOwner))
      return refusal(404, "The resource you are looking for doesn't exist.");
    return [200, documentOf(known)];
  }
  if (isStranger) return refusal(401, "Bad credentials.");
  const known = dois.get(named);
  if (method === "DELETE") {
    if (known?.state !== "draft") return refusal(405, "Method not allowed");
    dois.delete(named);
    return [204];
  }
  const { type, attributes } = (JSON.parse(body) as { data: { type: string; attributes: Record<string, unknown> } })
    .data;
  if (type !== "dois") return refusal(400, "You need to provide a payload following the JSONAPI spec");
  const doi = String(attributes.doi).toLowerCase();
  const isTest = doi.startsWith(`${testPrefix}/`);
  if (!isTest && !doi.startsWith(`${prefix}/`)) return refusal(403, "You are not authorized to access this resource.");
  if (method === "POST" && dois.has(doi)) return refusal(422, "This DOI has already been taken", "doi");
  const { event, ...given } = attributes;
  const before =
    method === "PUT"
      ? (known ?? { state: "draft" as const, attributes: {} })
      : { state: "draft" as const, attributes: {} };
  const after = { ...before.attributes, ...given };
  const state = isTest ? before.state : stateAfter(before.state, event);
  if (state === undefined && !fake.ignoresEvents) {
    return refusal(422, `Event '${event}' cannot transition from '${before.state}'.`, "state");
  }
  const stored: StoredDoi = { state: state ?? before.state, attributes: after };
  const lacking = stored.state === "draft" ? undefined : lackingIn(after);
  if (lacking) return refusal(422, ...lacking);
  dois.set(doi, stored);
  return [known ? 200 : 201, documentOf(stored)];
}

/** `undefined` where the event is not possible. */
function stateAfter(state: StoredDoi["state"], event: unknown): StoredDoi["state"] | undefined {
  if (event === undefined) return state;
  if (event === "publish") return "findable";
  if (event === "register") return state === "draft" ? "registered" : undefined;
  return event === "hide" && state === "findable" ? "registered" : undefined;
}

function lackingIn(attributes: Record<string, unknown>): readonly [title: string, source: string] | undefined {
  const { url, creators, titles, publisher, publicationYear, types } = attributes;
  const missing = (name: string) =>
    [`Missing child element(s). Expected is ( {http://datacite.org/schema/kernel-4}${name} ).`, name] as const;
  if (typeof url !== "string" || !/^https?:\/\//.test(url)) return ["Can't be blank", "url"];
  if (!Array.isArray(creators) || creators.length === 0) return missing("creators");
  if (!Array.isArray(titles) || titles.length === 0) return missing("titles");
  if (!(publisher as { name?: string } | undefined)?.name) return missing("publisher");
  if (typeof publicationYear !== "number") return missing("publicationYear");
  return (types as { resourceTypeGeneral?: string } | undefined)?.resourceTypeGeneral
    ? undefined
    : missing("resourceType");
}

const documentOf = ({ state, attributes }: StoredDoi) => ({
  data: { id: attributes.doi, type: "dois", attributes: { ...attributes, state } },
});

function refusal(status: number, title: string, source?: string): Answer {
  return [status, { errors: [{ status: String(status), ...(source && { source }), title }] }];
}
