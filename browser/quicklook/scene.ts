/**
 * SVG as values: built without a page, put into one, or written as a file.
 *
 * What is drawn has classes, whose colours are those of the page's style sheet. A file has no style sheet, so it brings one, in
 * colours for paper.
 */
import { escapedXml } from "../../pipeline/core/text/xml.ts";

export interface SvgNode {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgNode | string)[];
}

export function svg(
  tag: string,
  attributes: SvgNode["attributes"] = {},
  ...children: readonly (SvgNode | string | undefined)[]
): SvgNode {
  return { tag, attributes, children: children.filter((child) => child !== undefined) };
}

/** To tenths of a pixel: what a path is long for otherwise. */
export const px = (value: number) => Math.round(value * 10) / 10;

const namespace = "http://www.w3.org/2000/svg";

/** As elements of a page. */
export function elementOf({ tag, attributes, children }: SvgNode, document: Document): SVGElement {
  const element = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  for (const child of children) element.append(typeof child === "string" ? child : elementOf(child, document));
  return element;
}

/** As the text of a file. */
export function fileOf(node: SvgNode): string {
  const style = svg("style", {}, paper);
  const ground = svg("rect", { width: "100%", height: "100%", fill: "#ffffff" });
  const root = { ...node, attributes: { xmlns: namespace, ...node.attributes } };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${textOf({ ...root, children: [style, ground, ...node.children] })}\n`;
}

export function textOf({ tag, attributes, children }: SvgNode): string {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapedXml(String(value))}"`);
  const inner = children.map((child) => (typeof child === "string" ? escapedXml(child) : textOf(child)));
  return `<${tag}${written.join("")}>${inner.join("")}</${tag}>`;
}

const paper = `
.plot text { font: 12px "Helvetica Neue", Helvetica, Arial, sans-serif; fill: #333333 }
.plot .plot-title { fill: #111111; font-weight: 600 }
.plot .plot-axis { stroke: #666666; fill: none }
.plot .plot-grid { stroke: #e4e4e4; fill: none }
.plot .plot-line { stroke: #0072b2; fill: none; stroke-width: 1.4; stroke-linejoin: round }
.plot .plot-dot { fill: #0072b2 }
.plot .plot-bar { fill: #0072b2 }
.plot .plot-back { fill: #ffffff }
.plot .plot-hatch { stroke: #b8b8b8 }
.plot .plot-way { stroke: #bbbbbb; fill: none }
`;
