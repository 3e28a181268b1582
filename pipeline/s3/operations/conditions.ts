/** Conditions on reads and writes, and ranges of bytes. */
import { S3Error } from "../error.ts";
import { header, type Request } from "../request.ts";
import type { Condition } from "../store/bucket.ts";
import type { StoredObject } from "../store/object.ts";

type Known = Pick<StoredObject, "etag" | "modified">;

function matches(list: string, { etag }: Known): boolean {
  const names = list.split(",").map((name) => name.trim().replace(/^W\//, "").replaceAll('"', ""));
  return names.some((name) => name === "*" || name === etag);
}

/** @throws S3Error PreconditionFailed, NotModified */
export function assertReadable(request: Request, object: Known): void {
  const ifMatch = header(request, "if-match");
  const ifNoneMatch = header(request, "if-none-match");
  const since = (name: string) => Date.parse(header(request, name) ?? "");
  // Dates of HTTP have whole seconds.
  const modified = Math.floor(object.modified / 1000) * 1000;
  const notModified = () => {
    const headers = { etag: `"${object.etag}"`, "last-modified": new Date(object.modified).toUTCString() };
    return new S3Error("NotModified", undefined, { headers });
  };
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object)) throw new S3Error("PreconditionFailed");
  } else if (modified > since("if-unmodified-since")) throw new S3Error("PreconditionFailed");
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, object)) throw notModified();
  } else if (modified <= since("if-modified-since")) throw notModified();
}

/** The conditions of a write, to be asked when no other write of the key is under way. */
export function writeCondition(request: Request): Condition {
  const ifMatch = header(request, "if-match");
  const ifNoneMatch = header(request, "if-none-match");
  return (now) => {
    if (ifMatch !== undefined && !now) throw new S3Error("NoSuchKey");
    if (ifMatch !== undefined && now && !matches(ifMatch, now)) throw new S3Error("PreconditionFailed");
    if (ifNoneMatch !== undefined && now && matches(ifNoneMatch, now)) throw new S3Error("PreconditionFailed");
  };
}

/** The condition of a removal: it is about an object that is there. */
export function etagCondition(etag: string | undefined): Condition {
  return (now) => {
    if (etag !== undefined && now && !matches(etag, now)) throw new S3Error("PreconditionFailed");
  };
}

/** Of the source of a copy. @throws S3Error PreconditionFailed */
export function assertCopyable(request: Request, source: Known): void {
  const condition = (name: string) => header(request, `x-amz-copy-source-if-${name}`);
  const [match, noneMatch] = [condition("match"), condition("none-match")];
  const modified = Math.floor(source.modified / 1000) * 1000;
  const failed =
    (match !== undefined && !matches(match, source)) ||
    (noneMatch !== undefined && matches(noneMatch, source)) ||
    (match === undefined && modified > Date.parse(condition("unmodified-since") ?? "")) ||
    (noneMatch === undefined && modified <= Date.parse(condition("modified-since") ?? ""));
  if (failed) throw new S3Error("PreconditionFailed");
}

export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** `undefined` for the whole. A range that makes no sense counts as none, as in HTTP. @throws S3Error InvalidRange */
export function rangeIn(text: string | undefined, size: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text?.trim() ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  if (from === "") {
    const length = Number(to);
    if (length === 0 || size === 0) throw new S3Error("InvalidRange");
    return { first: Math.max(0, size - length), last: size - 1 };
  }
  const first = Number(from);
  const last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== "" && Number(to) < first) return undefined;
  if (first >= size) throw new S3Error("InvalidRange");
  return { first, last };
}
