/**
 * Images and videos in place, recognised by their first bytes: names and media types may be anything.
 *
 * An image that is small enough is made of the verified bytes. A video, and a large image, is loaded by the browser itself, which
 * verifies nothing; then the page does not call it verified.
 */
import type { RangeSource } from "../../pipeline/core/dataset/range-source.ts";
import { element } from "../dom.ts";
import { freeBytes } from "./plan.ts";

export interface Media {
  readonly element: "img" | "video";
  readonly type: string;
}

/** SVG is left out: as a document of its own it has scripts. */
export function mediaOf(start: Uint8Array): Media | undefined {
  const text = String.fromCharCode(...start.subarray(0, 16));
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return { element: "img", type: "image/png" };
  if (text.startsWith("\xff\xd8\xff")) return { element: "img", type: "image/jpeg" };
  if (/^GIF8[79]a/.test(text)) return { element: "img", type: "image/gif" };
  if (/^RIFF.{4}WEBP/s.test(text)) return { element: "img", type: "image/webp" };
  if (/^.{4}ftypavi[fs]/s.test(text)) return { element: "img", type: "image/avif" };
  if (/^.{4}ftyp/s.test(text)) return { element: "video", type: "video/mp4" };
  if (text.startsWith("\x1a\x45\xdf\xa3")) return { element: "video", type: "video/webm" };
  return undefined;
}

export async function mediaView(media: Media, file: RangeSource, url: URL, label: string): Promise<HTMLElement> {
  if (media.element === "video")
    return element("video", { src: url.href, controls: true, preload: "metadata", "aria-label": label });
  if (file.size > freeBytes) return element("img", { src: url.href, alt: label, loading: "lazy" });
  const bytes = await file.read(0, file.size);
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: media.type });
  return element("img", { src: URL.createObjectURL(blob), alt: label });
}
