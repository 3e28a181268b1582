/** Tags of objects and of buckets. */
import { S3Error } from "../error.ts";
import { bodyOf, parameter, type Request, send, sendXml, writable } from "../request.ts";
import type { About } from "../store/object.ts";
import { mostBucketTags, tagsInXml, tagsXml } from "./about.ts";
import { find, versionHeader } from "./objects.ts";

export async function getObjectTagging(request: Request): Promise<void> {
  const object = await find(request);
  sendXml(request, "Tagging", tagsXml(object.tags), versionHeader(request, request.bucket, object));
}

export async function putObjectTagging(request: Request): Promise<void> {
  await tag(request, tagsInXml(await bodyOf(request)), 200);
}

export const deleteObjectTagging = (request: Request): Promise<void> => tag(request, {}, 204);

async function tag(request: Request, tags: About["tags"], status: number): Promise<void> {
  const bucket = writable(request);
  const object = await bucket.alter(request.key, parameter(request, "versionId"), (now) => ({ ...now, tags }));
  send(request, status, versionHeader(request, bucket.name, object));
}

export function getBucketTagging(request: Request): void {
  const { tags } = writable(request).settings;
  if (!tags) throw new S3Error("NoSuchTagSet");
  sendXml(request, "Tagging", tagsXml(tags));
}

export async function putBucketTagging(request: Request): Promise<void> {
  const bucket = writable(request);
  const tags = tagsInXml(await bodyOf(request), mostBucketTags);
  await bucket.configure({ tags });
  send(request, 204);
}

export async function deleteBucketTagging(request: Request): Promise<void> {
  await writable(request).configure({ tags: null });
  send(request, 204);
}
