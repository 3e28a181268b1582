/** GetObjectAttributes: what is known of an object without its bytes. */
import { S3Error } from "../error.ts";
import { header, type Request, sendXml } from "../request.ts";
import { type StoredObject, sizeOfPart } from "../store/object.ts";
import type { XmlElements } from "../xml.ts";
import { checksumElements } from "./about.ts";
import { maxOf } from "./list.ts";
import { find, versionHeader } from "./objects.ts";

const known = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

export async function objectAttributes(request: Request): Promise<void> {
  const object = await find(request);
  const requested = new Set((header(request, "x-amz-object-attributes") ?? "").split(",").map((name) => name.trim()));
  const unknown = [...requested].find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new S3Error(
      "InvalidArgument",
      unknown === "" ? "Object attributes are missing." : `Invalid attribute ${unknown}.`,
    );
  const { checksum } = object;
  sendXml(
    request,
    "GetObjectAttributesResponse",
    {
      ...(requested.has("ETag") && { ETag: object.etag }),
      ...(requested.has("Checksum") &&
        checksum && {
          Checksum: { ...checksumElements(object), ChecksumType: checksum.type ?? "FULL_OBJECT" },
        }),
      ...(requested.has("ObjectParts") && object.parts && { ObjectParts: partsXml(request, object) }),
      ...(requested.has("StorageClass") && { StorageClass: "STANDARD" }),
      ...(requested.has("ObjectSize") && { ObjectSize: object.size }),
    },
    { "last-modified": new Date(object.modified).toUTCString(), ...versionHeader(request, request.bucket, object) },
  );
}

/** Parts are listed one by one where they have checksums, as S3 has it. */
function partsXml(request: Request, { parts = [], checksum }: StoredObject): XmlElements {
  const after = Number(header(request, "x-amz-part-number-marker") ?? 0);
  const limit = maxOf(header(request, "x-amz-max-parts"), "max-parts");
  const all = parts.map((part, i) => ({ number: i + 1, part })).filter(({ number }) => number > after);
  const page = all.slice(0, limit);
  return {
    PartsCount: parts.length,
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.number ?? after,
    MaxParts: limit,
    IsTruncated: page.length < all.length,
    Part: page.map(({ number, part }) => ({
      PartNumber: number,
      Size: sizeOfPart(part),
      ...(typeof part !== "number" && checksum && { [`Checksum${checksum.algorithm.toUpperCase()}`]: part.checksum }),
    })),
  };
}
