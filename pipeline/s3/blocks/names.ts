/**
 * Keys as paths of a UnixFS tree, and back: any key that S3 allows is a path, and a key that is a plain path is itself.
 *
 * A segment that can't be the name of a file is written behind a mark, percent-encoded: the empty one of `a//b`, `.` and `..`, one with a
 * NUL, one that begins as the marks do. The file `a` has a mark of its own where there is `a/b`, too, since a folder has its name
 * then. So the paths depend on nothing but the set of keys.
 *
 * ```ts
 * pathOf("a//b", () => false); // "a/=s3=/b"
 * ```
 */
import { badName } from "../../dag/directory.ts";

const marks = { segment: "=s3=", file: "=s3.file=" } as const;
/** Of a key with more segments than folders may lie one in another: its file is in the top folder. */
const deepMark = "=s3.key=";
const mostSegments = 500;

/** `isFolder`: whether other keys begin with this one and a slash. */
export function pathOf(key: string, isFolder: (key: string) => boolean): string {
  const segments = key.split("/");
  if (segments.length > mostSegments) return deepMark + escaped(key);
  const last = segments.length - 1;
  return segments
    .map((segment, i) => {
      if (i === last && isFolder(key)) return marks.file + escaped(segment);
      return badName(segment) !== undefined || segment.startsWith("=s3") ? marks.segment + escaped(segment) : segment;
    })
    .join("/");
}

/** The key that has this path. */
export function keyOf(path: string): string {
  if (path.startsWith(deepMark)) return decodeURIComponent(path.slice(deepMark.length));
  const unmarked = (segment: string) => {
    const mark = Object.values(marks).find((each) => segment.startsWith(each));
    return mark === undefined ? segment : decodeURIComponent(segment.slice(mark.length));
  };
  return path.split("/").map(unmarked).join("/");
}

const escaped = (segment: string) =>
  /^\.\.?$/.test(segment) ? segment.replaceAll(".", "%2E") : encodeURIComponent(segment);
