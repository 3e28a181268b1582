/** Removing objects: for good, or behind a delete marker where the bucket has versions. */
import { S3Error } from "../error.ts";
import { header, ownerToRecord, parameter, type Request, send, sendXml, writable, xmlBody } from "../request.ts";
import type { Condition } from "../store/bucket.ts";
import { isMarker, versionIdOf } from "../store/object.ts";
import { type ReadElement, someChildrenOf, textOf, type XmlElements } from "../xml.ts";
import { etagCondition } from "./conditions.ts";

/** Keys of one request. */
const mostRemoved = 1000;

interface Removed {
  /** The version that is gone for good, or the marker that was created. */
  readonly version?: string;
  /** Whether that is a delete marker. */
  readonly isMarker: boolean;
  readonly isNew: boolean;
}

async function removeFrom(
  request: Request,
  key: string,
  id: string | undefined,
  condition: Condition,
): Promise<Removed> {
  const bucket = writable(request);
  if (id !== undefined) {
    if (id === "") throw new S3Error("InvalidArgument", "Version id cannot be the empty string");
    const gone = await bucket.removeVersion(key, id, condition);
    return { version: id, isMarker: gone !== undefined && isMarker(gone), isNew: false };
  }
  const removal = { modified: request.world.now().getTime(), ...ownerToRecord(request) };
  const marker = await bucket.remove(key, removal, condition);
  return marker ? { version: versionIdOf(marker), isMarker: true, isNew: true } : { isMarker: false, isNew: false };
}

export async function deleteObject(request: Request): Promise<void> {
  const { version, isMarker } = await removeFrom(
    request,
    request.key,
    parameter(request, "versionId"),
    etagCondition(header(request, "if-match")),
  );
  send(request, 204, {
    ...(version !== undefined && { "x-amz-version-id": version }),
    ...(isMarker && { "x-amz-delete-marker": "true" }),
  });
}

export async function deleteObjects(request: Request): Promise<void> {
  writable(request);
  const document = await xmlBody(request, "Delete");
  const objects = someChildrenOf(document, "Object", mostRemoved);
  const isQuiet = textOf(document, "Quiet") === "true";
  const removed: XmlElements[] = [];
  const failed: XmlElements[] = [];
  for (const object of objects) {
    const result = await removeNamed(request, object);
    ("Code" in result ? failed : removed).push(result);
  }
  sendXml(request, "DeleteResult", { Deleted: isQuiet ? [] : removed, Error: failed });
}

/** What happened to one object, as XML. An error of one does not end the request. */
async function removeNamed(request: Request, object: ReadElement): Promise<XmlElements> {
  const Key = textOf(object, "Key");
  if (Key === undefined || Key === "") throw new S3Error("MalformedXML");
  const id = textOf(object, "VersionId");
  try {
    const etag = textOf(object, "ETag");
    const { version, isMarker, isNew } = await removeFrom(request, Key, id, etagCondition(etag));
    return {
      Key,
      ...(id !== undefined && { VersionId: id }),
      ...(isMarker && { DeleteMarker: true, DeleteMarkerVersionId: isNew ? version : id }),
    };
  } catch (error) {
    if (!(error instanceof S3Error) || error.status >= 500) throw error;
    return { Key, ...(id !== undefined && { VersionId: id }), Code: error.code, Message: error.message };
  }
}
