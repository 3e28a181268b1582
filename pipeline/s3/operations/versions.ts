/** Versions of a bucket: whether it has them, and lists of them. */
import { S3Error } from "../error.ts";
import {
  ownerElement,
  ownerOf,
  parameter,
  type Request,
  send,
  sendXml,
  settingsOf,
  writable,
  xmlBody,
} from "../request.ts";
import type { Bucket } from "../store/bucket.ts";
import { isMarker, type Version, versionIdOf } from "../store/object.ts";
import { textOf, type XmlElements } from "../xml.ts";
import { contentElements, encodingType, entriesOf, type ListQuery, maxIn, shownBy } from "./list.ts";

export function getVersioning(request: Request): void {
  const status = settingsOf(request).versioning;
  sendXml(request, "VersioningConfiguration", status === undefined ? {} : { Status: status });
}

export async function putVersioning(request: Request): Promise<void> {
  const bucket = writable(request);
  const document = await xmlBody(request, "VersioningConfiguration");
  const status = textOf(document, "Status");
  if (textOf(document, "MfaDelete") === "Enabled") throw new S3Error("NotImplemented", "MfaDelete is not implemented.");
  if (status !== "Enabled" && status !== "Suspended") throw new S3Error("MalformedXML");
  await bucket.configure({ versioning: status });
  send(request, 200);
}

interface Listed {
  readonly key: string;
  readonly version: Version;
  readonly isLatest: boolean;
}

interface VersionPage {
  readonly versions: readonly Listed[];
  readonly prefixes: readonly string[];
  /** The last key or prefix of the page, and the last version of that key, where more follow. */
  readonly next?: { readonly key: string; readonly version?: string };
}

interface VersionQuery extends ListQuery {
  /** The page begins behind this version of the key `after`, not behind all of it. */
  readonly afterVersion?: string | undefined;
  readonly limit: number;
}

export function versionPage(
  { allKeysFrom, versionsOf }: Pick<Bucket, "allKeysFrom" | "versionsOf">,
  { afterVersion, limit, ...query }: VersionQuery,
): VersionPage {
  const versions: Listed[] = [];
  const prefixes: string[] = [];
  if (limit === 0) return { versions, prefixes };
  let next: VersionPage["next"];
  const isFull = () => versions.length + prefixes.length === limit;
  for (const { key, common } of entriesOf(allKeysFrom, query)) {
    if (common !== undefined) {
      if (isFull()) return { versions, prefixes, ...(next && { next }) };
      prefixes.push(common);
      next = { key: common };
      continue;
    }
    const isBegun = key === query.after && key !== "";
    if (isBegun && afterVersion === undefined) continue;
    const all = versionsOf(key);
    const start = isBegun ? all.findIndex((each) => versionIdOf(each) === afterVersion) + 1 : 0;
    for (const version of all.slice(start)) {
      if (isFull()) return { versions, prefixes, ...(next && { next }) };
      versions.push({ key, version, isLatest: version === all[0] });
      next = { key, version: versionIdOf(version) };
    }
  }
  return { versions, prefixes };
}

export function listVersions(request: Request): void {
  const bucket = writable(request);
  const prefix = parameter(request, "prefix") ?? "";
  const delimiter = parameter(request, "delimiter") ?? "";
  const isEncoded = encodingType(request);
  const limit = maxIn(request, "max-keys");
  const after = parameter(request, "key-marker") ?? "";
  const afterVersion = parameter(request, "version-id-marker");
  if (afterVersion !== undefined && afterVersion !== "" && after === "")
    throw new S3Error("InvalidArgument", "A version-id marker cannot be specified without a key marker.");
  const query = { prefix, delimiter, after, afterVersion: afterVersion || undefined, limit };
  const { versions, prefixes, next } = versionPage(bucket, query);
  const show = shownBy(isEncoded);
  sendXml(request, "ListVersionsResult", {
    Name: bucket.name,
    Prefix: show(prefix),
    KeyMarker: show(after),
    VersionIdMarker: afterVersion ?? "",
    ...(next && { NextKeyMarker: show(next.key), NextVersionIdMarker: next.version }),
    MaxKeys: limit,
    ...(delimiter !== "" && { Delimiter: show(delimiter) }),
    ...(isEncoded && { EncodingType: "url" }),
    IsTruncated: next !== undefined,
    Version: versions.filter(({ version }) => !isMarker(version)).map((each) => element(request, each, show)),
    DeleteMarker: versions.filter(({ version }) => isMarker(version)).map((each) => element(request, each, show)),
    CommonPrefixes: prefixes.map((common) => ({ Prefix: show(common) })),
  });
}

function element(request: Request, { key, version, isLatest }: Listed, show: (text: string) => string): XmlElements {
  return {
    Key: show(key),
    VersionId: versionIdOf(version),
    IsLatest: isLatest,
    ...(isMarker(version) ? { LastModified: new Date(version.modified).toISOString() } : contentElements(version)),
    Owner: ownerElement(ownerOf(request, version)),
  };
}
