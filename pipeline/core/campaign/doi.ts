/** `doi:` in campaign.yaml: where the campaign registers DOIs, and as whom. */
import * as v from "valibot";
import { isDoi } from "../datacite/doi.ts";
import { environmentVariable, httpUrl, optional, withoutSlash } from "./fields.ts";

export interface DoiConfig {
  /** `10.5072`: every DOI of the campaign begins with it. */
  readonly prefix: string;
  /** Account at DataCite: `TIB.ORCESTRA`. */
  readonly repository: string;
  /** Name of the environment variable with the account's password. */
  readonly password: string;
  /** Without trailing slash. */
  readonly endpoint: string;
  /** DOI of the campaign as a whole, of which every dataset is a part. */
  readonly campaign?: string;
  /** Address of the portal as people open it, without trailing slash: landing pages are in it. */
  readonly page?: string;
}

const datacite = "https://api.datacite.org";

export const doiSchema = v.strictObject(
  {
    prefix: v.pipe(
      v.string("must be the prefix of DOIs in quotation marks"),
      v.regex(/^10\.\d{4,9}(?:\.\d{1,9}){0,3}$/, 'must be the prefix of DOIs in quotation marks, like "10.5072"'),
      v.description("Prefix of the campaign's DOIs, as DataCite assigned it: 10.5072"),
    ),
    repository: v.pipe(
      v.string("must be a repository's account"),
      v.regex(
        /^[A-Za-z0-9][A-Za-z0-9-]{0,30}(?:\.[A-Za-z0-9-]{1,30})?$/,
        "must be a repository's account, like TIB.ORCESTRA",
      ),
      v.description("The repository's account at DataCite"),
    ),
    password: v.pipe(
      environmentVariable,
      v.description("Name of the environment variable with the account's password"),
    ),
    endpoint: optional(`REST API. Default: ${datacite}; for trials: https://api.test.datacite.org`, httpUrl),
    campaign: optional(
      "DOI of the campaign as a whole, of which every dataset is a part",
      v.pipe(v.string("must be a DOI"), v.check(isDoi, "must be a DOI, like 10.5072/orcestra")),
    ),
    page: optional(
      "Address of the portal as people open it, for landing pages. Default: the domain at the first gateway",
      httpUrl,
    ),
  },
  "needs prefix:, repository: and password:, and may have endpoint:, campaign: and page:",
);

export function settledDoi(doi: v.InferOutput<typeof doiSchema> | null | undefined): DoiConfig | undefined {
  if (!doi) return undefined;
  const { prefix, repository, password, endpoint, campaign, page } = doi;
  return {
    prefix,
    repository,
    password,
    endpoint: withoutSlash(endpoint ?? datacite),
    ...(campaign && { campaign }),
    ...(page && { page: withoutSlash(page) }),
  };
}
