/**
 * XML as tracks are written in it: elements, attributes and text, one after another.
 *
 * saxes reads it: small, without anything of Node, strict, and without entities beyond XML's own five, so that a text which
 * defines others that expand to gigabytes fails at the first of them. What it has no bound for, the depth of elements, is
 * bounded here; the length of a text is that of the file, which `track-file.ts` bounds.
 */
import { Failure } from "../../core/failure.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";

export interface Element {
  /** Without its prefix: `Track` of `gx:Track`. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface Visitor {
  /** `path`: names of the elements around it, the root first, and its own last. */
  open?(element: Element, path: readonly string[]): void;
  /** `text`: all text directly in it, without blanks at its ends. */
  close(element: Element, path: readonly string[], text: string): void;
}

const mostDepth = 100;
/** Characters between turns of others. */
const perTurn = 2 ** 18;

/** @throws Failure `input` where it is not well-formed, or nested too deep */
export async function visitXml(text: string, visitor: Visitor, world: World): Promise<void> {
  // Loaded here: most campaigns have no such file.
  const { SaxesParser } = await import("saxes");
  const parser = new SaxesParser();
  const path: string[] = [];
  const open: { readonly element: Element; text: string }[] = [];
  parser.on("error", (error) => {
    throw new Failure("input", `it is not well-formed XML: ${shown(error.message, 200)}`);
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (open.length >= mostDepth) throw new Failure("input", `its elements are nested more than ${mostDepth} deep`);
    const element = { name: withoutPrefix(name), attributes: new Map(Object.entries(attributes)) };
    path.push(element.name);
    open.push({ element, text: "" });
    visitor.open?.(element, path);
  });
  const add = (more: string) => {
    const innermost = open.at(-1);
    if (innermost) innermost.text += more;
  };
  parser.on("text", add);
  parser.on("cdata", add);
  parser.on("closetag", () => {
    const { element, text } = open.pop()!;
    visitor.close(element, path, text.trim());
    path.pop();
  });
  for (let at = 0; at < text.length; at += perTurn) {
    parser.write(text.slice(at, at + perTurn));
    await world.sleep(0);
    world.signal.throwIfAborted();
  }
  parser.close();
}

const withoutPrefix = (name: string) => name.slice(name.indexOf(":") + 1);

/** The name of the root element of a text that may be cut; `undefined` where it is no XML. */
export function rootOf(text: string): string | undefined {
  for (let at = skipBlanks(text, 0); text[at] === "<"; ) {
    const [end, length] = text.startsWith("<!--", at)
      ? [text.indexOf("-->", at), 3]
      : text.startsWith("<?", at)
        ? [text.indexOf("?>", at), 2]
        : text.startsWith("<!", at)
          ? endOfDoctype(text, at)
          : [at, 0];
    if (end < 0) return undefined;
    if (length === 0) return /^<(?:[\w.-]{1,50}:)?([\w.-]{1,50})[\s/>]/.exec(text.slice(at, at + 110))?.[1];
    at = skipBlanks(text, end + length);
  }
  return undefined;
}

function endOfDoctype(text: string, from: number): [number, number] {
  const [close, open] = [text.indexOf(">", from), text.indexOf("[", from)];
  return open >= 0 && open < close ? [text.indexOf("]>", open), 2] : [close, 1];
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}
