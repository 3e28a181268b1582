/** Copies: a new name for the same CID. */
import { assertAllowed } from "../access.ts";
import { decoded } from "../auth/signature.ts";
import { S3Error } from "../error.ts";
import { header, type Request, sendXml, writable } from "../request.ts";
import type { StoredObject } from "../store/object.ts";
import { aboutIn, checksumElements } from "./about.ts";
import { assertCopyable, writeCondition } from "./conditions.ts";
import { assertKey, find, type ObjectAddress, versionHeader, writtenHeaders } from "./objects.ts";

export const isCopy = (request: Request): boolean => header(request, "x-amz-copy-source") !== undefined;

export interface CopySource {
  readonly object: StoredObject;
  /** Whether it is the newest version of the object that is written. */
  readonly isSelf: boolean;
  /** `x-amz-copy-source-version-id`, where there are versions. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The source of a copy: a bucket, a key in it, and a version. */
export async function copySource(request: Request): Promise<CopySource> {
  const source = sourceIn(header(request, "x-amz-copy-source") ?? "");
  const { bucket, key, version } = source;
  const permission = {
    action: version === undefined ? "s3:GetObject" : "s3:GetObjectVersion",
    access: "read",
  } as const;
  const object = await find(request, source).catch((error: unknown) => {
    // Whether an object is there is answered to those only who may read it.
    assertAllowed(request, permission, { bucket, key });
    if (error instanceof S3Error && error.code === "MethodNotAllowed")
      throw new S3Error(
        "InvalidRequest",
        "The source of a copy request may not specifically refer to a delete marker by version id.",
      );
    throw error;
  });
  assertAllowed(request, permission, { bucket, key, object });
  assertCopyable(request, object);
  const id = versionHeader(request, bucket, object)["x-amz-version-id"];
  return {
    object,
    isSelf: bucket === request.bucket && key === request.key && version === undefined,
    headers: id === undefined ? {} : { "x-amz-copy-source-version-id": id },
  };
}

function sourceIn(text: string): ObjectAddress {
  const [, encodedPath = "", version] = /^([^?]*)(?:\?versionId=(.*))?$/.exec(text) ?? [];
  const path = decoded(encodedPath).replace(/^\//, "");
  const slash = path.indexOf("/");
  if (slash <= 0 || slash === path.length - 1)
    throw new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1), version: version && decoded(version) };
}

export async function copyObject(request: Request): Promise<void> {
  const { world } = request;
  const bucket = writable(request);
  assertKey(request.key);
  const { object: source, isSelf, headers } = await copySource(request);
  const replaces = (name: string) => header(request, name)?.toUpperCase() === "REPLACE";
  if (isSelf && !replaces("x-amz-metadata-directive"))
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  const about = aboutIn(request);
  const { acl: _acl, owner: _owner, version: _version, upload: _upload, ...rest } = source;
  const object = await bucket.put(
    request.key,
    {
      ...rest,
      ...about,
      headers: replaces("x-amz-metadata-directive") ? about.headers : source.headers,
      tags: replaces("x-amz-tagging-directive") ? about.tags : source.tags,
      modified: world.now().getTime(),
    },
    writeCondition(request),
  );
  sendXml(
    request,
    "CopyObjectResult",
    { LastModified: new Date(object.modified).toISOString(), ETag: `"${object.etag}"`, ...checksumElements(object) },
    { ...writtenHeaders(object), ...headers },
  );
}
