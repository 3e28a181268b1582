/**
 * XML as S3 has it: documents are written by hand, and the few that clients send are read by a strict parser, without entities of
 * their own, within bounds.
 */
import { SaxesParser } from "saxes";
import { S3Error } from "./error.ts";

/**
 * A document to write: elements by name; an array is the element several times, `undefined` leaves it out. What is called `@` are the
 * attributes of the element it is in.
 */
export type XmlValue = string | number | boolean | undefined | XmlElements | readonly XmlValue[];
export interface XmlElements {
  readonly [name: string]: XmlValue;
}

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

export function xmlDocument(root: string, content: XmlElements, inNamespace = true): string {
  const attributes = inNamespace ? ` xmlns="${namespace}"` : "";
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attributes}>${elements(content)}</${root}>`;
}

const elements = (content: XmlElements): string =>
  Object.entries(content)
    .flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((each) => element(name, each)) : element(name, value as XmlValue),
    )
    .join("");

function element(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (typeof value !== "object") return `<${name}>${escaped(String(value))}</${name}>`;
  const { "@": attributes, ...content } = value as XmlElements;
  const written = Object.entries((attributes ?? {}) as XmlElements).map(
    ([key, each]) => ` ${key}="${escaped(String(each))}"`,
  );
  return `<${name}${written.join("")}>${elements(content)}</${name}>`;
}

/** Control characters are written as references, which XML 1.1 has and clients of S3 expect. */
function escaped(text: string): string {
  return text.replace(/[&<>"'\u0000-\u0008\u000b-\u001f\u007f]/g, (character) => {
    const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" }[character];
    return named ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

/** An element that was read: the text in it, and the elements in it by name. */
export interface ReadElement {
  readonly text: string;
  readonly children: ReadonlyMap<string, readonly ReadElement[]>;
}

interface Building extends ReadElement {
  text: string;
  readonly children: Map<string, Building[]>;
}

/** Bytes of a document, elements in it, and elements in one another. */
export const most = { bytes: 2 * 2 ** 20, elements: 50_000, depth: 12 } as const;

/** The root of a document that is called `name`. @throws S3Error MalformedXML */
export function readXml(bytes: Uint8Array, name: string): ReadElement {
  const malformed = (cause?: unknown) => new S3Error("MalformedXML", undefined, { cause });
  if (bytes.length > most.bytes) throw malformed();
  const root: Building = { text: "", children: new Map() };
  const open: Building[] = [root];
  let count = 0;
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw malformed(error);
  });
  parser.on("doctype", () => {
    throw malformed();
  });
  parser.on("opentag", ({ name }) => {
    if (++count > most.elements || open.length > most.depth) throw malformed();
    const local = name.split(":").at(-1)!;
    const child: Building = { text: "", children: new Map() };
    const { children } = open.at(-1)!;
    const alike = children.get(local);
    if (alike) alike.push(child);
    else children.set(local, [child]);
    open.push(child);
  });
  parser.on("closetag", () => void open.pop());
  const text = (part: string) => {
    open.at(-1)!.text += part;
  };
  parser.on("text", text);
  parser.on("cdata", text);
  try {
    parser.write(new TextDecoder("utf-8", { fatal: true }).decode(bytes)).close();
  } catch (error) {
    throw error instanceof S3Error ? error : malformed(error);
  }
  const [found] = root.children.get(name) ?? [];
  if (!found) throw malformed();
  return found;
}

/** The first child of that name. */
export const childOf = (element: ReadElement, name: string): ReadElement | undefined => element.children.get(name)?.[0];

export const childrenOf = (element: ReadElement, name: string): readonly ReadElement[] =>
  element.children.get(name) ?? [];

/** The children of that name, of which there must be one, and `most` at most. @throws S3Error MalformedXML */
export function someChildrenOf(element: ReadElement, name: string, most: number): readonly ReadElement[] {
  const found = childrenOf(element, name);
  if (found.length === 0 || found.length > most) throw new S3Error("MalformedXML");
  return found;
}

/** Of the first child of that name. */
export const textOf = (element: ReadElement, name: string): string | undefined => childOf(element, name)?.text;

/** Of all children of that name. */
export const textsOf = (element: ReadElement, name: string): readonly string[] =>
  childrenOf(element, name).map(({ text }) => text);
