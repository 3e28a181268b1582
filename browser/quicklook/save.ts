/** A plot as a file: SVG as it is, PNG drawn by the browser from the same SVG, three pixels to one. */
import { fileOf, type SvgNode } from "./scene.ts";

/** Pixels of PNG for one of CSS: enough for print at the width of a column. */
const density = 3;

export function saveSvg(node: SvgNode, name: string): void {
  download(new Blob([fileOf(node)], { type: "image/svg+xml" }), `${name}.svg`);
}

/** @throws Error where the browser can't draw it. */
export async function savePng(node: SvgNode, name: string): Promise<void> {
  const image = new Image();
  // An address of data is of no other origin, wherever the page is from.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(fileOf(node))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Number(node.attributes.width) * density;
  canvas.height = Number(node.attributes.height) * density;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no images");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("this browser returned no PNG");
  download(blob, `${name}.png`);
}

function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 120);
  link.click();
  // The download has begun when the event loop comes back.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
